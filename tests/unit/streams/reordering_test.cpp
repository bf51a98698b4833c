#include "streams/reordering.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Packets are overtaken one after the other, each 10 ms after the one before.
class Way {
public:
    void late(Duration by) {
        reordering.note_missing(now_, next_, next_ + 1);
        reordering.note_came(now_ + by, next_++);
        now_ += std::max<Duration>(by, milliseconds(10));
    }
    void lost() {
        reordering.note_missing(now_, next_, next_ + 1);
        ++next_;
        now_ += Reordering::most_late;
        reordering.note_missing(now_, next_, next_);
    }
    Reordering reordering;

private:
    TimePoint now_{std::chrono::hours(1)};
    std::uint64_t next_ = 100;
};

TEST(Reordering, at_first_nothing_is_waited_for) {
    Way way;
    EXPECT_EQ(way.reordering.wait(), Reordering::least_wait);
    for (std::size_t i = 0; i < Reordering::vain_for_one; ++i) way.late(milliseconds(50));
    EXPECT_EQ(way.reordering.wait(), Reordering::least_wait) << "few prove nothing";
    way.late(milliseconds(50));
    EXPECT_EQ(way.reordering.wait(), milliseconds(55));
}

TEST(Reordering, where_nothing_is_lost_nearly_all_that_is_late_is_waited_for) {
    Way way;
    for (int i = 0; i < 300; ++i) way.late(milliseconds(i % 100));
    EXPECT_GE(way.reordering.wait(), milliseconds(90));
    EXPECT_LE(way.reordering.wait(), milliseconds(100));
}

TEST(Reordering, where_what_is_missing_is_lost_it_is_asked_for_soon) {
    Way way;
    for (int i = 0; i < 300; ++i) way.lost();
    EXPECT_EQ(way.reordering.wait(), Reordering::least_wait);
    for (int i = 0; i < 300; ++i) {
        way.late(milliseconds(i % 50));
        if (i % 8 == 0) way.lost();
    }
    EXPECT_GT(way.reordering.wait(), Reordering::least_wait);
    EXPECT_LT(way.reordering.wait(), milliseconds(20)) << "a few requests in vain for each loss";
}

TEST(Reordering, forgets_what_the_way_was_like) {
    Way way;
    for (int i = 0; i < 300; ++i) way.late(milliseconds(80));
    EXPECT_EQ(way.reordering.wait(), milliseconds(85));
    for (int i = 0; i < 300; ++i) way.late(milliseconds(1));
    EXPECT_EQ(way.reordering.wait(), Reordering::least_wait);
}

TEST(Reordering, what_comes_much_too_late_is_lost_and_a_long_gap_is_no_matter_of_order) {
    Reordering reordering;
    const TimePoint now{std::chrono::hours(1)};
    reordering.note_missing(now, 1000, 1'000'000'000);
    for (std::uint64_t i = 0; i < 100; ++i) reordering.note_came(now + milliseconds(50), 1000 + i);
    EXPECT_EQ(reordering.wait(), Reordering::least_wait);
    for (std::uint64_t i = 0; i < 100; ++i) {
        reordering.note_missing(now + seconds(i), i, i + 1);
        reordering.note_came(now + seconds(i) + milliseconds(300), i);
    }
    EXPECT_EQ(reordering.wait(), Reordering::least_wait);
}

}  // namespace
}  // namespace volley::streams
