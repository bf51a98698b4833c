// What every verb that sends requests makes of the request flags.
#pragma once

#include <string>

#include <volley/client/transport.hpp>

#include "build_request.hpp"
#include "options.hpp"

namespace volley::cli {

/// The reader of files that items and bodies name; `~` is the home directory.
[[nodiscard]] FileText read_file(const std::string& path);
[[nodiscard]] client::Target target_of(const RequestOptions& options, const http::Url& url);
[[nodiscard]] client::CurlOptions curl_options_of(const RequestOptions& options, const BuiltRequest& built);

}  // namespace volley::cli
