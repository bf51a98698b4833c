#include "scenario/json_path.hpp"

#include <charconv>

#include "scenario/cursor.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The number of Unicode code points, as jq counts a string.
std::int64_t code_points(std::string_view text) {
    std::int64_t n = 0;
    for (char c : text)
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++n;
    return n;
}

}  // namespace

std::variant<JsonPath, JsonPathError> parse_json_path(std::string_view text) {
    constexpr std::size_t most = 64;
    JsonPath out;
    Cursor in{text};
    const auto fail = [&](std::string what, std::string hint) {
        return JsonPathError{std::min(in.at, text.size()), std::move(what), std::move(hint)};
    };
    const std::string example = "write a path: .user.name, .items[0], .items | length";
    in.skip();
    if (in.peek() != '.') return fail("a path begins with `.`", example);
    bool just_dot = true;  // `.` alone, or before `[`
    ++in.at;
    while (out.size() <= most) {
        if (!just_dot && in.peek() == '.') {
            ++in.at;
            just_dot = true;
            if (in.peek() == '.' || in.done()) return fail("a name is missing behind `.`", example);
        }
        JsonPathPart part;
        if (just_dot && is_name_start(in.peek())) {
            const auto start = in.at;
            while (is_name_start(in.peek()) || is_digit(in.peek())) ++in.at;
            part.member = std::string(text.substr(start, in.at - start));
        } else if (just_dot && in.peek() == '"') {
            auto name = in.string();
            if (!name) return fail("a quote in a path is not closed", example);
            part.member = std::move(*name);
        } else if (in.peek() == '[') {
            ++in.at;
            in.skip();
            if (in.peek() == '"') {
                auto name = in.string();
                if (!name) return fail("a quote in a path is not closed", example);
                part.member = std::move(*name);
            } else {
                part.kind = JsonPathPart::Kind::index;
                const auto [end, bad] = std::from_chars(text.data() + in.at, text.data() + text.size(), part.index);
                if (bad != std::errc{})
                    return fail("only paths are supported: an index is a number or a name in quotes", example);
                in.at = static_cast<std::size_t>(end - text.data());
            }
            in.skip();
            if (in.peek() != ']') return fail("a `[` in a path is not closed", example);
            ++in.at;
        } else {
            if (in.done()) return out;
            if (in.peek() == '|') {
                ++in.at;
                in.skip();
                if (text.substr(in.at, 6) == "length") {
                    in.at += 6;
                    if (in.done()) {
                        part.kind = JsonPathPart::Kind::length;
                        out.push_back(std::move(part));
                        return out;
                    }
                }
            }
            return fail("only paths are supported, not the whole of jq", example);
        }
        out.push_back(std::move(part));
        just_dot = false;
    }
    return fail("a path with too many parts", "at most 64");
}

std::optional<boost::json::value> follow(const JsonPath& path, const boost::json::value& root) {
    const boost::json::value* at = &root;
    for (const auto& part : path) {
        switch (part.kind) {
            case JsonPathPart::Kind::member: {
                const auto* object = at->if_object();
                at = object ? object->if_contains(part.member) : nullptr;
                break;
            }
            case JsonPathPart::Kind::index: {
                const auto* array = at->if_array();
                if (!array) return std::nullopt;
                const auto size = static_cast<std::int64_t>(array->size());
                if (part.index >= size || part.index < -size) return std::nullopt;
                at = &(*array)[static_cast<std::size_t>(part.index < 0 ? part.index + size : part.index)];
                break;
            }
            case JsonPathPart::Kind::length:
                // Last of the path: parse_json_path() lets nothing follow it.
                if (const auto* array = at->if_array()) return boost::json::value(static_cast<std::int64_t>(array->size()));
                if (const auto* object = at->if_object()) return boost::json::value(static_cast<std::int64_t>(object->size()));
                if (const auto* string = at->if_string())
                    return boost::json::value(code_points({string->data(), string->size()}));
                if (at->is_null()) return boost::json::value(std::int64_t{0});
                return std::nullopt;
        }
        if (!at) return std::nullopt;
    }
    return *at;
}

bool is_json_number(std::string_view t) noexcept {
    std::size_t i = 0;
    const auto digits = [&] {
        const auto start = i;
        while (i < t.size() && is_digit(t[i])) ++i;
        return i > start;
    };
    if (i < t.size() && t[i] == '-') ++i;
    const auto first = i;
    if (!digits() || (t[first] == '0' && i > first + 1)) return false;
    if (i < t.size() && t[i] == '.') {
        ++i;
        if (!digits()) return false;
    }
    if (i < t.size() && (t[i] == 'e' || t[i] == 'E')) {
        ++i;
        if (i < t.size() && (t[i] == '+' || t[i] == '-')) ++i;
        if (!digits()) return false;
    }
    return i == t.size();
}

}  // namespace volley::scenario
