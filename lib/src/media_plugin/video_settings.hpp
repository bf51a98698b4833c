// What every encoder asks of its settings.
#pragma once

#include <string>

#include "media/plugin.hpp"

namespace volley::media_plugin {

[[nodiscard]] inline media::Fault check_bitrate(int bits_per_second) {
    constexpr int least = 10'000;
    constexpr int most = 100'000'000;
    if (bits_per_second >= least && bits_per_second <= most) return {};
    return "a bit rate of " + std::to_string(bits_per_second) + "/s: it goes from 10,000 to 100,000,000";
}

[[nodiscard]] inline media::Fault check(const media::VideoSettings& settings) {
    constexpr int most_frames = 240;
    if (!picture::is_possible_size(settings.width, settings.height))
        return "a picture of " + std::to_string(settings.width) + " x " + std::to_string(settings.height) +
               " pixels: each side goes from 1 to " + std::to_string(picture::largest_side);
    if (settings.frames_per_second < 1 || settings.frames_per_second > most_frames)
        return std::to_string(settings.frames_per_second) + " frames a second: they go from 1 to 240";
    return check_bitrate(settings.bits_per_second);
}

/// The picture is the one that was configured.
[[nodiscard]] inline media::Fault check(const media::VideoSettings& settings, const picture::PictureView& picture) {
    if (picture.width == settings.width && picture.height == settings.height) return {};
    return "a picture of " + std::to_string(picture.width) + " x " + std::to_string(picture.height) +
           " pixels; the encoder is configured for " + std::to_string(settings.width) + " x " + std::to_string(settings.height);
}

}  // namespace volley::media_plugin
