// The times at which frames come or go: how many there are in a second, how evenly, and whether the picture freezes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include <volley/time.hpp>

namespace volley::streams {

/// Source: freezeCount, totalInterFrameDelay and framesPerSecond of W3C's webrtc-stats. A freeze is a time between two frames of at least
/// three times the average of the last 30, and at least 150 ms above it; as libwebrtc does, the first five are not judged. Thread safety: as a plain value.
class FrameTimes {
public:
    static constexpr std::size_t averaged = 30;
    static constexpr std::size_t fewest = 5;
    static constexpr Duration freeze_excess = std::chrono::milliseconds(150);

    void add(TimePoint at);

    [[nodiscard]] double per_second(TimePoint now) const noexcept;
    [[nodiscard]] std::uint64_t freezes() const noexcept { return freezes_; }
    [[nodiscard]] Duration frozen() const noexcept { return frozen_; }
    [[nodiscard]] Duration total_delay() const noexcept { return total_delay_; }
    [[nodiscard]] double total_squared_delay() const noexcept { return total_squared_delay_; }

private:
    static constexpr std::size_t most_kept = 240;

    std::deque<TimePoint> last_second_;
    std::optional<TimePoint> last_;
    std::array<Duration, averaged> delays_{};
    std::size_t delays_count_ = 0;  // of all
    Duration delays_sum_{};         // of those in the array
    std::uint64_t freezes_ = 0;
    Duration frozen_{};
    Duration total_delay_{};
    double total_squared_delay_ = 0;  // s^2
};

}  // namespace volley::streams
