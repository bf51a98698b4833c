// Writes pictures with ring codes, and what is read off each, for readers that somebody else wrote. Each picture: a line of JSON, then
// width * height bytes of luma. The line: what was done to it, its size and that of the picture that was painted, and code and confidence as
// read here; no code where the pilots do not stand out.
#include <functional>
#include <iostream>
#include <vector>

#include "picture/ring_code.hpp"
#include "picture/scene.hpp"
#include "unit/picture/altered.hpp"

namespace {

using namespace volley::picture;

struct Alteration {
    const char* name;
    std::function<Picture(const Picture&)> apply;
};

Picture scene_of(int width, int height, std::uint64_t frame) {
    Picture out;
    Scene(width, height, frame).paint(out, frame);
    return out;
}

void write(const char* name, const RingCode& painted, const Picture& picture) {
    const auto reading = RingCode(painted.layout(), picture.width(), picture.height()).read(picture);
    std::cout << R"({"name": ")" << name << R"(", "width": )" << picture.width() << R"(, "height": )" << picture.height()
              << R"(, "painted": [)" << painted.width() << ", " << painted.height() << "]";
    if (reading) std::cout << R"(, "code": )" << reading->code << R"(, "confidence": )" << reading->confidence;
    std::cout << "}\n";
    const PictureView view = picture;
    for (int y = 0; y < picture.height(); ++y)
        for (const std::uint8_t luma : view.plane(plane_y).row(y)) std::cout.put(static_cast<char>(luma));
}

}  // namespace

int main() {
    const std::vector<Alteration> alterations = {
        {"as it was", [](const Picture& p) { return p; }},
        {"noise", [](const Picture& p) { return noisy(p, 25, 3); }},
        {"much noise", [](const Picture& p) { return noisy(p, 90, 4); }},
        {"blur", [](const Picture& p) { return blurred(blurred(p)); }},
        {"edges", edges},
        {"cartoon", cartoon},
        {"turned", [](const Picture& p) { return rotated(p, 77); }},
        {"halved", halved},
        {"faint", [](const Picture& p) { return altered(p, [&p](int x, int y) { return 126 + luma_at(p, x, y) / 32; }); }},
        {"fainter", [](const Picture& p) { return altered(p, [&p](int x, int y) { return 126 + luma_at(p, x, y) / 48; }); }},
    };
    for (const auto& [width, height] : {std::pair{320, 240}, std::pair{640, 480}, std::pair{960, 540}}) {
        const RingCode code(width, height);
        for (const std::uint32_t counter : {1U, 0x5aU, 0x2cb1U}) {
            Picture picture = scene_of(width, height, counter);
            code.paint(picture, counter);
            for (const auto& [name, apply] : alterations) write(name, code, apply(picture));
            Picture before = scene_of(width, height, counter);
            code.paint(before, counter - 1);
            for (const double part : {0.5, 0.35, 0.25})
                write("with remains of the one before", code, mixed(picture, part, before));
        }
        // Some of them are read as if they had a code, though none that is clear.
        for (std::uint64_t frame = 0; frame < 60; ++frame) write("without a code", code, scene_of(width, height, 31 * frame));
    }
}
