#include "process/log_ring.hpp"

#include <gmock/gmock.h>

using testing::ElementsAre;
using volley::process::LogRing;

TEST(LogRing, lines_may_come_in_pieces) {
    LogRing ring;
    ring.add("on");
    ring.add("e\r\ntw");
    ring.add("o\n\nthree");
    EXPECT_THAT(ring.lines(), ElementsAre("one", "two", "", "three"));
}

TEST(LogRing, only_the_last_forty_lines_are_kept) {
    LogRing ring;
    for (int i = 0; i < 1000; ++i) ring.add("line " + std::to_string(i) + "\n");
    ASSERT_EQ(ring.lines().size(), 40U);
    EXPECT_EQ(ring.lines().front(), "line 960");
    ring.add("unfinished");
    ASSERT_EQ(ring.lines().size(), 40U);
    EXPECT_EQ(ring.lines().front(), "line 961");
    EXPECT_EQ(ring.lines().back(), "unfinished");
}

TEST(LogRing, a_line_is_cut_at_a_thousand_bytes_and_the_next_one_is_whole) {
    LogRing ring;
    for (int i = 0; i < 5000; ++i) ring.add("x");
    ring.add("\nnext\n" + std::string(2500, 'y') + "\nlast");
    EXPECT_THAT(ring.lines(), ElementsAre(std::string(1000, 'x'), "next", std::string(1000, 'y'), "last"));
}

TEST(LogRing, a_watched_text_is_seen_across_pieces_and_in_an_unfinished_line) {
    LogRing ring;
    ring.watch_for("startup complete");
    ring.add("INFO: start");
    EXPECT_FALSE(ring.seen());
    ring.add("up comp");
    EXPECT_FALSE(ring.seen());
    ring.add("lete.");
    EXPECT_TRUE(ring.seen());
    for (int i = 0; i < 100; ++i) ring.add("later\n");
    EXPECT_TRUE(ring.seen());
}

TEST(LogRing, a_watched_text_does_not_span_lines) {
    LogRing ring;
    ring.watch_for("ab");
    ring.add("a\nb\n");
    EXPECT_FALSE(ring.seen());
}

TEST(LogRing, without_a_watched_text_nothing_is_seen) {
    LogRing ring;
    ring.add("anything\n");
    EXPECT_FALSE(ring.seen());
}
