// The part of jq's language that says where a value is: `.a.b[0]`, `."a b"`, `.["a"]`, `.[-1]`, `.items | length`.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <boost/json/value.hpp>

#include <volley/scenario/scenario.hpp>

namespace volley::scenario {

struct JsonPathError {
    std::size_t offset = 0;
    std::string text;
    std::string hint;
};

/// At most 64 parts. Source: jq 1.6 manual, "Basic filters".
[[nodiscard]] std::variant<JsonPath, JsonPathError> parse_json_path(std::string_view text);

/// Follows a path. @return nothing where it leads nowhere: no such member, no such element, or the value there has no parts.
/// Deviation from jq: a missing member is nowhere, not null, so that `exists` means something.
[[nodiscard]] std::optional<boost::json::value> follow(const JsonPath& path, const boost::json::value& root);

/// A JSON number as RFC 8259 section 6 has it: `08`, `1.`, `+1`, `.5` and `nan` are not.
[[nodiscard]] bool is_json_number(std::string_view text) noexcept;

}  // namespace volley::scenario
