#include "json.hpp"

#include <array>
#include <cstdint>

namespace volley::cli {
namespace {

constexpr std::size_t max_depth = 200;

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Four hex digits at `at`, or -1.
int read_hex4(std::string_view s, std::size_t at) noexcept {
    if (at + 4 > s.size()) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        const int digit = hex_value(s[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | (c >> 6));
        put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(0xe0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3f));
        put(0x80 | (c & 0x3f));
    } else {
        put(0xf0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3f));
        put(0x80 | ((c >> 6) & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

/// One code point at `at`, surrogates allowed. @return its length, 0 where the bytes are no UTF-8.
std::size_t read_utf8(std::string_view s, std::size_t at, std::uint32_t& c) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(s[i])); };
    const std::uint32_t first = byte(at);
    if (first < 0x80) {
        c = first;
        return 1;
    }
    const std::size_t n = first >= 0xf0 && first < 0xf5   ? 4
                          : first >= 0xe0 && first < 0xf0 ? 3
                          : first >= 0xc2 && first < 0xe0 ? 2
                                                          : 0;
    if (n == 0 || at + n > s.size()) return 0;
    c = first & (0xffU >> (n + 1));
    for (std::size_t i = 1; i < n; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80) return 0;
        c = (c << 6) | (byte(at + i) & 0x3f);
    }
    static constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    return c >= least[n] && c <= 0x10ffff ? n : 0;
}

void append_u_escape(std::string& out, std::uint32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[(unit >> shift) & 15];
}

/// The escape of a control character, quote or backslash.
void append_short_escape(std::string& out, std::uint32_t c) {
    switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            append_u_escape(out, c);
    }
}

void append_ascii_string(std::string& out, std::string_view s) {
    out += '"';
    for (std::size_t at = 0; at < s.size();) {
        std::uint32_t c = 0;
        std::size_t n = read_utf8(s, at, c);
        if (n == 0) {
            c = 0xfffd;
            n = 1;
        }
        if (c < 0x20 || c == '"' || c == '\\')
            append_short_escape(out, c);
        else if (c < 0x7f)
            out += static_cast<char>(c);
        else if (c < 0x10000)
            append_u_escape(out, c);
        else {
            append_u_escape(out, 0xd800 + ((c - 0x10000) >> 10));
            append_u_escape(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
        }
        at += n;
    }
    out += '"';
}

/// Reads tokens; knows nothing of how they may follow one another.
class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    void skip_blanks() {
        while (at < text_.size() && std::string_view(" \t\r\n").find(text_[at]) != std::string_view::npos) ++at;
    }
    [[nodiscard]] bool ended() const { return at >= text_.size(); }
    [[nodiscard]] char peek() const { return ended() ? '\0' : text_[at]; }

    std::optional<JsonError> string(std::string_view& raw) {
        const std::size_t start = at++;
        while (at < text_.size()) {
            const char c = text_[at];
            if (c == '"') {
                ++at;
                raw = text_.substr(start, at - start);
                return {};
            }
            if (static_cast<unsigned char>(c) < 0x20) return JsonError{at, "control character in a string"};
            if (c == '\\') {
                ++at;
                if (ended()) break;
                if (text_[at] == 'u') {
                    if (read_hex4(text_, at + 1) < 0) return JsonError{at, "\\u needs four hex digits"};
                    at += 4;
                } else if (std::string_view("\"\\/bfnrt").find(text_[at]) == std::string_view::npos) {
                    return JsonError{at, "unknown escape in a string"};
                }
                ++at;
                continue;
            }
            std::uint32_t code = 0;
            const std::size_t n = read_utf8(text_, at, code);
            if (n == 0) return JsonError{at, "a string that is not UTF-8"};
            at += n;
        }
        return JsonError{start, "a string that does not end"};
    }

    std::optional<JsonError> scalar(JsonToken& token, std::string_view& raw) {
        const std::size_t start = at;
        for (const std::string_view word : {"true", "false", "null"}) {
            if (text_.substr(at, word.size()) == word) {
                at += word.size();
                raw = word;
                token = JsonToken::keyword;
                return {};
            }
        }
        if (peek() == '-') ++at;
        if (!is_digit(peek())) return JsonError{start, ended() ? "a value is missing" : "a value is expected"};
        if (peek() == '0')
            ++at;
        else
            digits();
        if (peek() == '.') {
            ++at;
            if (!is_digit(peek())) return JsonError{at, "a digit is expected"};
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            ++at;
            if (peek() == '+' || peek() == '-') ++at;
            if (!is_digit(peek())) return JsonError{at, "a digit is expected"};
            digits();
        }
        raw = text_.substr(start, at - start);
        token = JsonToken::number;
        return {};
    }

    std::size_t at = 0;

private:
    void digits() {
        while (is_digit(peek())) ++at;
    }
    std::string_view text_;
};

}  // namespace

