// Bytes as a test writes them down.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace volley::test {

/// `00 01 0x58` and the like: pairs of digits; everything else between them is passed over.
[[nodiscard]] inline std::vector<std::uint8_t> unhex(std::string_view text) {
    std::vector<std::uint8_t> out;
    int high = -1;
    for (const char c : text) {
        int digit = -1;
        if (c >= '0' && c <= '9') digit = c - '0';
        if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
        if (digit < 0) continue;
        if (high < 0) {
            high = digit;
            continue;
        }
        out.push_back(static_cast<std::uint8_t>(high * 16 + digit));
        high = -1;
    }
    return out;
}

}  // namespace volley::test
