#include "server/answer_writer.hpp"

#include <charconv>
#include <ctime>

#include <fmt/format.h>

namespace volley::server {
namespace {

/// Fields that belong to the connection, which a view does not know (RFC 9110 section 7.6.1).
bool is_ours(std::string_view name) {
    for (const std::string_view ours : {"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Date", "Server"})
        if (http::iequals(name, ours)) return true;
    return false;
}

}  // namespace

std::optional<AnswerHead> make_head(const view::Response& response, const AnswerContext& context) {
    if (response.status < 200 || response.status > 599) return std::nullopt;
    AnswerHead head;
    head.keep_alive = context.keep_alive;
    const bool bodiless = response.status == 204 || response.status == 304;  // RFC 9110 sections 15.3.5, 15.4.5
    if (bodiless) {
        head.framing = Framing::none;
    } else if (!response.stream) {
        head.framing = Framing::length;
        head.length = response.body.size();
        // A view that answers HEAD itself may know the length without having the body.
        if (const auto given = response.headers.get("Content-Length"); given && context.head_only && response.body.empty()) {
            const auto [end, ec] = std::from_chars(given->data(), given->data() + given->size(), head.length);
            if (ec != std::errc() || end != given->data() + given->size()) return std::nullopt;
        }
    } else if (const auto given = response.headers.get("Content-Length")) {
        head.framing = Framing::length;
        const auto [end, ec] = std::from_chars(given->data(), given->data() + given->size(), head.length);
        if (ec != std::errc() || end != given->data() + given->size()) return std::nullopt;
    } else if (context.version >= 11) {
        head.framing = Framing::chunked;
    } else {
        head.framing = Framing::until_close;
        head.keep_alive = false;
    }

    auto out = std::back_inserter(head.text);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\nServer: volley/" VOLLEY_VERSION "\r\n", response.status,
                   http::reason_phrase(response.status), context.date);
    for (const auto& [name, value] : response.headers) {
        if (!http::is_valid_field(name, value)) return std::nullopt;
        if (!is_ours(name)) fmt::format_to(out, "{}: {}\r\n", name, value);
    }
    if (head.framing == Framing::length) fmt::format_to(out, "Content-Length: {}\r\n", head.length);
    if (head.framing == Framing::chunked) head.text += "Transfer-Encoding: chunked\r\n";
    if (!head.keep_alive) head.text += "Connection: close\r\n";
    if (head.keep_alive && context.version < 11) head.text += "Connection: keep-alive\r\n";
    head.text += "\r\n";
    if (context.head_only) head.framing = Framing::none;
    return head;
}

std::string make_chunk(std::string_view data) { return fmt::format("{:x}\r\n{}\r\n", data.size(), data); }

std::string http_date(std::chrono::system_clock::time_point when) {
    // By hand: strftime's names of days and months depend on the locale.
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon],
                       utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace volley::server
