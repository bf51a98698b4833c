#include "report/terminal.hpp"

#include <gtest/gtest.h>

#include <array>

#include "report/latency_rows.hpp"

namespace volley::report {
namespace {
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

TEST(Terminal, columns_count_code_points_and_not_colours) {
    EXPECT_EQ(columns("a\xc3\xa9█"), 3U);
    EXPECT_EQ(columns(Paint(true)("ab", red)), 2U);
    EXPECT_EQ(columns(Paint(false)("ab", red)), 2U);
    EXPECT_EQ(columns("\x1b["), 2U) << "no colour, and no end of the text";
}

TEST(Terminal, a_cut_line_says_so_and_ends_its_colour) {
    EXPECT_EQ(cut_lines("abcdef\nab\n", 4, true), "abc…\nab\n");
    EXPECT_EQ(cut_lines("abcdef\nab", 4, false), "a...\nab");
    EXPECT_EQ(cut_lines(Paint(true)("abcdef", red), 4, true), "\x1b[31mabc…\x1b[0m");
    EXPECT_EQ(cut_lines(Paint(true)("abcd", red), 4, true), "\x1b[31mabcd\x1b[0m");
    EXPECT_EQ(cut_lines("\n\n", 4, true), "\n\n");
}

TEST(Terminal, text_breaks_at_spaces) {
    EXPECT_EQ(wrapped("one two  three", 7), (Lines{"one two", "three"}));
    EXPECT_EQ(wrapped("longer-than-that x", 4), (Lines{"longer-than-that", "x"}));
    EXPECT_EQ(wrapped("", 4), Lines{""});
}

TEST(Terminal, shares_of_nearly_all_are_not_all) {
    EXPECT_EQ(share_text(0, 0), "-");
    EXPECT_EQ(share_text(0, 3), "0 %");
    EXPECT_EQ(share_text(3, 3), "100 %");
    EXPECT_EQ(share_text(1, 3), "33.3 %");
    EXPECT_EQ(share_text(1, 100'000), "<0.1 %");
    EXPECT_EQ(share_text(99'999, 100'000), ">99.9 %");
}

TEST(Terminal, figures_have_three_digits_and_a_unit) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(rate_text(3), "3.00/s");
    EXPECT_EQ(rate_text(999.6), "1,000/s");
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(999.6), "1.00 kB");
    EXPECT_EQ(format_bytes(12'345'678), "12.3 MB");
    EXPECT_EQ(format_bytes(5e15), "5000 TB");
    EXPECT_EQ(range_text({1880us, 1970us}), "1.88 to 1.97 ms");
    EXPECT_EQ(range_text({950us, 1020us}), "950 us to 1.02 ms");
    EXPECT_EQ(range_text({2s, 2s}), "2.00 s");
    EXPECT_EQ(range_text({2s, std::nullopt}), "from 2.00 s");
    EXPECT_EQ(range_text({std::nullopt, 2s}), "up to 2.00 s");
    EXPECT_EQ(range_text({}), "no bound");
}

TEST(Terminal, bars_show_their_share_and_are_never_empty) {
    EXPECT_EQ(bar(1, 4, true), "████");
    EXPECT_EQ(bar(0.5, 4, false), "##");
    EXPECT_EQ(bar(0.28125, 4, true), "█▏");
    EXPECT_EQ(bar(0, 4, true), "▏");
    EXPECT_EQ(bar(0, 4, false), "#");
    EXPECT_EQ(bar(7, 4, false), "####") << "more than all";
}

TEST(Terminal, a_sparkline_shows_whatever_is_not_nothing) {
    EXPECT_EQ(sparkline(std::array{0.0, 0.001, 4.0, 8.0}, true), " ▁▄█");
    EXPECT_EQ(sparkline(std::array{0.0, 0.001, 4.0, 8.0}, false), " _-#");
    EXPECT_EQ(sparkline(std::array{0.0, 0.0}, true), "  ");
    EXPECT_EQ(sparkline({}, true), "");
}

metrics::Histogram of(std::initializer_list<std::pair<Duration, int>> values) {
    metrics::Histogram h;
    for (const auto& [value, n] : values)
        for (int i = 0; i < n; ++i) h.record(value);
    return h;
}

std::string words(const std::vector<LatencyRow>& rows) {
    std::string out;
    for (const auto& row : rows) {
        out += row.kind == LatencyRow::Kind::below ? "<" : row.kind == LatencyRow::Kind::above ? ">" : "";
        out += format_duration(row.low) + "-" + format_duration(row.high) + ":" + std::to_string(row.count) + " ";
    }
    return out;
}

TEST(LatencyRows, values_that_lie_together_get_rows_of_equal_width) {
    EXPECT_EQ(words(latency_rows({})), "");
    EXPECT_EQ(words(latency_rows(of({{1005ms, 1}}))), "1.00 s-1.02 s:1 ")
        << "a hundredth of a second would not be told apart above 1 s";
    EXPECT_EQ(words(latency_rows(of({{10600us, 5}, {12600us, 3}, {13600us, 2}}))),
              "10.5 ms-11.0 ms:5 11.0 ms-11.5 ms:0 11.5 ms-12.0 ms:0 12.0 ms-12.5 ms:0 12.5 ms-13.0 ms:3 13.0 ms-13.5 ms:0 "
              "13.5 ms-14.0 ms:2 ");
}

TEST(LatencyRows, values_far_apart_get_limits_that_grow) {
    EXPECT_EQ(words(latency_rows(of({{1100us, 90}, {4ms, 5}, {45ms, 5}}))),
              "1.00 ms-1.50 ms:90 1.50 ms-2.00 ms:0 2.00 ms-3.00 ms:0 3.00 ms-5.00 ms:5 5.00 ms-7.00 ms:0 7.00 ms-10.0 ms:0 "
              "10.0 ms-15.0 ms:0 15.0 ms-20.0 ms:0 20.0 ms-30.0 ms:0 30.0 ms-50.0 ms:5 ");
    EXPECT_EQ(
        words(latency_rows(of({{50us, 1}, {2h, 1}}))),
        "10.0 us-100 us:1 100 us-1.00 ms:0 1.00 ms-10.0 ms:0 10.0 ms-100 ms:0 100 ms-1.00 s:0 1.00 s-10.0 s:0 10.0 s-1 m 40 s:0 "
        "1 m 40 s-16 m 40 s:0 16 m 40 s-2 h 46 m:1 ");
}

// One answer of a minute made hey's histogram one bar.
TEST(LatencyRows, outliers_do_not_hide_the_rest) {
    EXPECT_EQ(
        words(latency_rows(of({{1ns, 1}, {1110us, 500}, {1310us, 499}, {1min, 3}}))),
        "<1 ns-1.10 ms:1 1.10 ms-1.15 ms:500 1.15 ms-1.20 ms:0 1.20 ms-1.25 ms:0 1.25 ms-1.30 ms:0 1.30 ms-1.35 ms:499 >1.35 "
        "ms-60.0 s:3 ");
}

TEST(LatencyRows, every_value_is_in_one_row_and_rows_are_few) {
    metrics::Histogram h;
    for (std::int64_t ns = 1; ns < std::int64_t{10'000'000'000'000}; ns = ns * 5 / 4 + 1) {
        h.record(Duration(ns));
        const auto rows = latency_rows(h);
        std::uint64_t n = 0;
        for (const auto& row : rows) n += row.count;
        ASSERT_EQ(n, h.count());
        ASSERT_LE(rows.size(), 14U);
    }
}

}  // namespace
}  // namespace volley::report
