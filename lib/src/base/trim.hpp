// Texts without what surrounds them.
#pragma once

#include <string_view>

namespace volley {

/// A space or a tab: OWS of HTTP (RFC 9110 section 5.6.3).
[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
/// The same, or the end of a line.
[[nodiscard]] constexpr bool is_space(char c) noexcept { return is_blank(c) || c == '\r' || c == '\n'; }

/// Without the characters at both ends that `is_one` says of.
template <class Is>
[[nodiscard]] constexpr std::string_view trim(std::string_view text, Is is_one) noexcept {
    while (!text.empty() && is_one(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_one(text.back())) text.remove_suffix(1);
    return text;
}
[[nodiscard]] constexpr std::string_view trim_blanks(std::string_view text) noexcept { return trim(text, is_blank); }
[[nodiscard]] constexpr std::string_view trim_space(std::string_view text) noexcept { return trim(text, is_space); }

}  // namespace volley
