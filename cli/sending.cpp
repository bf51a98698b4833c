#include "sending.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

#include <sys/stat.h>

namespace volley::cli {
namespace {

/// Request bodies are held in memory; a file beyond this is more likely a slip than a wish.
constexpr std::uintmax_t max_file_bytes = 1024UL * 1024 * 1024;

}  // namespace

FileText read_file(const std::string& path) {
    std::string name = path;
    const char* home = std::getenv("HOME");
    if ((name == "~" || name.starts_with("~/")) && home != nullptr) name = home + name.substr(1);
    struct stat about {};
    if (::stat(name.c_str(), &about) != 0) return {false, std::strerror(errno)};
    if (S_ISDIR(about.st_mode)) return {false, std::strerror(EISDIR)};
    if (static_cast<std::uintmax_t>(about.st_size) > max_file_bytes) return {false, "larger than 1 GiB"};
    errno = 0;
    std::ifstream in(name, std::ios::binary);
    FileText out;
    if (in) out.text.assign(std::istreambuf_iterator<char>(in), {});
    out.ok = in.good() || in.eof();
    if (!out.ok) out.text = std::strerror(errno != 0 ? errno : EIO);
    return out;
}

client::Target target_of(const RequestOptions& options, const http::Url& url) {
    client::Target target;
    target.scheme = url.scheme;
    target.host = url.host;
    target.port = url.port;
    target.tls = options.tls;
    if (options.timeout > Duration::zero()) target.connect_timeout = target.idle_timeout = options.timeout;
    target.max_body_bytes = std::numeric_limits<std::size_t>::max();  // the sink holds 8 MiB at most, the rest goes through
    return target;
}

client::CurlOptions curl_options_of(const RequestOptions& options, const BuiltRequest& built) {
    client::CurlOptions out;
    out.http_version = options.http_version;
    for (const auto& [scheme, url] : options.proxies)
        if (scheme == "all" || scheme == built.url.scheme) out.proxy = url;
    if (!built.digest_user.empty()) {
        out.auth = client::CurlOptions::Auth::digest;
        out.user = built.digest_user;
        out.password = built.digest_password;
    }
    return out;
}

}  // namespace volley::cli
