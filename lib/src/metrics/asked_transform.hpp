// Whether pictures show the transform that a server was asked for.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include <volley/metrics/media_tally.hpp>

namespace volley::metrics {

/// What pictures show of the transform that was asked for: of `reflect` that is `none`. Empty: they cannot tell it, or none was asked for.
[[nodiscard]] inline std::string_view shown_of_asked(const TransformSeen& transform) noexcept {
    constexpr std::array<std::string_view, 4> told{"none", "cartoon", "edges", "rotate"};
    const std::string_view asked = transform.asked;
    const std::string_view shown = asked == "reflect" ? std::string_view("none") : asked;
    return std::find(told.begin(), told.end(), shown) != told.end() ? shown : std::string_view();
}

/// Whether they tell, by a clear margin, another one.
[[nodiscard]] inline bool is_another(const TransformSeen& transform) noexcept {
    const auto shown = shown_of_asked(transform);
    return !transform.seen.empty() && !shown.empty() && transform.seen != shown;
}

}  // namespace volley::metrics
