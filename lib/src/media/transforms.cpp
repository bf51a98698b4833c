#include "media/transforms.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>

#include <volley/media.hpp>

#include "media/load.hpp"

namespace volley::media {
namespace {

using Make = std::function<FrameFunction()>;

// What come with the plugin are taken, whether it can be loaded or not: a name must not mean two things.
constexpr std::array<std::string_view, 4> taken{"none", "cartoon", "edges", "rotate"};

struct Registry {
    std::mutex mutex;
    std::map<std::string, Make, std::less<>> made;
};
Registry& registry() {
    static Registry r;
    return r;
}

bool is_name(std::string_view name) {
    constexpr std::size_t longest = 40;
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    return !name.empty() && name.size() <= longest && name.find_first_not_of(allowed) == std::string_view::npos;
}

/// One that works where the picture stands, as one that reads and writes.
class InPlace final : public Transform {
public:
    explicit InPlace(FrameFunction function) : function_(std::move(function)) {}

    Fault apply(const picture::PictureView& in, double seconds, picture::Picture& out) override {
        out.copy_from(in);
        Frame frame{out.width(), out.height(), {}, {}};
        for (const auto i : {picture::plane_y, picture::plane_u, picture::plane_v}) {
            const picture::MutablePlane plane = out.plane(i);
            frame.planes[i] = plane.data;
            frame.strides[i] = plane.stride;
        }
        try {
            function_(frame, seconds);
        } catch (const std::exception& e) {
            return e.what();
        } catch (...) {
            return "something was thrown that is no exception";
        }
        return {};
    }

private:
    FrameFunction function_;
};

}  // namespace

bool add_transform(std::string name, Make make) {
    if (!is_name(name) || !make || std::find(taken.begin(), taken.end(), name) != taken.end()) return false;
    const std::lock_guard lock(registry().mutex);
    return registry().made.emplace(std::move(name), std::move(make)).second;
}

Made<Transform> make_transform(std::string_view name) {
    Make make;
    {
        const std::lock_guard lock(registry().mutex);
        const auto found = registry().made.find(name);
        if (found != registry().made.end()) make = found->second;
    }
    if (make) {
        FrameFunction function;
        try {
            function = make();
        } catch (const std::exception& e) {
            return {nullptr, e.what()};
        }
        if (!function) return {nullptr, "the transform " + std::string(name) + " makes nothing"};
        return {std::make_unique<InPlace>(std::move(function)), {}};
    }
    const Loaded& loaded = plugin();
    if (loaded.plugin == nullptr) return {nullptr, loaded.fault};
    Made<Transform> made = loaded.plugin->make_transform(name);
    if (made.made) return made;
    std::string names;
    for (const std::string& known : transform_names()) names += (names.empty() ? "" : ", ") + known;
    return {nullptr, "there is no such transform; there are " + names};
}

std::vector<std::string> transform_names() {
    std::vector<std::string> names;
    if (const Loaded& loaded = plugin(); loaded.plugin != nullptr) names = loaded.plugin->transforms();
    const std::lock_guard lock(registry().mutex);
    for (const auto& [name, make] : registry().made) names.push_back(name);
    return names;
}

}  // namespace volley::media
