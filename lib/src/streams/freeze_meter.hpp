// When a picture stands still.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <volley/time.hpp>

namespace volley::streams {

/// Source: W3C webrtc-stats, freezeCount and totalFreezesDuration: a frame that is shown for max(3 a, a + 150 ms) or longer is a freeze, a being the
/// mean of the 30 durations before it. As libwebrtc does, the first five durations are not judged. Thread safety: as a plain value.
class FreezeMeter {
public:
    static constexpr std::size_t averaged = 30;
    static constexpr std::size_t fewest = 5;
    static constexpr Duration excess = std::chrono::milliseconds(150);

    /// The next frame is shown.
    void shown(TimePoint at) noexcept;

    [[nodiscard]] std::uint64_t freezes() const noexcept { return freezes_; }
    [[nodiscard]] Duration total() const noexcept { return total_; }
    /// Duration of the longest freeze.
    [[nodiscard]] Duration longest() const noexcept { return longest_; }

private:
    std::optional<TimePoint> last_;
    std::array<Duration, averaged> durations_{};  // the newest, in a ring
    std::size_t count_ = 0;                       // of all so far
    Duration sum_{};                              // of durations_
    std::uint64_t freezes_ = 0;
    Duration total_{};
    Duration longest_{};
};

}  // namespace volley::streams
