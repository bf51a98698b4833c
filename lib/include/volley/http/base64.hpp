// Bytes as letters.
#pragma once

#include <string>
#include <string_view>

namespace volley::http {

/// Base64 with padding, without line ends. Source: RFC 4648 section 4.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace volley::http
