// What was typed, sorted into flags and the rest; nothing is judged yet.
#pragma once

#include <string>
#include <vector>

#include "flags.hpp"

namespace volley::cli {

/// One flag as it was typed; `--no-x` is `x` negated, which puts it back to its default.
struct TypedFlag {
    FlagId id;
    std::string value;
    bool negated = false;
};

struct RawArgs {
    std::vector<TypedFlag> flags;  ///< in the order they were typed
    std::vector<std::string> positionals;
    std::string error;  ///< what cannot be read, in words; empty: all could

    [[nodiscard]] bool has(FlagId id) const noexcept;
};

/// Sorts a verb's arguments (program and verb not among them). Flags may stand anywhere; `--` ends them. Values follow as `--x=v`,
/// `--x v`, `-xv`, `-x=v` or `-x v`; switches of one letter may be joined (`-vF`). The flag table becomes CLI11 options.
[[nodiscard]] RawArgs parse_args(Verb verb, const std::vector<std::string>& args);

}  // namespace volley::cli
