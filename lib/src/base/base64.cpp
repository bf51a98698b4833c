#include <volley/http/base64.hpp>

#include <algorithm>
#include <cstdint>

namespace volley::http {

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - at);
        for (std::size_t i = 0; i < 3; ++i)
            group = (group << 8) | (i < n ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) : 0U);
        for (std::size_t i = 0; i < 4; ++i) out += i <= n ? digits[(group >> (18 - 6 * i)) & 63] : '=';
    }
    return out;
}

}  // namespace volley::http
