#include <gtest/gtest.h>

#include <volley/iso_time.hpp>
#include <volley/time.hpp>

namespace volley {
namespace {
using namespace std::chrono_literals;

TEST(ParseDuration, reads_every_unit) {
    EXPECT_EQ(parse_duration("5ns").value(), 5ns);
    EXPECT_EQ(parse_duration("20us").value(), 20us);
    EXPECT_EQ(parse_duration("300ms").value(), 300ms);
    EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
    EXPECT_EQ(parse_duration("2m").value(), 2min);
    EXPECT_EQ(parse_duration("1h").value(), 1h);
    EXPECT_EQ(parse_duration("0s").value(), 0s);
}

TEST(ParseDuration, says_what_is_wrong) {
    EXPECT_EQ(parse_duration("").error(), ParseErrc::empty);
    EXPECT_EQ(parse_duration("10").error(), ParseErrc::no_unit);
    EXPECT_EQ(parse_duration("10 s").error(), ParseErrc::bad_unit);
    EXPECT_EQ(parse_duration("10sec").error(), ParseErrc::bad_unit);
    EXPECT_EQ(parse_duration("-1s").error(), ParseErrc::bad_number);
    EXPECT_EQ(parse_duration("1.s").error(), ParseErrc::bad_number);
    EXPECT_EQ(parse_duration("1.2.3s").error(), ParseErrc::bad_number);
    EXPECT_EQ(parse_duration("1e3s").error(), ParseErrc::bad_unit);
    EXPECT_EQ(parse_duration("1001h").error(), ParseErrc::out_of_range);
    EXPECT_EQ(parse_duration(std::string(400, '9') + "s").error(), ParseErrc::bad_number);
}

TEST(ParseRate, reads_events_per_time) {
    EXPECT_DOUBLE_EQ(parse_rate("100/s").value().per_second, 100);
    EXPECT_DOUBLE_EQ(parse_rate("6000/m").value().per_second, 100);
    EXPECT_DOUBLE_EQ(parse_rate("3600/h").value().per_second, 1);
    EXPECT_EQ(parse_rate("100").error(), ParseErrc::no_unit);
    EXPECT_EQ(parse_rate("0/s").error(), ParseErrc::out_of_range);
    EXPECT_EQ(parse_rate("5/day").error(), ParseErrc::bad_unit);
}

TEST(FormatDuration, keeps_three_digits_across_units) {
    EXPECT_EQ(format_duration(0ns), "0 s");
    EXPECT_EQ(format_duration(999ns), "999 ns");
    EXPECT_EQ(format_duration(1230us), "1.23 ms");
    EXPECT_EQ(format_duration(9996us), "10.0 ms");
    EXPECT_EQ(format_duration(200ms), "200 ms");
    EXPECT_EQ(format_duration(999700us), "1.00 s");
    EXPECT_EQ(format_duration(1050ms), "1.05 s");
    EXPECT_EQ(format_duration(123s), "2 m 3 s");
    EXPECT_EQ(format_duration(3720s), "1 h 2 m");
    EXPECT_EQ(format_duration(-5ms), "-5.00 ms");
}

TEST(FromSeconds, saturates_instead_of_overflowing) {
    EXPECT_EQ(from_seconds(1e300), Duration::max());
    EXPECT_EQ(from_seconds(-1e300), Duration::min());
    EXPECT_EQ(from_seconds(0.25), 250ms);
}

TEST(IsoTime, is_utc_to_the_second_or_the_millisecond) {
    const std::chrono::system_clock::time_point when{1714564800s + 9ms + 999us};
    EXPECT_EQ(iso_time(when), "2024-05-01T12:00:00Z");
    EXPECT_EQ(iso_time(when, true), "2024-05-01T12:00:00.009Z");
    EXPECT_EQ(iso_time({}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(iso_time(std::chrono::system_clock::time_point(-1ms), true), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace volley
