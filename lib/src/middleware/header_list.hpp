// Fields whose values are lists (RFC 9110 section 5.6.1).
#pragma once

#include <string_view>
#include <vector>

#include <volley/http/message.hpp>

namespace volley::middleware {

/// Adds a name to Vary, unless it is there or Vary is `*`.
void add_vary(http::Headers& headers, std::string_view name);

/// True where the client accepts gzip: RFC 9110 section 12.5.3, with the weights of 12.4.2. A field that is absent accepts nothing
/// here: such clients rarely mean that they would take anything.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

/// The elements, without the blanks around them; empty ones are left out.
[[nodiscard]] std::vector<std::string_view> split_list(std::string_view value);

}  // namespace volley::middleware
