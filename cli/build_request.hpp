// From options and items to the request that goes out. Reads files through the reader only; sends nothing.
#pragma once

#include <optional>
#include <string>

#include <volley/http/message.hpp>
#include <volley/http/url.hpp>

#include "options.hpp"
#include "request_items.hpp"

namespace volley::cli {

struct BuiltRequest {
    http::Url url;
    http::Request request;                     ///< complete: Host and Content-Length are in it
    std::string digest_user, digest_password;  ///< for the transport, which must answer a challenge
};

/// Builds it. @return what is wrong, in words, or nothing. Credentials are never part of the words.
[[nodiscard]] std::optional<std::string> build_request(const RequestOptions& options, const FileReader& read_file,
                                                       BuiltRequest& out);

/// A URL as it may be shown in a message: a password in it becomes `***`.
[[nodiscard]] std::string masked_url(std::string_view text);

}  // namespace volley::cli
