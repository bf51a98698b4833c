#include "support/virtual_clock.hpp"

#include <sys/time.h>

namespace volley::test {
namespace {

// No program begins at 0, which some take for "not set".
Duration since_start = std::chrono::hours(1);
Duration wall_clock_ahead = std::chrono::hours(500'000);

}  // namespace

TimePoint VirtualClock::now() noexcept { return TimePoint(since_start); }
void VirtualClock::advance(Duration by) noexcept { since_start += by; }
void VirtualClock::advance_to(TimePoint when) noexcept { since_start = std::max(since_start, when.time_since_epoch()); }
void VirtualClock::set_wall_clock_by(Duration by) noexcept { wall_clock_ahead += by; }

}  // namespace volley::test

// Found before the C library's, also by shared libraries.
extern "C" int gettimeofday(timeval* tv, void*) noexcept {
    const auto us =
        std::chrono::duration_cast<std::chrono::microseconds>(volley::test::since_start + volley::test::wall_clock_ahead).count();
    tv->tv_sec = us / 1'000'000;
    tv->tv_usec = us % 1'000'000;
    return 0;
}
