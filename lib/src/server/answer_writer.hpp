// The head of an answer as text.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <volley/view.hpp>

namespace volley::server {

/// How the end of a body is known. Source: RFC 9112 section 6.
enum class Framing { none, length, chunked, until_close };

struct AnswerHead {
    std::string text;  ///< status line and fields, the empty line included
    Framing framing = Framing::none;
    std::uint64_t length = 0;  ///< for Framing::length
    bool keep_alive = true;
};

struct AnswerContext {
    int version = 11;        ///< of the request
    bool head_only = false;  ///< the request was HEAD: the fields of GET, no body
    bool keep_alive = true;  ///< what the request and the server want
    std::string_view date;   ///< IMF-fixdate (RFC 9110 section 5.6.7)
};

/// Writes status line and fields. @return nothing when the response cannot be sent as it is (a field with a line break, a status that
/// is none, a Content-Length that is no number); then the caller answers 500.
[[nodiscard]] std::optional<AnswerHead> make_head(const view::Response& response, const AnswerContext& context);

/// One chunk of the chunked coding (RFC 9112 section 7.1). `data` is not empty: that would be the end of the body.
[[nodiscard]] std::string make_chunk(std::string_view data);

/// "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string http_date(std::chrono::system_clock::time_point when);

}  // namespace volley::server
