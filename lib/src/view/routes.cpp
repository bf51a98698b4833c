#include <algorithm>
#include <stdexcept>

#include <volley/http/url.hpp>
#include <volley/view.hpp>

namespace volley::view {
namespace {

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(1);  // the leading '/'
    for (;;) {
        const std::size_t slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

const Handler& handler_of(const AnyView& view, std::string_view method) {
    static const Handler none;
    const auto it = std::find(method_names.begin(), method_names.end(), method);
    return it == method_names.end() ? none : view.by_method[static_cast<std::size_t>(it - method_names.begin())];
}

std::string allow_of(const AnyView& view) {
    std::string allow;
    for (const std::string_view method : method_names) {
        const bool fallback = (method == "HEAD" && handler_of(view, "GET")) || method == "OPTIONS";
        if (!view.any && !handler_of(view, method) && !fallback) continue;
        if (!allow.empty()) allow += ", ";
        allow += method;
    }
    return allow;
}

}  // namespace

std::vector<std::string> tail_segments(std::string_view tail) {
    std::vector<std::string> segments;
    for (std::size_t at = 0; !tail.empty() && at <= tail.size();) {
        const std::size_t slash = std::min(tail.find('/', at), tail.size());
        segments.push_back(http::percent_decode(tail.substr(at, slash - at)));
        at = slash + 1;
    }
    return segments;
}

Routes::Routes() : gauge_(std::make_shared<Gauge>()) {}

void Routes::add_view(std::string_view pattern, AnyView view) {
    const auto refuse = [&](std::string_view why) {
        throw std::invalid_argument("route '" + std::string(pattern) + "': " + std::string(why));
    };
    if (pattern.empty() || pattern[0] != '/') refuse("a pattern begins with '/'");
    auto route = std::make_unique<Route>();
    route->pattern = pattern;
    route->view = std::move(view);
    using Kind = Segment::Kind;
    for (const std::string_view segment : split(pattern)) {
        if (!route->segments.empty() && route->segments.back().kind == Kind::tail) refuse("'{name...}' stands at the end only");
        const bool is_param = segment.size() >= 2 && segment.front() == '{' && segment.back() == '}';
        std::string_view text = is_param ? segment.substr(1, segment.size() - 2) : segment;
        const bool is_tail = is_param && text.ends_with("...");
        if (is_tail) text.remove_suffix(3);
        if (is_param && text.empty()) refuse("a parameter needs a name: '{name}'");
        if (text.find_first_of("{}") != std::string_view::npos) refuse("a parameter '{name}' is a whole segment");
        for (const Segment& other : route->segments)
            if (is_param && other.kind != Kind::literal && other.text == text) refuse("two parameters have the same name");
        route->segments.push_back({is_tail    ? Kind::tail
                                   : is_param ? Kind::param
                                              : Kind::literal,
                                   is_param ? std::string(text) : http::percent_decode(text)});
    }
    const auto same = [&](const std::unique_ptr<const Route>& other) {
        const auto equal = [](const Segment& a, const Segment& b) {
            return a.kind == b.kind && (a.kind != Kind::literal || a.text == b.text);
        };
        return std::equal(other->segments.begin(), other->segments.end(), route->segments.begin(), route->segments.end(), equal);
    };
    if (std::any_of(routes_.begin(), routes_.end(), same)) refuse("is there already");
    routes_.push_back(std::move(route));
}

Resolution Routes::resolve(std::string_view method, std::string_view path) const {
    Resolution found;
    if (path == "*") {  // RFC 9110 section 9.3.7
        found.kind = method == "OPTIONS" ? Resolution::Kind::options : Resolution::Kind::not_found;
        for (const std::string_view name : method_names) found.allow += (found.allow.empty() ? "" : ", ") + std::string(name);
        return found;
    }
    if (path.empty() || path[0] != '/') return found;
    using Kind = Segment::Kind;
    // Decoded after splitting: a %2F inside a segment is text, not a separator.
    const std::vector<std::string_view> raw = split(path);
    std::vector<std::string> segments;
    for (const std::string_view segment : raw) segments.push_back(http::percent_decode(segment));

    const auto matches = [&](const Route& route) {
        const bool has_tail = route.segments.back().kind == Kind::tail;
        const std::size_t fixed = route.segments.size() - (has_tail ? 1 : 0);
        if (has_tail ? segments.size() < fixed : segments.size() != fixed) return false;
        return std::equal(route.segments.begin(), route.segments.begin() + static_cast<std::ptrdiff_t>(fixed), segments.begin(),
                          [](const Segment& pattern, const std::string& text) {
                              return pattern.kind == Kind::param ? !text.empty() : pattern.text == text;
                          });
    };
    const Route* best = nullptr;
    for (const auto& candidate : routes_) {
        if (!matches(*candidate)) continue;
        const auto more_literal = [](const Segment& a, const Segment& b) { return a.kind < b.kind; };
        if (best == nullptr || std::lexicographical_compare(candidate->segments.begin(), candidate->segments.end(),
                                                            best->segments.begin(), best->segments.end(), more_literal))
            best = candidate.get();
    }
    if (best == nullptr) return found;

    found.route = best->pattern;
    for (std::size_t i = 0; i < best->segments.size(); ++i) {
        const Segment& segment = best->segments[i];
        if (segment.kind == Kind::param) found.params.emplace_back(segment.text, std::move(segments[i]));
        // As it was sent: once decoded, a slash within a segment could not be told from one between two.
        if (segment.kind == Kind::tail)
            found.params.emplace_back(segment.text, i < raw.size()
                                                        ? path.substr(static_cast<std::size_t>(raw[i].data() - path.data()))
                                                        : std::string_view());
    }
    const Handler* handler = best->view.any ? &best->view.any : &handler_of(best->view, method);
    if (!*handler && method == "HEAD") handler = &handler_of(best->view, "GET");  // RFC 9110 section 9.3.2
    if (*handler) {
        found.kind = Resolution::Kind::handler;
        found.handler = handler;
        return found;
    }
    found.allow = allow_of(best->view);
    found.kind = method == "OPTIONS" ? Resolution::Kind::options : Resolution::Kind::method_not_allowed;
    return found;
}

Response Routes::answer(const Resolution& resolution, std::string_view method, std::string_view path) const {
    Response response;
    switch (resolution.kind) {
        case Resolution::Kind::options:
            response.status = 204;
            break;
        case Resolution::Kind::method_not_allowed:
            response = Response::error(405, std::string(method) + " is not allowed here; these are: " + resolution.allow);
            break;
        case Resolution::Kind::not_found: {
            std::string json = "{\"error\": " + json_quote("there is nothing at " + std::string(path));
            if (development_) {
                json += ", \"routes\": [";
                for (const auto& route : routes_) {
                    if (&route != &routes_.front()) json += ", ";
                    const std::string methods = route->view.any ? "any method" : allow_of(route->view);
                    json += "{\"path\": " + json_quote(route->pattern) + ", \"methods\": " + json_quote(methods) + "}";
                }
                json += "]";
            }
            return Response::json(json + "}\n", 404);
        }
        case Resolution::Kind::handler:
            throw std::logic_error("Routes::answer: a handler answers this");
    }
    response.headers.add("Allow", resolution.allow);
    return response;
}

void Routes::each_handler(const std::function<void(std::string_view, const Handler&)>& visit) const {
    for (const auto& route : routes_) {
        if (route->view.any) visit(route->pattern, route->view.any);
        for (const Handler& handler : route->view.by_method)
            if (handler) visit(route->pattern, handler);
    }
}

std::vector<Routes::Info> Routes::list() const {
    std::vector<Info> infos;
    for (const auto& route : routes_) {
        const AnyView& view = route->view;
        const bool async = view.any.is_async() || std::any_of(view.by_method.begin(), view.by_method.end(),
                                                              [](const Handler& h) { return h.is_async(); });
        infos.push_back({route->pattern, view.any ? "any method" : allow_of(view), async});
    }
    return infos;
}

}  // namespace volley::view
