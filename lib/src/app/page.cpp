#include "app/page.hpp"

#include <memory>
#include <string_view>

#include <fmt/ranges.h>

#include "app/page_files.hpp"
#include "app/views.hpp"
#include "pages/escape.hpp"

namespace volley::app {
namespace {

using view::awaitable;
using view::Request;
using view::Response;

awaitable<Response> show(std::shared_ptr<const Response> response) { co_return *response; }

void add(view::Routes& routes, std::string_view path, std::string_view type, std::string text) {
    auto response = std::make_shared<Response>();
    response->headers.add("Content-Type", std::string(type));
    // All of the page is this server's own: whatever came into it from elsewhere shall not run.
    response->headers.add(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    response->headers.add("X-Content-Type-Options", "nosniff");
    // Browsers give a page that is alone with itself a finer clock: 5 instead of 100 microseconds, which a round trip on one machine needs.
    response->headers.add("Cross-Origin-Opener-Policy", "same-origin");
    response->headers.add("Cross-Origin-Embedder-Policy", "require-corp");
    response->body = std::move(text);
    const std::shared_ptr<const Response> same = std::move(response);
    const Answer answer = [same](const Request&) { return show(same); };
    routes.add_view(path, view_of(answer, {"GET"}));
}

std::string with_stun(std::string_view html, const std::vector<std::string>& stun) {
    constexpr std::string_view place = "@STUN@";
    std::string out(html);
    out.replace(out.find(place), place.size(), pages::escape_html(fmt::format("{}", fmt::join(stun, ", "))));
    return out;
}

}  // namespace

void add_page(view::Routes& routes, const std::vector<std::string>& stun) {
    add(routes, "/", "text/html; charset=utf-8", with_stun(index_html, stun));
    add(routes, "/client.js", "text/javascript; charset=utf-8", std::string(client_js));
    add(routes, "/client.css", "text/css; charset=utf-8", std::string(client_css));
}

}  // namespace volley::app
