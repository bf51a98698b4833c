// When the timer comes for arrivals.
#include <gtest/gtest.h>

#include "engine/turns.hpp"

namespace volley::engine {
namespace {
using namespace std::chrono_literals;

const TimePoint start = TimePoint{} + 1000h;

/// How long after a start the timer comes for an arrival that is due at once.
Duration wait_of(Turns turns) {
    turns.started(start);
    return turns.timer_for(start) - start;
}

/// The timer comes again and again and finds that answers have started so many in each 150 us.
void answers_start(Turns& turns, std::uint64_t each, int times) {
    for (int i = 0; i < times; ++i) {
        turns.with_answer(each * static_cast<std::uint64_t>(wait_of(turns) / Turns::shortest));
        turns.timer_came(0us);
    }
}

TEST(Turns, of_arrivals_far_apart_come_as_planned) {
    Turns turns;
    turns.started(start);
    EXPECT_EQ(turns.timer_for(start + 500us), start + 500us);
    EXPECT_EQ(turns.timer_for(start + 150us), start + 150us);
}

TEST(Turns, of_arrivals_close_together_are_150_us_apart) {
    Turns turns;
    turns.started(start);
    EXPECT_EQ(turns.timer_for(start + 20us), start + 150us);
    turns.timer_came(130us);
    turns.started(start + 150us);
    EXPECT_EQ(turns.timer_for(start + 160us), start + 300us);
}

TEST(Turns, grow_to_900_us_while_answers_start_two_in_150) {
    Turns turns;
    answers_start(turns, 2, 1);
    EXPECT_EQ(wait_of(turns), 300us);
    answers_start(turns, 2, 1);
    EXPECT_EQ(wait_of(turns), 450us);
    answers_start(turns, 2, 100);
    EXPECT_EQ(wait_of(turns), 900us);
    EXPECT_EQ(turns.timer_for(start + 2ms), start + 2ms) << "never late for what is far off";
}

TEST(Turns, do_not_grow_for_fewer) {
    Turns turns;
    answers_start(turns, 1, 100);
    EXPECT_EQ(wait_of(turns), 150us);
    // What was enough for 150 us is not for 300.
    answers_start(turns, 2, 1);
    turns.with_answer(3);
    turns.timer_came(0us);
    EXPECT_EQ(wait_of(turns), 150us);
}

TEST(Turns, are_short_again_when_answers_stay_away) {
    Turns turns;
    answers_start(turns, 10, 100);
    turns.with_answer(100);
    turns.timer_came(151us);
    EXPECT_EQ(wait_of(turns), 150us) << "one was kept waiting, whatever the others";
    answers_start(turns, 10, 100);
    turns.none_in_flight();
    EXPECT_EQ(wait_of(turns), 150us);
}

}  // namespace
}  // namespace volley::engine
