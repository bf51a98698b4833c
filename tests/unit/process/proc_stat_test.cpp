#include <gtest/gtest.h>

#include "process/proc_tree.hpp"
#include "process/ready.hpp"

using volley::process::parse_stat;
using volley::process::status_of;

namespace {
const std::string tail =
    " S 17 42 42 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 7 0 516747 3133440 362 18446744073709551615 94054 0 0\n";
}

TEST(ProcStat, the_fields_are_those_of_proc_5) {
    const auto p = parse_stat("5871 (cat)" + tail);
    ASSERT_TRUE(p);
    EXPECT_EQ(p->pid, 5871);
    EXPECT_EQ(p->name, "cat");
    EXPECT_EQ(p->state, 'S');
    EXPECT_EQ(p->parent, 17);
    EXPECT_EQ(p->cpu_ticks, 33U);
    EXPECT_EQ(p->waited_ticks, 77U);
    EXPECT_EQ(p->threads, 7);
    EXPECT_EQ(p->started, 516747U);
    EXPECT_EQ(p->rss_pages, 362U);
}

TEST(ProcStat, a_name_may_hold_parentheses_blanks_and_line_ends) {
    const auto p = parse_stat("9 (a) R 1 (b\n)" + tail);
    ASSERT_TRUE(p);
    EXPECT_EQ(p->name, "a) R 1 (b\n");
    EXPECT_EQ(p->parent, 17);
}

TEST(ProcStat, nonsense_is_no_process) {
    for (const char* text : {"", "5", "5 (cat", "5 cat) S 1", ")(", "5 (cat) ", "5 (cat) S", "5 (cat) S 1 2 3",
                             "x (cat) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22"})
        EXPECT_FALSE(parse_stat(text)) << text;
}

TEST(ReadyStatus, the_status_of_a_status_line) {
    EXPECT_EQ(status_of("HTTP/1.1 200 OK\r"), 200);
    EXPECT_EQ(status_of("HTTP/1.0 404"), 404);
    EXPECT_EQ(status_of("HTTP/1.1 204\r"), 204);
}

TEST(ReadyStatus, nonsense_has_none) {
    for (const char* text :
         {"", "HTTP/1.1 ", "HTTP/2 200", "HTTP/1.1 20x OK", "HTTP/1.1 2000", "SSH-2.0-OpenSSH_9.2", "HTTP/1.1  200 OK"})
        EXPECT_EQ(status_of(text), 0) << text;
}
