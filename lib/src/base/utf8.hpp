// UTF-8 (RFC 3629) in bytes that may be anything.
#pragma once

#include <cstddef>
#include <string_view>

namespace volley {

/// Length of the valid sequence at the start of a text that is not empty; 0 where there is none: a stray or missing byte, an overlong form,
/// a surrogate, a code point above U+10FFFF.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// Where the first byte that belongs to no valid sequence stands; npos where all do.
[[nodiscard]] std::size_t first_bad_utf8(std::string_view text) noexcept;

}  // namespace volley
