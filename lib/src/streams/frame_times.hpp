// The times at which frames come or go: how many there are in a second, how evenly, and whether the picture freezes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include <volley/time.hpp>

#include "streams/freeze_meter.hpp"

namespace volley::streams {

/// Source: freezeCount, totalInterFrameDelay and framesPerSecond of W3C's webrtc-stats. Thread safety: as a plain value.
class FrameTimes {
public:
    void add(TimePoint at);

    [[nodiscard]] double per_second(TimePoint now) const noexcept;
    [[nodiscard]] std::uint64_t freezes() const noexcept { return freezes_.freezes(); }
    [[nodiscard]] Duration frozen() const noexcept { return freezes_.total(); }
    [[nodiscard]] Duration total_delay() const noexcept { return total_delay_; }
    [[nodiscard]] double total_squared_delay() const noexcept { return total_squared_delay_; }

private:
    static constexpr std::size_t most_kept = 240;

    std::deque<TimePoint> last_second_;
    std::optional<TimePoint> last_;
    FreezeMeter freezes_;
    Duration total_delay_{};
    double total_squared_delay_ = 0;  // s^2
};

}  // namespace volley::streams
