// A scalar of a file that remembers where it stood.
#pragma once

#include <string>

#include <volley/error.hpp>

namespace volley::yaml {

/// Text as written, typed only when it is used, so that an error found while running still points at file:line:column.
struct Value {
    std::string text;
    SourcePos pos;
    bool quoted = false;        ///< was written in quotes (or as a block scalar)
    bool has_template = false;  ///< contains `{{ ... }}`
    bool is_text = false;       ///< stays a text in JSON even where it is one template that yields a number
};

}  // namespace volley::yaml
