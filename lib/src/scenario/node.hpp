// What a YAML text holds, without YAML: the loader makes it, the readers type it.
#pragma once

#include <utility>
#include <vector>

#include <volley/scenario/value.hpp>

namespace volley::scenario {

/// One node. `value.pos` is set for every kind; its text only for scalars. A null keeps no text.
struct Node {
    enum class Kind { null, scalar, sequence, map } kind = Kind::null;
    Value value;
    std::vector<Node> items;                       ///< sequence
    std::vector<std::pair<Value, Node>> entries;   ///< map, in the order of the file, keys unique

    [[nodiscard]] SourcePos pos() const noexcept { return value.pos; }
};

/// `a map`, `a list`, `a text`, `nothing`: for messages.
[[nodiscard]] const char* kind_name(Node::Kind kind) noexcept;

}  // namespace volley::scenario
