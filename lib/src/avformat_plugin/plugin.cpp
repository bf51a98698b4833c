// The library's one symbol.
#include "media/plugin.hpp"

#include <array>
#include <cstddef>
#include <new>

#include "avformat_plugin/movie.hpp"

namespace volley::avformat_plugin {
namespace {

class Movies final : public media::MoviePlugin {
public:
    std::string libraries() const override { return avformat_plugin::libraries(); }
    media::Made<media::PictureSource> open_movie(const std::string& path) const override {
        return avformat_plugin::open_movie(path);
    }
};

}  // namespace
}  // namespace volley::avformat_plugin

extern "C" __attribute__((visibility("default"))) const volley::media::MoviePluginEntry* volley_avformat_plugin() noexcept {
    using volley::avformat_plugin::Movies;
    alignas(Movies) static std::array<std::byte, sizeof(Movies)> place;  // never destroyed: see volley_media_plugin()
    static auto* const movies = new (place.data()) Movies();
    static const volley::media::MoviePluginEntry entry{volley::media::abi_version, movies};
    return &entry;
}
