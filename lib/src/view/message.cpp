#include <volley/view.hpp>

#include <volley/http/url.hpp>

namespace volley::view {
namespace {

std::optional<std::string_view> first(const Fields& fields, std::string_view name) noexcept {
    for (const auto& [key, value] : fields)
        if (key == name) return value;
    return std::nullopt;
}

Response typed(std::string_view type, std::string body, int status) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", std::string(type));
    // Error answers quote what the client sent: no browser may guess that it is HTML.
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.body = std::move(body);
    return response;
}

/// Length of the valid UTF-8 sequence at the start of `s`, 0 for an invalid one. Source: RFC 3629 section 4.
std::size_t utf8_length(std::string_view s) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const unsigned char a = at(0);
    if (a < 0x80) return 1;
    const std::size_t n = a >= 0xf0 && a <= 0xf4 ? 4 : a >= 0xe0 && a < 0xf0 ? 3 : a >= 0xc2 && a < 0xe0 ? 2 : 0;
    if (n == 0 || s.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((at(i) & 0xc0) != 0x80) return 0;
    const unsigned char b = at(1);
    const bool overlong = (a == 0xe0 && b < 0xa0) || (a == 0xf0 && b < 0x90);
    const bool beyond = (a == 0xed && b > 0x9f) || (a == 0xf4 && b > 0x8f);  // surrogates; above U+10FFFF
    return overlong || beyond ? 0 : n;
}

}  // namespace

std::optional<std::string_view> Request::query_value(std::string_view name) const noexcept { return first(query, name); }
std::optional<std::string_view> Request::param(std::string_view name) const noexcept { return first(params, name); }

Response Response::json(std::string json, int status) { return typed("application/json", std::move(json), status); }
Response Response::text(std::string text, int status) { return typed("text/plain; charset=utf-8", std::move(text), status); }
Response Response::html(std::string html, int status) { return typed("text/html; charset=utf-8", std::move(html), status); }
Response Response::error(int status, std::string_view text) { return json("{\"error\": " + json_quote(text) + "}\n", status); }

Response Response::events(Stream producer) {
    Response response = typed("text/event-stream", {}, 200);
    response.headers.add("Cache-Control", "no-store");
    response.stream = std::move(producer);
    return response;
}

std::string json_quote(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    out.reserve(text.size() + 2);
    while (!text.empty()) {
        const std::size_t n = utf8_length(text);
        const auto c = static_cast<unsigned char>(text[0]);
        if (n == 0) {
            out += "\xef\xbf\xbd";
        } else if (n > 1) {
            out += text.substr(0, n);
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += text[0];
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c < 0x20 || c == 0x7f) {
            out += "\\u00";
            out += hex[c >> 4];
            out += hex[c & 15];
        } else {
            out += text[0];
        }
        text.remove_prefix(n == 0 ? 1 : n);
    }
    out += '"';
    return out;
}

Fields parse_query(std::string_view query) {
    Fields fields;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        const std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        fields.emplace_back(http::percent_decode(pair.substr(0, equals), true), http::percent_decode(value, true));
    }
    return fields;
}

}  // namespace volley::view
