// Text to nodes. The .cpp is the only file that includes yaml-cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/node.hpp"

namespace volley::yaml {

inline constexpr std::size_t max_text_bytes = 1 << 20;
inline constexpr std::size_t max_depth = 64;
inline constexpr std::size_t max_nodes = 100'000;        ///< aliases counted as what they stand for
inline constexpr std::size_t max_alias_bytes = 4 << 20;  ///< text that aliases may repeat, so that few nodes cannot hold much

/// Something wrong with the text itself.
struct YamlError {
    SourcePos pos;
    std::string text;
    std::string hint;
};

struct YamlTree {
    Node root;
    bool usable = false;            ///< false after an error that ends the reading
    std::vector<YamlError> errors;  ///< duplicate keys, and the one that ended the reading
};

/// Reads one YAML document. What yaml-cpp 0.7 lets pass is checked here: duplicate keys, `<<` (applied), cyclic and exploding aliases,
/// unclosed quotes, unquoted `{{`, depth, a second document, tags, NUL bytes and encodings other than UTF-8.
/// @param noun  what messages call the file. Throws: nothing, for any input.
[[nodiscard]] YamlTree read_yaml(std::string_view text, std::string_view noun = "file");

/// The lines of a text, without their ends (`\n`, `\r\n`).
[[nodiscard]] std::vector<std::string> split_lines(std::string_view text);

}  // namespace volley::yaml
