#include "style.hpp"

#include <algorithm>
#include <array>

#include <volley/error.hpp>

#include "json.hpp"

namespace volley::cli {
namespace {

/// SGR parameters (ECMA-48 section 8.3.117) of the 16 basic colours, so that the person's own palette decides what they look like.
std::string_view code_of(Paint what) noexcept {
    switch (what) {
        case Paint::plain:
        case Paint::punctuation:
        case Paint::field_value:
            return "";
        case Paint::key:
            return "34";
        case Paint::string:
            return "32";
        case Paint::number:
            return "36";
        case Paint::keyword:
            return "35";
        case Paint::protocol:
            return "34";
        case Paint::field_name:
            return "36";
        case Paint::good:
            return "32";
        case Paint::redirect:
            return "33";
        case Paint::bad:
            return "31";
        case Paint::faint:
            return "2";
    }
    return "";
}

/// How many blanks deep a line begins; deeper ones stay at this margin, so that hostile nesting cannot blow a megabyte up to gigabytes.
constexpr std::size_t max_margin = 160;

class JsonWriter {
public:
    JsonWriter(const JsonStyle& style, std::string& out) : style_(style), out_(out) {}

    void operator()(JsonToken token, std::string_view raw) {
        switch (token) {
            case JsonToken::open_object:
            case JsonToken::open_array:
                before_value();
                put(Paint::punctuation, raw);
                ++depth_;
                fresh_ = true;
                return;
            case JsonToken::close_object:
            case JsonToken::close_array:
                --depth_;
                if (!fresh_) new_line();
                put(Paint::punctuation, raw);
                fresh_ = false;
                return;
            case JsonToken::colon:
                put(Paint::punctuation, style_.format ? ": " : ":");
                after_colon_ = true;
                return;
            case JsonToken::comma:
                put(Paint::punctuation, ",");
                new_line();
                fresh_ = false;
                at_line_start_ = true;
                return;
            case JsonToken::key:
                before_value();
                put(Paint::key, readable_json_string(raw));
                return;
            case JsonToken::string:
                before_value();
                put(Paint::string, readable_json_string(raw));
                return;
            case JsonToken::number:
                before_value();
                put(Paint::number, raw);
                return;
            case JsonToken::keyword:
                before_value();
                put(Paint::keyword, raw);
                return;
        }
    }

private:
    void before_value() {
        if (after_colon_ || at_line_start_) {
            after_colon_ = at_line_start_ = false;
        } else if (depth_ > 0) {
            new_line();
        }
        fresh_ = false;
    }
    void new_line() {
        if (!style_.format) return;
        out_ += '\n';
        out_.append(std::min(max_margin, depth_ * static_cast<std::size_t>(style_.indent)), ' ');
    }
    void put(Paint what, std::string_view text) { out_ += paint(what, text, style_.colour); }

    const JsonStyle& style_;
    std::string& out_;
    std::size_t depth_ = 0;
    bool fresh_ = false;  // an open bracket was the last token
    bool after_colon_ = false;
    bool at_line_start_ = false;  // a comma has already begun the line
};

/// Without formatting every byte between the tokens stays.
std::string style_in_place(std::string_view text, const JsonStyle& style) {
    std::string out;
    std::size_t at = 0;
    (void)walk_json(text, [&](JsonToken token, std::string_view raw) {
        // A keyword's raw text is a constant of the lexer, so places are found by searching on from the last token.
        const std::size_t here = text.find(raw, at);
        out += text.substr(at, here - at);
        const Paint what = token == JsonToken::key       ? Paint::key
                           : token == JsonToken::string  ? Paint::string
                           : token == JsonToken::number  ? Paint::number
                           : token == JsonToken::keyword ? Paint::keyword
                                                         : Paint::punctuation;
        out += paint(what, style.escape ? escape_for_terminal(raw) : std::string(raw), style.colour);
        at = here + raw.size();
    });
    return out += text.substr(at);
}

std::string safe(std::string_view text, bool escape) { return escape ? escape_for_terminal(text) : std::string(text); }

std::string style_fields(const http::Headers& headers, bool colour, bool escape) {
    std::string out;
    for (const auto& [name, value] : headers) {
        out +=
            paint(Paint::field_name, safe(name, escape), colour) + ": " + paint(Paint::field_value, safe(value, escape), colour);
        out += "\r\n";
    }
    return out + "\r\n";
}

std::string_view version_text(int version) noexcept { return version == 20 ? "HTTP/2" : version == 10 ? "HTTP/1.0" : "HTTP/1.1"; }

}  // namespace

std::string paint(Paint what, std::string_view text, bool colour) {
    const std::string_view code = code_of(what);
    if (!colour || code.empty() || text.empty()) return std::string(text);
    return "\x1b[" + std::string(code) + 'm' + std::string(text) + "\x1b[0m";
}

bool style_json(std::string_view text, const JsonStyle& style, std::string& out) {
    static constexpr std::array<std::string_view, 5> prefixes{")]}',", ")]}'", "while(1);", "for(;;);", "for(;;)"};
    std::string_view prefix;
    for (const auto p : prefixes)
        if (text.starts_with(p) && p.size() > prefix.size()) prefix = p;
    std::string_view json = text.substr(prefix.size());
    const std::size_t begin = std::min(json.find_first_not_of(" \t\r\n"), json.size());
    if (walk_json(json, {})) return false;
    out += prefix;
    if (!prefix.empty()) out += json.substr(0, begin);
    if (!style.format) {
        out += style_in_place(json.substr(prefix.empty() ? 0 : begin), style);
        return true;
    }
    JsonWriter writer(style, out);
    (void)walk_json(json, std::ref(writer));
    return true;
}

std::string style_head(const http::Request& request, bool colour, bool escape) {
    std::string out = paint(Paint::good, safe(request.method, escape), colour) + ' ' +
                      paint(Paint::key, safe(request.target, escape), colour) + ' ' + paint(Paint::protocol, "HTTP/1.1", colour);
    return out + "\r\n" + style_fields(request.headers, colour, escape);
}

std::string style_head(const http::Response& response, bool colour, bool escape) {
    const Paint status = response.status < 300 ? Paint::good : response.status < 400 ? Paint::redirect : Paint::bad;
    std::string out = paint(Paint::protocol, version_text(response.version), colour) + ' ';
    std::string words = std::to_string(response.status);
    if (!response.reason.empty()) words += ' ' + safe(response.reason, escape);
    out += paint(status, words, colour);
    return out + "\r\n" + style_fields(response.headers, colour, escape);
}

bool may_be_json(std::string_view content_type) noexcept {
    const std::string_view type = content_type.substr(0, content_type.find(';'));
    std::string lower(type);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    while (!lower.empty() && lower.back() == ' ') lower.pop_back();
    if (lower == "text/event-stream") return false;
    return lower.ends_with("/json") || lower.ends_with("+json") || lower.find("javascript") != std::string::npos ||
           lower.starts_with("text/");
}

}  // namespace volley::cli
