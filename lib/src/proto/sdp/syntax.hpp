// The words and numbers that SDP's values are made of. Source: RFC 8866 section 9.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace volley::proto::sdp {

/// token-char.
[[nodiscard]] constexpr bool is_token_char(char c) noexcept {
    return c > ' ' && c < '\x7f' && std::string_view("\"(),/:;<=>?@[\\]").find(c) == std::string_view::npos;
}

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
    if (text.empty()) return false;
    for (const char c : text)
        if (!is_token_char(c)) return false;
    return true;
}

/// Text that may stand as one word among others: no blank and no control character.
[[nodiscard]] constexpr bool is_word(std::string_view text) noexcept {
    if (text.empty()) return false;
    for (const char c : text)
        if (static_cast<unsigned char>(c) <= 0x20 || c == '\x7f') return false;
    return true;
}

/// Digits alone, at most `most`.
[[nodiscard]] inline std::optional<std::uint64_t> number(
    std::string_view text, std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) noexcept {
    if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (wrong != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

/// Takes the next word off the front, blanks around it passed over; empty at the end. The word still points into the text.
[[nodiscard]] constexpr std::string_view take_word(std::string_view& text) noexcept {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    const std::size_t size = text.find(' ') == std::string_view::npos ? text.size() : text.find(' ');
    const std::string_view word = text.substr(0, size);
    text.remove_prefix(size);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    return word;
}

/// ASCII letters in any case are equal to those of `lower`.
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        const char other = lower[i] >= 'A' && lower[i] <= 'Z' ? static_cast<char>(lower[i] + ('a' - 'A')) : lower[i];
        if (small != other) return false;
    }
    return true;
}

}  // namespace volley::proto::sdp
