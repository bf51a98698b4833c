#include "app/notice.hpp"

#include <algorithm>

#include "pages/escape.hpp"

namespace volley::app {
namespace {

using view::awaitable;
using view::Request;
using view::Response;

/// Behind the `>` that ends the first tag of that beginning, or npos.
std::size_t behind_tag(std::string_view html, std::string_view beginning) {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    const auto at = std::search(html.begin(), html.end(), beginning.begin(), beginning.end(), same);
    if (at == html.end()) return std::string_view::npos;
    const auto end = html.find('>', static_cast<std::size_t>(at - html.begin()));
    return end == std::string_view::npos ? end : end + 1;
}

awaitable<Response> answer(std::shared_ptr<const Answer> view, std::shared_ptr<const Notice> notice, const Request& request) {
    Response response = co_await (*view)(request);
    const std::string banner = notice->get();
    const auto type = response.headers.get("Content-Type");
    if (banner.empty() || response.stream || !type || !type->starts_with("text/html")) co_return response;
    std::size_t at = behind_tag(response.body, "<body");
    if (at == std::string::npos) at = behind_tag(response.body, "<!doctype");
    response.body.insert(at == std::string::npos ? 0 : at, banner);
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

std::string banner_of(const std::vector<SourceError>& errors) {
    std::string out =
        "<div style=\"all:initial;display:block;box-sizing:border-box;width:100%;padding:1rem;background:#b3261e;color:#fff;font:14px/1.4 "
        "monospace\"><b style=\"font-weight:bold\">The application file has errors; what answers is as it was before.</b>";
    for (const SourceError& e : errors) {
        out += "<pre style=\"margin:.6rem 0 0;white-space:pre-wrap\">";
        pages::append_escaped(out, format_source_error(e));
        out += "</pre>";
    }
    return out + "</div>";
}

Answer with_notice(Answer view, std::shared_ptr<const Notice> notice) {
    const auto shared = std::make_shared<const Answer>(std::move(view));
    return [shared, notice](const Request& request) { return answer(shared, notice, request); };
}

}  // namespace volley::app
