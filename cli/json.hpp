// JSON that keeps what was typed: the order of members, duplicates, and how numbers are spelled. Source: RFC 8259.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace volley::cli {

struct JsonError {
    std::size_t offset = 0;  ///< byte at which reading stopped
    std::string what;
};

struct JsonMember;

/// A JSON value. Scalars but strings hold their spelling in `text`; a string holds its characters as UTF-8 (lone surrogates as
/// three bytes, so that `\ud800` survives).
struct Json {
    enum class Kind { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    std::string text;
    std::vector<Json> items;
    std::vector<JsonMember> members;

    static Json string_of(std::string s);
    static Json make(Kind kind);
    /// The member of that name, or nullptr; the last one where it is there twice.
    [[nodiscard]] Json* find(std::string_view name) noexcept;
};

/// One `"name": value` of an object.
struct JsonMember {
    std::string name;
    Json value;
};

/// `string`, `number`, `boolean`, `null`, `array`, `object`.
[[nodiscard]] std::string_view to_string(Json::Kind kind) noexcept;

/// Reads one JSON text. At most 200 levels deep. Throws: nothing, for any input.
[[nodiscard]] std::variant<Json, JsonError> parse_json(std::string_view text);

/// Prints `{"a": 1, "b": [2]}`: a blank after `:` and `,`, everything beyond ASCII as \u escapes, as HTTPie sends it.
[[nodiscard]] std::string print_json(const Json& value);

/// Tokens of a JSON text, in order. `close` of an empty array or object follows its `open` directly.
enum class JsonToken { open_object, close_object, open_array, close_array, colon, comma, key, string, number, keyword };
using JsonVisitor = std::function<void(JsonToken token, std::string_view raw)>;

/// Walks over a whole JSON text without building it. Depth is bounded as for parse_json().
/// @return nothing when it is valid. The visitor may be empty, to check only.
[[nodiscard]] std::optional<JsonError> walk_json(std::string_view text, const JsonVisitor& visitor);

/// The characters of a raw string token (quotes included).
[[nodiscard]] std::string decode_json_string(std::string_view raw);

/// A string token as a person reads it: `\u` escapes as characters, but for controls, quotes, backslashes and lone surrogates,
/// which stay escaped. Quotes included.
[[nodiscard]] std::string readable_json_string(std::string_view raw);

/// True for well-formed UTF-8 (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace volley::cli
