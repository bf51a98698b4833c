#include <volley/iso_time.hpp>
#include <volley/time.hpp>

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace volley {
namespace {

/// A plain decimal number at the start of `text`; no sign, no exponent, no infinity.
Result<double> take_number(std::string_view& text) noexcept {
    std::size_t n = 0;
    while (n < text.size() && ((text[n] >= '0' && text[n] <= '9') || text[n] == '.')) ++n;
    if (n == 0 || text[0] == '.' || text[n - 1] == '.') return ParseErrc::bad_number;
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + n, value, std::chars_format::fixed);
    if (ec != std::errc{} || end != text.data() + n) return ParseErrc::bad_number;
    text.remove_prefix(n);
    return value;
}

double seconds_of_unit(std::string_view unit) noexcept {
    if (unit == "ns") return 1e-9;
    if (unit == "us" || unit == "µs") return 1e-6;
    if (unit == "ms") return 1e-3;
    if (unit == "s") return 1;
    if (unit == "m") return 60;
    if (unit == "h") return 3600;
    return 0;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) noexcept {
    if (text.empty()) return ParseErrc::empty;
    auto number = take_number(text);
    if (!number) return number.error();
    if (text.empty()) return ParseErrc::no_unit;
    const double unit = seconds_of_unit(text);
    if (unit == 0) return ParseErrc::bad_unit;
    const double seconds = *number * unit;
    if (!(seconds <= 3600.0 * 1000)) return ParseErrc::out_of_range;
    return from_seconds(seconds);
}

Result<Rate> parse_rate(std::string_view text) noexcept {
    if (text.empty()) return ParseErrc::empty;
    auto number = take_number(text);
    if (!number) return number.error();
    if (text.empty()) return ParseErrc::no_unit;
    if (text[0] != '/') return ParseErrc::bad_unit;
    const std::string_view unit = text.substr(1);
    if (unit != "s" && unit != "m" && unit != "h") return ParseErrc::bad_unit;
    const double per_second = *number / seconds_of_unit(unit);
    if (!(per_second > 0) || per_second > 1e7) return ParseErrc::out_of_range;
    return Rate{per_second};
}

Duration from_seconds(double s) noexcept {
    const double ns = s * 1e9;
    // 2^63 is exact as a double; what is not below it would overflow the cast.
    if (!(ns < 9223372036854775808.0)) return Duration::max();
    if (ns <= -9223372036854775808.0) return Duration::min();
    return Duration(static_cast<Duration::rep>(std::llround(ns)));
}

std::string iso_time(std::chrono::system_clock::time_point when, bool milliseconds) {
    using namespace std::chrono;
    const auto whole = floor<std::chrono::milliseconds>(when);
    const auto day = floor<days>(whole);
    const year_month_day date(day);
    const hh_mm_ss time(whole - day);
    std::string out =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count());
    if (milliseconds) out += fmt::format(".{:03}", time.subseconds().count());
    return out + 'Z';
}

std::string format_duration(Duration d) {
    const double s = to_seconds(d);
    const double a = std::abs(s);
    // Three significant digits, never an exponent: 9.996 must become 10.0 and not 10.00.
    const auto three = [](double v, std::string_view unit) {
        const double m = std::abs(v);
        if (m < 9.995) return fmt::format("{:.2f} {}", v, unit);
        if (m < 99.95) return fmt::format("{:.1f} {}", v, unit);
        return fmt::format("{:.0f} {}", v, unit);
    };
    if (d == Duration::zero()) return "0 s";
    if (a < 999.5e-9) return fmt::format("{} ns", d.count());
    if (a < 999.5e-6) return three(s * 1e6, "us");
    if (a < 999.5e-3) return three(s * 1e3, "ms");
    if (a < 99.95) return three(s, "s");
    const auto whole = static_cast<long long>(std::llround(a));
    const char* sign = s < 0 ? "-" : "";
    if (whole < 3600) return fmt::format("{}{} m {} s", sign, whole / 60, whole % 60);
    return fmt::format("{}{} h {} m", sign, whole / 3600, whole % 3600 / 60);
}

}  // namespace volley
