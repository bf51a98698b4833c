#include "verdict/family.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <volley/http/message.hpp>

namespace volley::verdict {
namespace {

bool names(std::string_view text, std::string_view word) {
    const auto same = [](char a, char b) { return http::iequals({&a, 1}, {&b, 1}); };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

struct Known {
    std::string_view word;
    Family family;
};
constexpr std::array known{
    Known{"uvicorn", Family::asgi},     Known{"hypercorn", Family::asgi},    Known{"granian", Family::asgi},
    Known{"daphne", Family::django},    Known{"wsgiserver", Family::django}, Known{"gunicorn", Family::wsgi},
    Known{"werkzeug", Family::wsgi},    Known{"uwsgi", Family::wsgi},        Known{"waitress", Family::wsgi},
    Known{"cheroot", Family::wsgi},     Known{"nginx", Family::nginx},       Known{"openresty", Family::nginx},
    Known{"envoy", Family::nginx},      Known{"haproxy", Family::nginx},     Known{"caddy", Family::nginx},
    Known{"cloudflare", Family::nginx}, Known{"node", Family::node},         Known{"express", Family::node},
    Known{"tomcat", Family::jvm},       Known{"jetty", Family::jvm},         Known{"java", Family::jvm},
};

}  // namespace

Family family_of(const Observation& seen) {
    for (const std::string_view text : {std::string_view(seen.server), std::string_view(seen.process_name)})
        for (const Known& k : known)
            if (names(text, k.word)) return k.family;
    return seen.via.empty() ? Family::unknown : Family::nginx;
}

bool is_forwarder(const Observation& seen) {
    static constexpr std::array<std::string_view, 12> forwarders{"nginx",        "openresty", "haproxy",  "envoy",
                                                                 "caddy",        "traefik",   "varnishd", "squid",
                                                                 "docker-proxy", "kubectl",   "socat",    "ssh"};
    return std::ranges::any_of(forwarders, [&](auto n) { return seen.process_name == n; });
}

bool is_worker_server(const Observation& seen) {
    static constexpr std::array<std::string_view, 7> workers{"gunicorn", "werkzeug", "wsgiserver", "uwsgi",
                                                             "waitress", "cheroot",  "puma"};
    // gunicorn's uvicorn workers call themselves uvicorn.
    if (names(seen.server, "uvicorn") || names(seen.server, "hypercorn")) return false;
    return std::ranges::any_of(workers, [&](auto n) { return names(seen.server, n) || names(seen.process_name, n); });
}

}  // namespace volley::verdict
