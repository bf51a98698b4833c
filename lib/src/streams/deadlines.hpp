// Times that may not be.
#pragma once

#include <algorithm>
#include <optional>

#include <volley/time.hpp>

namespace volley::streams {

/// The one that comes first; nothing where neither does.
[[nodiscard]] inline std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) noexcept {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

}  // namespace volley::streams
