#include <volley/http/redirect.hpp>

#include <string>

namespace volley::http {

std::optional<Url> redirect_target(const Response& response, const Url& from, bool path_as_is) {
    const int s = response.status;
    if (s != 301 && s != 302 && s != 303 && s != 307 && s != 308) return {};
    const auto location = response.headers.get("Location");
    if (!location || location->empty()) return {};
    const std::string_view to = *location;
    // RFC 3986 section 5.2, for the forms that servers send.
    std::string absolute;
    const std::size_t scheme = to.find("://");
    if (scheme != std::string_view::npos && scheme < to.find_first_of("/?#"))
        absolute = std::string(to);
    else if (to.starts_with("//"))
        absolute = from.scheme + ':' + std::string(to);
    else if (to.starts_with('/'))
        absolute = from.origin() + std::string(to);
    else if (to.starts_with('?'))
        absolute = from.origin() + from.path + std::string(to);
    else if (to.starts_with('#'))
        absolute = from.to_string();
    else
        absolute = from.origin() + from.path.substr(0, from.path.rfind('/') + 1) + std::string(to);
    const UrlOptions options{from.scheme, path_as_is};
    auto url = parse_url(absolute, options);
    if (!url) return {};
    return *std::move(url);
}

void redirect_request(int status, const Url& to, const Url& from, Request& request) {
    request.target = to.target();
    if (request.headers.has("Host")) request.headers.set("Host", to.authority());
    if (status != 307 && status != 308 && request.method != "GET" && request.method != "HEAD") {
        request.method = "GET";
        request.body.clear();
        for (const char* name : {"Content-Type", "Content-Length", "Content-Encoding"}) request.headers.erase(name);
    }
    if (to.origin() != from.origin())
        for (const char* name : {"Authorization", "Cookie", "Proxy-Authorization"}) request.headers.erase(name);
}

}  // namespace volley::http
