// Reading what stands in a query.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace volley::app {

/// The whole text as a number; nothing for anything else, infinity and nan included.
[[nodiscard]] std::optional<double> read_number(std::string_view text) noexcept;
/// The whole text as a whole number of 0 or more; nothing for anything else.
[[nodiscard]] std::optional<std::uint64_t> read_count(std::string_view text) noexcept;

}  // namespace volley::app
