// Why an exchange failed, in a sentence that says what to do.
#pragma once

#include <string>

#include <volley/client/transport.hpp>
#include <volley/http/url.hpp>

#include "options.hpp"

namespace volley::cli {

/// Words for a failed exchange, with what the transport said in brackets, escaped. No credentials.
[[nodiscard]] std::string explain_failure(const client::Exchange& exchange, const http::Url& url, const RequestOptions& options);

}  // namespace volley::cli
