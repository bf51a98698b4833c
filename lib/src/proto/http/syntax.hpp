// The character classes of HTTP and what is read with them. Source: RFC 9110 section 5.6; RFC 9112 sections 2.2 and 5.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/trim.hpp"

namespace volley::proto::http {

namespace detail {

inline constexpr std::array<bool, 256> token_table = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

}  // namespace detail

/// tchar: what the names of fields, codings and connection options are made of.
[[nodiscard]] inline bool is_token_char(char c) noexcept { return detail::token_table[static_cast<unsigned char>(c)]; }

/// What may stand in a field's value, a reason phrase or a chunk extension: no control character but the tab; bytes over 127 may.
[[nodiscard]] inline bool is_text_char(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

[[nodiscard]] inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Where the first byte at or after `from` stands that is no token char; text.size() if there is none.
[[nodiscard]] inline std::size_t skip_token(std::string_view text, std::size_t from) noexcept {
    while (from < text.size() && is_token_char(text[from])) ++from;
    return from;
}

/// Where the first byte at or after `from` stands that is no text char; text.size() if there is none. Most bytes of a head go
/// through here, so eight are looked at in one step.
[[nodiscard]] inline std::size_t skip_text(std::string_view text, std::size_t from) noexcept {
    constexpr std::uint64_t every = 0x0101010101010101;
    constexpr std::uint64_t high = 0x80 * every;
    while (text.size() - from >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + from, sizeof word);
        // No step carries from one byte into the next, so that each high bit speaks of its own byte.
        const std::uint64_t not_control = ((word | high) - 0x20 * every) | word;
        const std::uint64_t delete_at = word ^ 0x7f * every;
        const std::uint64_t not_delete = ((delete_at & ~high) + 0x7f * every) | delete_at;
        const std::uint64_t stops = ~(not_control & not_delete) & high;
        if (stops == 0) {
            from += sizeof word;
            continue;
        }
        if constexpr (std::endian::native == std::endian::little)
            from += static_cast<std::size_t>(std::countr_zero(stops)) / 8;
        else
            while (is_text_char(text[from]) && text[from] != '\t') ++from;
        if (text[from] != '\t') return from;
        ++from;
    }
    while (from < text.size() && is_text_char(text[from])) ++from;
    return from;
}

/// Compares with a word in lower case, letters in any case being equal. ASCII alone.
[[nodiscard]] inline bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i]) return false;
    }
    return true;
}

/// Takes the next element of a comma-separated list off its front, without the blanks around it; it may be empty.
[[nodiscard]] inline std::string_view take_element(std::string_view& list) noexcept {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim_blanks(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    return element;
}

}  // namespace volley::proto::http