Json Json::make(Kind kind) {
    Json j;
    j.kind = kind;
    return j;
}

Json Json::string_of(std::string s) {
    Json j = make(Kind::string);
    j.text = std::move(s);
    return j;
}

Json* Json::find(std::string_view name) noexcept {
    for (auto it = members.rbegin(); it != members.rend(); ++it)
        if (it->name == name) return &it->value;
    return nullptr;
}

std::string_view to_string(Json::Kind kind) noexcept {
    switch (kind) {
        case Json::Kind::null:
            return "null";
        case Json::Kind::boolean:
            return "boolean";
        case Json::Kind::number:
            return "number";
        case Json::Kind::string:
            return "string";
        case Json::Kind::array:
            return "array";
        case Json::Kind::object:
            return "object";
    }
    return "";
}

std::optional<JsonError> walk_json(std::string_view text, const JsonVisitor& visitor) {
    Lexer lexer(text);
    std::vector<bool> in_object;  // one entry for each open bracket
    const auto emit = [&](JsonToken token, std::string_view raw) {
        if (visitor) visitor(token, raw);
    };
    enum class Want { value, value_or_close, key, key_or_close, after_value } want = Want::value;

    for (;;) {
        lexer.skip_blanks();
        const char c = lexer.peek();
        switch (want) {
            case Want::value:
            case Want::value_or_close: {
                if (want == Want::value_or_close && c == ']') {
                    ++lexer.at;
                    in_object.pop_back();
                    emit(JsonToken::close_array, "]");
                    want = Want::after_value;
                    break;
                }
                if (c == '{' || c == '[') {
                    if (in_object.size() >= max_depth) return JsonError{lexer.at, "nested deeper than 200 levels"};
                    ++lexer.at;
                    in_object.push_back(c == '{');
                    emit(c == '{' ? JsonToken::open_object : JsonToken::open_array, c == '{' ? "{" : "[");
                    want = c == '{' ? Want::key_or_close : Want::value_or_close;
                    break;
                }
                std::string_view raw;
                JsonToken token = JsonToken::string;
                if (c == '"') {
                    if (auto error = lexer.string(raw)) return error;
                } else if (auto error = lexer.scalar(token, raw)) {
                    return error;
                }
                emit(token, raw);
                want = Want::after_value;
                break;
            }
            case Want::key:
            case Want::key_or_close: {
                if (want == Want::key_or_close && c == '}') {
                    ++lexer.at;
                    in_object.pop_back();
                    emit(JsonToken::close_object, "}");
                    want = Want::after_value;
                    break;
                }
                if (c != '"') return JsonError{lexer.at, "a member's name in double quotes is expected"};
                std::string_view raw;
                if (auto error = lexer.string(raw)) return error;
                emit(JsonToken::key, raw);
                lexer.skip_blanks();
                if (lexer.peek() != ':') return JsonError{lexer.at, "':' is expected"};
                ++lexer.at;
                emit(JsonToken::colon, ":");
                want = Want::value;
                break;
            }
            case Want::after_value: {
                if (in_object.empty()) {
                    if (lexer.ended()) return {};
                    return JsonError{lexer.at, "something follows the value"};
                }
                const bool object = in_object.back();
                if (c == ',') {
                    ++lexer.at;
                    emit(JsonToken::comma, ",");
                    want = object ? Want::key : Want::value;
                } else if (c == (object ? '}' : ']')) {
                    ++lexer.at;
                    in_object.pop_back();
                    emit(object ? JsonToken::close_object : JsonToken::close_array, object ? "}" : "]");
                } else {
                    return JsonError{lexer.at, object ? "',' or '}' is expected" : "',' or ']' is expected"};
                }
                break;
            }
        }
    }
}

