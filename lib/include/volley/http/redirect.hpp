// Where a redirect leads and what goes there. Source: RFC 9110 section 15.4; which fields stay behind: HTTPie and curl.
#pragma once

#include <optional>

#include <volley/http/message.hpp>
#include <volley/http/url.hpp>

namespace volley::http {

/// The URL that an answer redirects to: 301, 302, 303, 307 or 308 with a Location that is an http or https URL, absolute or relative.
[[nodiscard]] std::optional<Url> redirect_target(const Response& response, const Url& from, bool path_as_is = false);

/// Makes `request` the one that follows: 307 and 308 keep method and body, after the others HEAD stays and anything else becomes a GET
/// without a body. Authorization and Cookie stay behind where the origin changes.
void redirect_request(int status, const Url& to, const Url& from, Request& request);

}  // namespace volley::http
