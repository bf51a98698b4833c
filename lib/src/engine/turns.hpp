// When arrivals are started that follow each other faster than timers are worth their cost.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <volley/time.hpp>

namespace volley::engine {

/// To be woken by a timer costs as much as some requests do, on a virtual machine more. So arrivals are started a few at a time: what is due
/// when an answer is seen goes with it, which costs nothing, and the timer comes for the rest. As long as answers leave it little to do, it
/// comes less often. Pure: reads no clock. Thread safety: none.
class Turns {
public:
    /// From the last start to the timer, at least.
    static constexpr Duration shortest = std::chrono::microseconds(150);
    /// The same where answers do the work: so late are starts when answers suddenly stay away, once. Less than what counts as late.
    static constexpr Duration longest = std::chrono::microseconds(900);

    void started(TimePoint now) noexcept { last_ = now; }
    /// So many starts came with an answer.
    void with_answer(std::uint64_t starts) noexcept { with_answers_ += starts; }
    /// No answer is to come.
    void none_in_flight() noexcept { wait_ = shortest; }
    /// The timer has come.
    /// @param overdue  of the arrival that is to start next; negative where it is not due yet.
    void timer_came(Duration overdue) noexcept {
        constexpr std::uint64_t worth_it = 2;  // starts within each `shortest`
        const bool little_to_do = with_answers_ * shortest >= worth_it * wait_ && overdue <= shortest;
        wait_ = little_to_do ? std::min(wait_ + shortest, longest) : shortest;
        with_answers_ = 0;
    }

    /// When the timer is to come for an arrival.
    [[nodiscard]] TimePoint timer_for(TimePoint planned) const noexcept { return std::max(planned, last_ + wait_); }

private:
    TimePoint last_{};
    Duration wait_ = shortest;
    std::uint64_t with_answers_ = 0;  ///< starts, since the timer came
};

}  // namespace volley::engine