std::variant<Json, JsonError> parse_json(std::string_view text) {
    // The values that are open, outermost first; a finished one moves into the one before it.
    std::vector<Json> open;
    std::vector<std::string> names;
    std::optional<Json> root;
    const auto finish = [&](Json value) {
        if (open.empty()) {
            root = std::move(value);
        } else if (open.back().kind == Json::Kind::object) {
            open.back().members.push_back({std::move(names.back()), std::move(value)});
            names.pop_back();
        } else {
            open.back().items.push_back(std::move(value));
        }
    };
    const auto error = walk_json(text, [&](JsonToken token, std::string_view raw) {
        switch (token) {
            case JsonToken::open_object:
                open.push_back(Json::make(Json::Kind::object));
                break;
            case JsonToken::open_array:
                open.push_back(Json::make(Json::Kind::array));
                break;
            case JsonToken::close_object:
            case JsonToken::close_array: {
                Json done = std::move(open.back());
                open.pop_back();
                finish(std::move(done));
                break;
            }
            case JsonToken::key:
                names.push_back(decode_json_string(raw));
                break;
            case JsonToken::string:
                finish(Json::string_of(decode_json_string(raw)));
                break;
            case JsonToken::number:
            case JsonToken::keyword: {
                Json scalar;
                scalar.kind = token == JsonToken::number ? Json::Kind::number
                              : raw == "null"            ? Json::Kind::null
                                                         : Json::Kind::boolean;
                scalar.text = std::string(raw);
                finish(std::move(scalar));
                break;
            }
            case JsonToken::colon:
            case JsonToken::comma:
                break;
        }
    });
    if (error) return *error;
    return std::move(*root);
}

namespace {
void append_json(std::string& out, const Json& value) {
    switch (value.kind) {
        case Json::Kind::null:
            out += "null";
            break;
        case Json::Kind::boolean:
        case Json::Kind::number:
            out += value.text;
            break;
        case Json::Kind::string:
            append_ascii_string(out, value.text);
            break;
        case Json::Kind::array: {
            out += '[';
            bool first = true;
            for (const Json& item : value.items) {
                if (!first) out += ", ";
                first = false;
                append_json(out, item);
            }
            out += ']';
            break;
        }
        case Json::Kind::object: {
            out += '{';
            bool first = true;
            for (const auto& [name, member] : value.members) {
                if (!first) out += ", ";
                first = false;
                append_ascii_string(out, name);
                out += ": ";
                append_json(out, member);
            }
            out += '}';
            break;
        }
    }
}
}  // namespace

std::string print_json(const Json& value) {
    std::string out;
    append_json(out, value);
    return out;
}

std::string decode_json_string(std::string_view raw) {
    std::string out;
    const std::string_view s = raw.substr(1, raw.size() - 2);
    for (std::size_t at = 0; at < s.size(); ++at) {
        if (s[at] != '\\') {
            out += s[at];
            continue;
        }
        ++at;
        switch (s[at]) {
            case 'b':
                out += '\b';
                break;
            case 'f':
                out += '\f';
                break;
            case 'n':
                out += '\n';
                break;
            case 'r':
                out += '\r';
                break;
            case 't':
                out += '\t';
                break;
            case 'u': {
                auto unit = static_cast<std::uint32_t>(read_hex4(s, at + 1));
                at += 4;
                if (unit >= 0xd800 && unit < 0xdc00 && s.substr(at + 1, 2) == "\\u") {
                    const int low = read_hex4(s, at + 3);
                    if (low >= 0xdc00 && low < 0xe000) {
                        unit = 0x10000 + ((unit - 0xd800) << 10) + (static_cast<std::uint32_t>(low) - 0xdc00);
                        at += 6;
                    }
                }
                append_utf8(out, unit);
                break;
            }
            default:
                out += s[at];
        }
    }
    return out;
}

std::string readable_json_string(std::string_view raw) {
    const std::string text = decode_json_string(raw);
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        std::uint32_t c = 0;
        const std::size_t n = read_utf8(text, at, c);
        const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
        // Marks that turn the direction of writing would let a value pass for another one.
        const bool direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        if (control || c == '"' || c == '\\')
            append_short_escape(out, c);
        else if (direction || (c >= 0xd800 && c < 0xe000))
            append_u_escape(out, c);
        else
            out += std::string_view(text).substr(at, n);
        at += n;
    }
    return out + '"';
}

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        std::uint32_t c = 0;
        const std::size_t n = read_utf8(text, at, c);
        if (n == 0 || (c >= 0xd800 && c < 0xe000)) return false;
        at += n;
    }
    return true;
}

}  // namespace volley::cli
