#include "verify/builtin.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace volley::verify {
namespace asio = boost::asio;

asio::awaitable<Builtin> start_builtin(asio::any_io_executor executor, std::string kind, std::vector<std::string> faults,
                                       Duration service, Duration patience) {
    Builtin out;
    server::SpawnSpec spec;
    const auto port = server::pick_port(spec.host);
    if (!port) {
        out.trouble = "no free port: " + port.error().message();
        co_return out;
    }
    spec.port = *port;
    spec.argv = server::builtin_command(kind, spec.host, spec.port, faults);
    spec.ready.kind = server::ReadyWhen::Kind::http;
    spec.ready.path = "/ping";
    spec.ready.timeout = std::min(spec.ready.timeout, patience);
    out.request.name = "GET /offer";
    out.request.target.host = spec.host;
    out.request.target.port = spec.port;
    out.request.request.target = fmt::format("/offer?s={}", to_seconds(service));
    Diagnostics why;
    auto spawned = server::spawn_server(std::move(executor), std::move(spec), why);
    if (!spawned) {
        out.trouble = why.message.empty() ? spawned.error().message() : why.message;
        co_return out;
    }
    const auto ec = co_await (*spawned)->wait_ready(why);
    if (ec) {
        out.trouble = why.message.empty() ? ec.message() : why.message;
        co_await (*spawned)->stop();
        co_return out;
    }
    out.process = std::move(*spawned);
    co_return out;
}

}  // namespace volley::verify
