// HTTPie's nested keys: `a[b][0][]=v` says where in a JSON body a value goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"

namespace volley::cli {

/// One movement into a JSON value: a member by name, an element by index, or a new element at the end.
struct PathStep {
    enum class Kind { key, index, append } kind = Kind::key;
    std::string key;
    std::size_t index = 0;
    std::size_t begin = 0;  ///< where it stands in the source, for carets
    std::size_t end = 0;
};

/// A key that cannot be read or followed. `format` gives three lines: what is wrong, the key, carets under the place.
struct KeyError {
    std::string kind;  ///< Syntax, Type or Value
    std::string text;
    std::string source;
    std::size_t begin = 0;
    std::size_t end = 0;
    [[nodiscard]] std::string format() const;
};

struct KeyPath {
    std::string source;
    std::vector<PathStep> steps;  ///< at least one
};

/// Reads a key. Grammar: text, number or `[n]` or `[]` at the root, then any of `[text]` `[n]` `[]`; `\` before `[`, `]` and `\`
/// makes them literal, before a whole number makes it a text. Source: HTTPie's nested JSON.
/// @return nothing when `path` holds it.
[[nodiscard]] std::optional<KeyError> parse_key_path(std::string_view source, KeyPath& path);

/// Puts `value` where `path` says; missing values on the way are made, gaps in arrays become null. `root` is null before the first.
[[nodiscard]] std::optional<KeyError> put_at(std::optional<Json>& root, const KeyPath& path, Json value);

}  // namespace volley::cli
