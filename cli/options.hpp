// What a request verb's flags mean, together with the terminal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <volley/client/transport.hpp>
#include <volley/time.hpp>

#include "raw_args.hpp"
#include "terminal.hpp"

namespace volley::cli {

enum class BodyKind { json, form, multipart };

struct RequestOptions {
    std::string method;  ///< upper case; empty: GET, or POST where there is a body
    std::string url;
    std::vector<std::string> items;

    BodyKind body = BodyKind::json;
    bool json_wanted = false;  ///< --json was given: its headers go along even without fields
    std::string boundary;
    std::optional<std::string> raw;
    std::optional<std::string> auth;
    client::CurlOptions::Auth auth_type = client::CurlOptions::Auth::none;
    bool follow = false;
    int max_redirects = 30;
    Duration timeout{};   ///< 0: none
    Duration max_time{};  ///< 0: none
    bool check_status = false;
    client::TlsOptions tls;
    int http_version = 0;
    std::vector<std::pair<std::string, std::string>> proxies;  ///< scheme or `all`, URL
    std::string default_scheme = "http";
    bool path_as_is = false;
    bool offline = false;

    std::string print;  ///< letters of HBhbm
    bool print_all = false;
    bool format = false;
    bool colour = false;
    bool to_terminal = false;  ///< bytes from outside are made safe
    bool stream = false;
    std::string output_file;
    int quiet = 0;
};

/// Gives the flags their meaning. `method` is the verb's, empty for `volley [METHOD] URL`.
/// @return what is wrong, in words, or nothing.
[[nodiscard]] std::optional<std::string> read_request_options(const RawArgs& raw, const std::string& method,
                                                              const Program& program, const Terminal& terminal,
                                                              RequestOptions& out);

/// Whether the first of several words is a method, by HTTPie's rule, but for its trap: in `localhost a=b` the first word is the host.
[[nodiscard]] bool first_word_is_method(const std::vector<std::string>& words);

/// Seconds as HTTPie's users write them (`30`, `0.5`), or a duration with its unit (`500ms`). @return 0 or more.
[[nodiscard]] std::optional<Duration> parse_seconds(std::string_view text);

}  // namespace volley::cli
