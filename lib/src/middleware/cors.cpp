#include <volley/middleware.hpp>

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include <volley/http/url.hpp>

#include "base/endpoint.hpp"
#include "middleware/header_list.hpp"

namespace volley::middleware {
namespace {

bool is_any(const std::vector<std::string>& list) { return list.size() == 1 && list.front() == "*"; }

/// Whether a page of this machine says that it comes from there (RFC 6454 section 6.2; RFC 6761 section 6.3 for names).
bool is_loopback(std::string_view origin) {
    if (!origin.starts_with("http://") && !origin.starts_with("https://")) return false;
    const auto url = http::parse_url(origin);
    if (!url || url->origin() != origin) return false;
    if (url->host == "localhost" || url->host.ends_with(".localhost")) return true;
    const auto address = IpAddress::parse(url->host);
    return address && address->is_loopback();
}

bool is_preflight(const view::Request& request) {
    return request.method == "OPTIONS" && request.headers.has("Origin") && request.headers.has("Access-Control-Request-Method");
}

}  // namespace

Cors::Cors(Options options) : options_(std::move(options)) {
    const bool any = std::find(options_.origins.begin(), options_.origins.end(), "*") != options_.origins.end();
    if (any && options_.origins.size() > 1) throw std::invalid_argument("CORS: '*' stands alone, not beside other origins");
    if (any && options_.credentials)
        throw std::invalid_argument("CORS: with credentials name the origins: browsers refuse '*' then");
}

bool Cors::allows(std::string_view origin) const {
    return is_any(options_.origins) ||
           std::find(options_.origins.begin(), options_.origins.end(), origin) != options_.origins.end() ||
           (options_.loopback && is_loopback(origin));
}

void Cors::mark(const view::Request& request, view::Response& response) const {
    const bool any = is_any(options_.origins);
    // Whether or not this request came from another origin: a cache must not hand its answer to one that does.
    if (!any) add_vary(response.headers, "Origin");
    const auto origin = request.headers.get("Origin");
    if (!origin || !allows(*origin)) return;
    response.headers.set("Access-Control-Allow-Origin", any ? "*" : std::string(*origin));
    if (options_.credentials) response.headers.set("Access-Control-Allow-Credentials", "true");
    if (!options_.expose.empty())
        response.headers.set("Access-Control-Expose-Headers", fmt::format("{}", fmt::join(options_.expose, ", ")));
}

view::Response Cors::preflight(const view::Request& request) const {
    view::Response response;
    response.status = 204;
    mark(request, response);
    add_vary(response.headers, "Access-Control-Request-Method");
    add_vary(response.headers, "Access-Control-Request-Headers");
    if (!response.headers.has("Access-Control-Allow-Origin"))
        return response;  // not allowed: the browser sees that it is missing
    response.headers.set("Access-Control-Allow-Methods", fmt::format("{}", fmt::join(options_.methods, ", ")));
    const auto asked = request.headers.get("Access-Control-Request-Headers");
    if (is_any(options_.headers) && asked) {
        // Named one by one: for requests with credentials `*` is no wildcard.
        response.headers.set("Access-Control-Allow-Headers", std::string(*asked));
    } else if (!options_.headers.empty()) {
        response.headers.set("Access-Control-Allow-Headers", fmt::format("{}", fmt::join(options_.headers, ", ")));
    }
    response.headers.set("Access-Control-Max-Age",
                         fmt::format("{}", std::chrono::duration_cast<std::chrono::seconds>(options_.max_age).count()));
    return response;
}

view::awaitable<view::Response> Cors::operator()(const view::Request& request, const view::AsyncNext& next) const {
    if (is_preflight(request)) co_return preflight(request);
    view::Response response = co_await next(request);
    mark(request, response);
    co_return response;
}

view::Response Cors::operator()(const view::Request& request, const view::SyncNext& next) const {
    if (is_preflight(request)) return preflight(request);
    view::Response response = next(request);
    mark(request, response);
    return response;
}

}  // namespace volley::middleware
