// A request as the bytes of HTTP/1.1.
#pragma once

#include <optional>
#include <string>

#include <volley/client/transport.hpp>

namespace volley::client {

/// Renders a request. Host and Content-Length (RFC 9110 section 8.6) are added where they are missing. Source: RFC 9112 sections 2, 3.
/// Errors: Condition::protocol for a method, target or field that would change the meaning of the message.
[[nodiscard]] Result<std::string> render_request(const http::Request& request, const Target& target);

/// How every transport begins: refuses what cannot be sent, waits until `planned` (not at all when it has passed), notes the start.
/// @return the rendered request; nothing where the exchange is over already, with its error set.
[[nodiscard]] awaitable<std::optional<std::string>> begin(const http::Request& request, const Target& target, TimePoint planned,
                                                          Exchange& exchange);

/// Host field for a target: the default port left out, IPv6 in brackets.
[[nodiscard]] std::string host_field(const Target& target);

/// GET, HEAD, PUT, DELETE, OPTIONS, TRACE (RFC 9110 section 9.2.2).
[[nodiscard]] bool is_idempotent(std::string_view method) noexcept;

/// Methods that say how long their body is even when it is empty.
[[nodiscard]] bool announces_body(const http::Request& request) noexcept;

}  // namespace volley::client
