// Time that stands still until a test moves it, for code that is handed `now` and for libraries that ask gettimeofday(2) themselves:
// a test program that links virtual_clock.cpp has no other clock behind that call.
#pragma once

#include <volley/time.hpp>

namespace volley::test {

class VirtualClock {
public:
    [[nodiscard]] static TimePoint now() noexcept;
    static void advance(Duration by) noexcept;
    /// Never backwards.
    static void advance_to(TimePoint when) noexcept;
    /// Moves what gettimeofday says, and not now(): as when somebody sets the clock of a machine.
    static void set_wall_clock_by(Duration by) noexcept;
};

}  // namespace volley::test
