#include "app/page.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>

#include "app/page_files.hpp"
#include "app/views.hpp"
#include "pages/escape.hpp"

namespace volley::app {
namespace {

using view::awaitable;
using view::Request;
using view::Response;

using Page = std::shared_ptr<const Response>;

awaitable<Response> show(Page page) { co_return *page; }

Page page_of(std::string_view type, std::string text) {
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
    return response;
}

void add(view::Routes& routes, std::string_view path, std::string_view type, std::string text) {
    const Page page = page_of(type, std::move(text));
    const Answer answer = [page](const Request&) { return show(page); };
    routes.add_view(path, view_of(answer, {"GET"}));
}

constexpr std::string_view script_type = "text/javascript; charset=utf-8";

using Modules = std::map<std::string, Page, std::less<>>;

awaitable<Response> show_module(std::shared_ptr<const Modules> modules, const Request& request) {
    const auto found = modules->find(request.param("module").value_or(""));
    if (found == modules->end()) co_return Response::error(404, "the page has no script of that name");
    co_return *found->second;
}

void add_modules(view::Routes& routes) {
    auto modules = std::make_shared<Modules>();
    const std::pair<const char*, std::string_view> files[] = {
        {"call.js", call_js},       {"codecs.js", codecs_js},   {"frames.js", frames_js},
        {"pings.js", pings_js},     {"ring.js", ring_js},       {"samples.js", samples_js},
        {"scene.js", scene_js},     {"session.js", session_js}, {"signalling.js", signalling_js},
        {"sources.js", sources_js}, {"stats.js", stats_js},     {"ui.js", ui_js}};
    for (const auto& [name, text] : files) modules->emplace(name, page_of(script_type, std::string(text)));
    const std::shared_ptr<const Modules> same = std::move(modules);
    const Answer answer = [same](const Request& request) { return show_module(same, request); };
    routes.add_view("/client/{module}", view_of(answer, {"GET"}));
}

void replace_all(std::string& text, std::string_view place, std::string_view by) {
    for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at + by.size()))
        text.replace(at, place.size(), by);
}

std::string with_stun(std::string_view html, const std::vector<std::string>& stun) {
    std::string out(html);
    replace_all(out, "@STUN@", pages::escape_html(fmt::format("{}", fmt::join(stun, ", "))));
    return out;
}

// Where the reader has reached this server, so that what the page proposes to type works; the usual place where that was not told.
std::string_view host_of(const Request& request) {
    constexpr std::string_view usual = "localhost:8000";
    const auto host = request.headers.get("Host");
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    constexpr std::size_t longest = 261;  // a name, a colon, a port
    const bool plain =
        host && !host->empty() && host->size() <= longest && host->find_first_not_of(allowed) == std::string_view::npos;
    return plain ? *host : usual;
}

awaitable<Response> show_start(Page page, const Request& request) {
    Response out = *page;
    replace_all(out.body, "@HOST@", host_of(request));
    co_return out;
}

void add_start(view::Routes& routes, const std::vector<std::string>& stun) {
    const Page page = page_of("text/html; charset=utf-8", with_stun(index_html, stun));
    const Answer answer = [page](const Request& request) { return show_start(page, request); };
    routes.add_view("/", view_of(answer, {"GET"}));
}

}  // namespace

void add_page(view::Routes& routes, const std::vector<std::string>& stun) {
    add_start(routes, stun);
    add(routes, "/client.css", "text/css; charset=utf-8", std::string(client_css));
    add(routes, "/client.js", script_type, std::string(client_js));
    add_modules(routes);
}

}  // namespace volley::app
