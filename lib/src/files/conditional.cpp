#include "files/conditional.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "base/trim.hpp"

namespace volley::files {
namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return n;
}

}  // namespace

bool names_tag(std::string_view list, std::string_view tag, TagComparison comparison) {
    if (trim_blanks(list) == "*") return true;
    while (!list.empty()) {
        const auto open = list.find('"');
        if (open == std::string_view::npos) return false;
        const auto close = list.find('"', open + 1);
        if (close == std::string_view::npos) return false;
        const bool weak = list.substr(0, open).ends_with("W/");
        if (list.substr(open, close - open + 1) == tag && !(weak && comparison == TagComparison::strong)) return true;
        list.remove_prefix(close + 1);
    }
    return false;
}

std::string etag_of(const FileFacts& facts) {
    return fmt::format("\"{:x}-{:x}-{:x}\"", facts.size, facts.modified_ns, facts.inode);
}

std::string http_date_of(std::int64_t seconds) {
    using namespace std::chrono;
    const sys_seconds when{std::chrono::seconds(seconds)};
    const auto day = floor<std::chrono::days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(when - day);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", files::days[weekday(day).c_encoding()],
                       static_cast<unsigned>(date.day()), files::months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::optional<std::int64_t> parse_http_date(std::string_view given) {
    const std::string text(given.substr(0, 64));
    int day = 0, year = 0, hour = 0, minute = 0, second = 0;
    std::array<char, 4> month{};
    std::array<char, 4> zone{};
    const auto comma = text.find(',');
    bool read = false;
    if (comma == std::string::npos) {  // asctime: "Sun Nov  6 08:49:37 1994"
        read = std::sscanf(text.c_str(), "%*3s %3s %2d %2d:%2d:%2d %4d", month.data(), &day, &hour, &minute, &second, &year) == 6;
    } else {
        const char* rest = text.c_str() + comma + 1;
        read = std::sscanf(rest, " %2d %3s %4d %2d:%2d:%2d %3s", &day, month.data(), &year, &hour, &minute, &second,
                           zone.data()) == 7;
        if (!read) {  // RFC 850: "Sunday, 06-Nov-94 08:49:37 GMT"
            read = std::sscanf(rest, " %2d-%3s-%2d %2d:%2d:%2d %3s", &day, month.data(), &year, &hour, &minute, &second,
                               zone.data()) == 7;
            year += year < 70 ? 2000 : 1900;
        }
        read = read && std::string_view(zone.data()) == "GMT";
    }
    const auto at = std::find(months.begin(), months.end(), std::string_view(month.data()));
    if (!read || at == months.end()) return std::nullopt;
    using namespace std::chrono;
    const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(at - files::months.begin()) + 1),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return sys_days(date).time_since_epoch().count() * 86400LL + hour * 3600LL + minute * 60LL + second;
}

bool is_unchanged(const http::Headers& request, const FileFacts& facts) {
    // If-None-Match wins (section 13.2.2).
    if (const auto tags = request.get("If-None-Match")) return names_tag(*tags, etag_of(facts), TagComparison::weak);
    if (const auto since = request.get("If-Modified-Since"))
        if (const auto when = parse_http_date(*since)) return facts.modified_ns / 1'000'000'000 <= *when;
    return false;
}

Range range_of(const http::Headers& request, const FileFacts& facts) {
    const Range whole{Range::Kind::whole, 0, facts.size};
    const auto given = request.get("Range");
    if (!given) return whole;
    if (const auto condition = request.get("If-Range")) {
        const bool same = condition->starts_with('"') ? *condition == etag_of(facts)
                                                      : parse_http_date(*condition) == facts.modified_ns / 1'000'000'000;
        if (!same) return whole;
    }
    constexpr std::string_view unit = "bytes=";
    if (!http::iequals(given->substr(0, unit.size()), unit)) return whole;
    const std::string_view range = trim_blanks(given->substr(unit.size()));
    const auto dash = range.find('-');
    if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return whole;
    const std::string_view first_text = trim_blanks(range.substr(0, dash));
    const std::string_view last_text = trim_blanks(range.substr(dash + 1));
    const Range none{Range::Kind::unsatisfiable, 0, 0};
    if (first_text.empty()) {  // the last so many bytes
        const auto n = number(last_text);
        if (!n) return whole;
        if (*n == 0 || facts.size == 0) return none;
        const std::uint64_t size = std::min(*n, facts.size);
        return {Range::Kind::part, facts.size - size, size};
    }
    const auto first = number(first_text);
    const auto last = last_text.empty() ? std::optional(UINT64_MAX) : number(last_text);
    if (!first || !last || *last < *first) return whole;
    if (*first >= facts.size) return none;
    return {Range::Kind::part, *first, std::min(*last, facts.size - 1) - *first + 1};
}

std::string_view media_type_of(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 34> types{{
        {"html", "text/html; charset=utf-8"},
        {"htm", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"mjs", "text/javascript; charset=utf-8"},
        {"txt", "text/plain; charset=utf-8"},
        {"md", "text/markdown; charset=utf-8"},
        {"csv", "text/csv; charset=utf-8"},
        {"ics", "text/calendar; charset=utf-8"},
        {"vtt", "text/vtt; charset=utf-8"},
        {"xml", "text/xml; charset=utf-8"},
        {"yaml", "application/yaml"},
        {"yml", "application/yaml"},
        {"json", "application/json"},
        {"map", "application/json"},
        {"webmanifest", "application/manifest+json"},
        {"pdf", "application/pdf"},
        {"wasm", "application/wasm"},
        {"zip", "application/zip"},
        {"gz", "application/gzip"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"gif", "image/gif"},
        {"webp", "image/webp"},
        {"avif", "image/avif"},
        {"ico", "image/x-icon"},
        {"woff", "font/woff"},
        {"woff2", "font/woff2"},
        {"ttf", "font/ttf"},
        {"mp3", "audio/mpeg"},
        {"mp4", "video/mp4"},
        {"webm", "video/webm"},
    }};
    const auto dot = name.rfind('.');
    if (dot != std::string_view::npos)
        for (const auto& [ending, type] : types)
            if (http::iequals(name.substr(dot + 1), ending)) return type;
    return "application/octet-stream";
}

}  // namespace volley::files
