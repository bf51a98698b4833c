// What the tests of the media plugin share: the plugin itself, moving pictures, and how alike two of them are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "media/load.hpp"
#include "picture/picture.hpp"
#include "picture/scene.hpp"
#include "support/seeded_random.hpp"

namespace volley::media::test {

using picture::Picture;
using picture::PictureView;
using volley::test::SeededRandom;

/// The one that was built. Throws where it cannot be loaded, which fails every test that wants it.
inline Plugin& the_plugin() {
    const Loaded& loaded = plugin();
    if (loaded.plugin == nullptr) throw std::runtime_error(loaded.fault);
    return *loaded.plugin;
}

template <class T>
std::unique_ptr<T> got(Made<T> made) {
    if (!made.made) throw std::runtime_error(made.fault);
    return std::move(made.made);
}

/// What is filmed: boxes that move before a gradient, the same in each run.
inline Picture filmed(int width, int height, std::uint64_t frame) {
    Picture out;
    picture::Scene(width, height, 1).paint(out, frame);
    return out;
}

inline constexpr std::uint32_t ticks_a_frame = 3000;  // 30 a second

/// A picture in which each square of `side` pixels has its mean luma: what is left of one of which no detail is.
inline Picture without_detail(const Picture& from, int side) {
    Picture out(from.view());
    const auto luma = out.plane(picture::plane_y);
    for (int top = 0; top < luma.height; top += side)
        for (int left = 0; left < luma.width; left += side) {
            long sum = 0;
            long count = 0;
            const int bottom = std::min(top + side, luma.height);
            const int right = std::min(left + side, luma.width);
            for (int y = top; y < bottom; ++y)
                for (int x = left; x < right; ++x, ++count) sum += luma.row(y)[static_cast<std::size_t>(x)];
            for (int y = top; y < bottom; ++y)
                for (int x = left; x < right; ++x)
                    luma.row(y)[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(sum / count);
        }
    return out;
}

/// What an encoder made of a film.
inline std::vector<EncodedPicture> encoded_film(VideoCodec codec, const VideoSettings& settings, int frames, int key_every = 0) {
    const auto encoder = got(the_plugin().make_video_encoder(codec));
    if (const Fault fault = encoder->configure(settings); !fault.empty()) throw std::runtime_error(fault);
    std::vector<EncodedPicture> out;
    for (int i = 0; i < frames; ++i) {
        const bool force = key_every > 0 && i % key_every == 0;
        out.push_back(encoder->encode(filmed(settings.width, settings.height, static_cast<std::uint64_t>(i)),
                                      static_cast<std::uint32_t>(i) * ticks_a_frame, force));
        if (!out.back().fault.empty()) throw std::runtime_error(out.back().fault);
    }
    return out;
}

}  // namespace volley::media::test
