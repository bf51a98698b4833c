#include "base/utf8.hpp"

namespace volley {

std::size_t utf8_length(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char a = at(0);
    std::size_t n = 0;
    if (a < 0x80) return 1;
    if (a >= 0xc2 && a <= 0xdf)
        n = 2;
    else if (a >= 0xe0 && a <= 0xef)
        n = 3;
    else if (a >= 0xf0 && a <= 0xf4)
        n = 4;
    if (n == 0 || text.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((at(i) & 0xc0) != 0x80) return 0;
    // Overlong forms, surrogates and code points above U+10FFFF.
    if (a == 0xe0 && at(1) < 0xa0) return 0;
    if (a == 0xed && at(1) > 0x9f) return 0;
    if (a == 0xf0 && at(1) < 0x90) return 0;
    if (a == 0xf4 && at(1) > 0x8f) return 0;
    return n;
}

std::size_t first_bad_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t n = utf8_length(text.substr(at));
        if (n == 0) return at;
        at += n;
    }
    return std::string_view::npos;
}

}  // namespace volley
