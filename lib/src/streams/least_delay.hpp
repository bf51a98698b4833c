// The least of the delays that were measured of late.
#pragma once

#include <optional>

#include <volley/time.hpp>

namespace volley::streams {

/// The least delay of late: a way that has become longer is no queue, which would have gone down in between. Thread safety: as a plain value.
class LeastDelay {
public:
    static constexpr Duration window = std::chrono::seconds(15);

    /// @return the least one of the last window to two of them, this one included.
    Duration add(TimePoint now, Duration delay) noexcept;

private:
    std::optional<TimePoint> began_;  // the present window
    Duration present_ = Duration::max();
    Duration before_ = Duration::max();  // of the window before
};

}  // namespace volley::streams
