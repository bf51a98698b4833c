#include "scenario/media_figures.hpp"

#include <algorithm>

namespace volley::scenario {
namespace {

constexpr std::array<MediaFigureWords, 13> figures{{
    {"video.sent", MediaValue::number, "video.sent >= 60"},
    {"video.frames", MediaValue::number, "video.frames >= 60"},
    {"video.returned", MediaValue::share, "video.returned >= 98%"},
    {"video.lost", MediaValue::share, "video.lost < 2%"},
    {"video.rtt", MediaValue::round_trip, "video.rtt p95 < 250ms"},
    {"video.first_frame", MediaValue::duration, "video.first_frame < 1s"},
    {"video.freezes", MediaValue::number, "video.freezes == 0"},
    {"video.mismatched", MediaValue::number, "video.mismatched == 0"},
    {"video.transform", MediaValue::transform, "video.transform == edges"},
    {"audio.sent", MediaValue::number, "audio.sent >= 100"},
    {"audio.received", MediaValue::number, "audio.received >= 100"},
    {"audio.lost", MediaValue::share, "audio.lost < 1%"},
    {"audio.rtt", MediaValue::round_trip, "audio.rtt p95 < 500ms"},
}};

}  // namespace

const MediaFigureWords& words_of(MediaFigure figure) noexcept { return figures[static_cast<std::size_t>(figure)]; }

std::optional<MediaFigure> media_figure_of(std::string_view name) noexcept {
    const auto at = std::ranges::find(figures, name, &MediaFigureWords::name);
    if (at == figures.end()) return std::nullopt;
    return static_cast<MediaFigure>(at - figures.begin());
}

std::vector<std::string_view> media_figure_names() {
    std::vector<std::string_view> out;
    for (const auto& figure : figures) out.push_back(figure.name);
    return out;
}

bool is_of_video(MediaFigure figure) noexcept { return figure < MediaFigure::audio_sent; }

bool is_of_player(MediaFigure figure) noexcept {
    static constexpr std::array own{MediaFigure::video_frames, MediaFigure::video_first_frame, MediaFigure::video_freezes,
                                    MediaFigure::audio_received, MediaFigure::audio_lost};
    return std::ranges::find(own, figure) != own.end();
}

}  // namespace volley::scenario
