// What is asked of the server beside the request that is verified.
#pragma once

#include <string>

#include <volley/http/message.hpp>

namespace volley::verify {

/// A GET of another path of the same server, with the login and the other header fields of `request`: it goes to the same origin, which may
/// answer 401 before it looks at the path. Without those that tell of a body or of the connection, that ask for a part or a version of what
/// they were meant for (RFC 9110 sections 13 and 14), and without Accept-Encoding, since answers are read as they stand.
[[nodiscard]] http::Request get_beside(const http::Request& request, std::string path);

}  // namespace volley::verify
