// What a YAML text holds, without YAML: the loader makes it, the readers type it.
#pragma once

#include <vector>

#include <volley/yaml/value.hpp>

namespace volley::yaml {

struct Entry;

/// One node. `value.pos` is set for every kind; its text only for scalars. A null keeps no text.
struct Node {
    enum class Kind { null, scalar, sequence, map } kind = Kind::null;
    Value value;
    std::vector<Node> items;     ///< sequence
    std::vector<Entry> entries;  ///< map, in the order of the file, keys unique

    [[nodiscard]] SourcePos pos() const noexcept { return value.pos; }
};

/// One line of a map.
struct Entry {
    Value key;
    Node value;
};

/// `a map`, `a list`, `a text`, `nothing`: for messages.
[[nodiscard]] const char* kind_name(Node::Kind kind) noexcept;

}  // namespace volley::yaml
