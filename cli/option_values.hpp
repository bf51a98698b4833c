// Values of flags that several verbs read in the same way. Each: @return what is wrong, in words, or nothing; `--no-x` empties the place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <volley/time.hpp>

#include "raw_args.hpp"

namespace volley::cli {

/// @param name  the flag as it is told of: `-n`, `--calls`.
[[nodiscard]] std::optional<std::string> read_count(const char* name, const TypedFlag& flag, std::size_t least, std::size_t most,
                                                    std::optional<std::size_t>& place);
/// Of 1 ms at least.
[[nodiscard]] std::optional<std::string> read_time(const char* name, const TypedFlag& flag, std::optional<Duration>& place);

}  // namespace volley::cli
