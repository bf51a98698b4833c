// The figures of video and sound by their names in checks.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include <volley/scenario/scenario.hpp>

namespace volley::scenario {

/// What a figure is compared with.
enum class MediaValue : std::uint8_t {
    number,
    share,  ///< a number, or a percentage of a whole
    duration,
    round_trip,  ///< a duration; the figure needs an aggregate
    transform,   ///< one of told_transforms
};

struct MediaFigureWords {
    std::string_view name;
    MediaValue value = MediaValue::number;
    std::string_view example;
};

[[nodiscard]] const MediaFigureWords& words_of(MediaFigure figure) noexcept;
[[nodiscard]] std::optional<MediaFigure> media_figure_of(std::string_view name) noexcept;
[[nodiscard]] std::vector<std::string_view> media_figure_names();
[[nodiscard]] bool is_of_video(MediaFigure figure) noexcept;

/// What a call has of it that sends nothing.
[[nodiscard]] bool is_of_player(MediaFigure figure) noexcept;

/// Transforms that can be told from pictures.
inline constexpr std::array<std::string_view, 4> told_transforms{"none", "cartoon", "edges", "rotate"};

/// The only source of sound whose round trips are measured.
inline constexpr std::string_view timed_sound = "chirp";

}  // namespace volley::scenario
