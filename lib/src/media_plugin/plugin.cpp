// The library's one symbol.
#include "media/plugin.hpp"

#include <array>
#include <cstddef>
#include <new>

#include "media_plugin/camera.hpp"
#include "media_plugin/h264.hpp"
#include "media_plugin/opus.hpp"
#include "media_plugin/recorder.hpp"
#include "media_plugin/telephony.hpp"
#include "media_plugin/transforms.hpp"
#include "media_plugin/vp8.hpp"

namespace volley::media_plugin {
namespace {

class Libraries final : public media::Plugin {
public:
    Libraries() { use_one_thread(); }

    std::string libraries() const override {
        return vp8_library() + ", " + h264_library() + ", " + opus_library() + ", SpanDSP, " + transforms_library() + ", " +
               recorder_library();
    }

    media::Made<media::VideoEncoder> make_video_encoder(media::VideoCodec codec) const override {
        return {codec == media::VideoCodec::vp8 ? make_vp8_encoder() : make_h264_encoder(), {}};
    }
    media::Made<media::VideoDecoder> make_video_decoder(media::VideoCodec codec) const override {
        return {codec == media::VideoCodec::vp8 ? make_vp8_decoder() : make_h264_decoder(), {}};
    }
    media::Made<media::AudioEncoder> make_audio_encoder(media::AudioCodec codec) const override {
        return codec == media::AudioCodec::opus ? make_opus_encoder() : make_telephony_encoder(codec);
    }
    media::Made<media::AudioDecoder> make_audio_decoder(media::AudioCodec codec) const override {
        return codec == media::AudioCodec::opus ? make_opus_decoder() : make_telephony_decoder(codec);
    }

    std::vector<std::string> transforms() const override { return transform_names(); }
    media::Made<media::Transform> make_transform(std::string_view name) const override {
        return media_plugin::make_transform(name);
    }

    media::Made<media::Recorder> open_recorder(const media::RecorderSettings& settings) const override {
        return media_plugin::open_recorder(settings);
    }
    media::Made<media::PictureSource> open_camera(const media::CameraSettings& settings) const override {
        return media_plugin::open_camera(settings);
    }
};

}  // namespace
}  // namespace volley::media_plugin

extern "C" __attribute__((visibility("default"))) const volley::media::PluginEntry* volley_media_plugin() noexcept {
    // Never destroyed: objects that it made may outlive whatever is destroyed at the process's end.
    using volley::media_plugin::Libraries;
    alignas(Libraries) static std::array<std::byte, sizeof(Libraries)> place;
    static auto* const libraries = new (place.data()) Libraries();
    static const volley::media::PluginEntry entry{volley::media::abi_version, libraries};
    return &entry;
}
