#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <volley/app/app.hpp>

namespace volley::app {
namespace {

void print_error(std::string_view text) {
    const std::string line = "volley serve: " + escape_for_terminal(text) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_access(const server::AccessRecord& record) {
    const std::string line =
        fmt::format("{} {} {} {} {} B {}\n", record.remote, record.method.empty() ? "-" : escape_for_terminal(record.method),
                    record.target.empty() ? "-" : escape_for_terminal(record.target),
                    record.status == 0 ? "gone" : std::to_string(record.status), record.bytes, format_duration(record.took));
    std::fwrite(line.data(), 1, line.size(), stderr);
}

/// Before the first connection is accepted.
view::awaitable<void> tell(std::shared_ptr<SelfAddress> self, std::string host, server::Server& server) {
    self->set(host, server.local_port());
    co_return;
}

}  // namespace

int run_serve(const ServeOptions& options) {
    server::Options settings;
    settings.kind = options.kind;
    settings.host = options.host;
    settings.port = options.port;
    settings.limits = options.limits;
    settings.on_error = print_error;
    settings.on_notice = print_error;
    if (options.log) settings.on_access = print_access;
    const auto self = std::make_shared<SelfAddress>();
    AppOptions app = options.app;
    app.self = self;
    auto beside = [self, host = options.host](server::Server& server) { return tell(self, host, server); };
    return server::run(make_routes(app), settings, std::move(beside));
}

int serve_main(int argc, const char* const* argv) {
    ServeOptions options;
    const auto refuse = [](std::string_view text) {
        print_error(text);
        return 2;
    };
    for (int i = 0; i < argc; ++i) {
        std::string_view flag = argv[i];
        if (flag == "--log") {
            options.log = true;
            continue;
        }
        std::string_view value;
        if (const auto equals = flag.find('='); equals != std::string_view::npos) {
            value = flag.substr(equals + 1);
            flag = flag.substr(0, equals);
        } else if (i + 1 < argc) {
            value = argv[++i];
        } else {
            return refuse(fmt::format("'{}' is not known, or needs a value; flags: --kind, --host, --port, --log", flag));
        }
        if (flag == "--kind") {
            const auto kind = server::parse_kind(value);
            if (!kind)
                return refuse(fmt::format("--kind '{}': {}; kinds are coroutine, pool:W (W from 1 to 1000) and serial", value,
                                          kind.error().message()));
            options.kind = *kind;
        } else if (flag == "--host") {
            options.host = value;
        } else if (flag == "--port") {
            const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), options.port);
            if (ec != std::errc() || end != value.data() + value.size() || value.empty())
                return refuse(fmt::format("--port '{}': a port is a number from 0 to 65535", value));
        } else {
            return refuse(fmt::format("'{}' is not known; flags: --kind, --host, --port, --log", flag));
        }
    }
    return run_serve(options);
}

}  // namespace volley::app
