// URLs as HTTPie's users type them. Sources: RFC 3986; HTTPie's URL shorthand (`:8000/x`, missing scheme).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <volley/error.hpp>

namespace volley::http {

/// An absolute http or https URL, taken apart. `host` is lower case and without the brackets of an IPv6 literal.
struct Url {
    std::string scheme = "http";
    std::string user;      ///< percent-decoded
    std::string password;  ///< percent-decoded
    bool has_user = false;
    std::string host;
    std::uint16_t port = 80;
    std::string path = "/";  ///< percent-encoded, begins with '/'
    std::string query;       ///< percent-encoded, without '?'
    bool has_query = false;

    /// Path and query, as the request line wants it (RFC 9112 section 3.2.1).
    [[nodiscard]] std::string target() const;
    /// Host and port as the Host field wants them: the default port left out, IPv6 in brackets.
    [[nodiscard]] std::string authority() const;
    /// `scheme://authority`.
    [[nodiscard]] std::string origin() const;
    /// The whole without user and password.
    [[nodiscard]] std::string to_string() const;
};

struct UrlOptions {
    std::string_view default_scheme = "http";
    bool path_as_is = false;  ///< keep `.` and `..` segments
};

/// Reads a URL or one of HTTPie's shorthands: `host/x`, `:8000/x`, `:/x`, `:`, `http ://host/x`. Blanks and bytes above 0x7f are
/// percent-encoded; the fragment is dropped. Errors: ParseErrc::bad_url, empty, out_of_range (port).
[[nodiscard]] Result<Url> parse_url(std::string_view text, const UrlOptions& options = {});

/// Percent-encodes for a path segment or query text: everything but RFC 3986's unreserved characters.
[[nodiscard]] std::string percent_encode(std::string_view text);
/// Percent-encodes these characters alone.
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view characters);
/// Encodes a query name or value the way HTML forms do: blank becomes '+' (application/x-www-form-urlencoded).
[[nodiscard]] std::string form_encode(std::string_view text);
/// Decodes %XX; a '%' that no two hex digits follow stays. With `plus_is_blank`, '+' becomes a blank.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_blank = false);

}  // namespace volley::http
