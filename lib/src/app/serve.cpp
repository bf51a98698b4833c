#include <charconv>
#include <cstdio>
#include <exception>
#include <string_view>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <volley/app/app.hpp>
#include <volley/net/signals.hpp>

namespace volley::app {
namespace asio = boost::asio;
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

}  // namespace

int run_serve(const ServeOptions& options) {
    net::raise_descriptor_limit();
    asio::io_context loop{1};
    server::Options settings;
    settings.kind = options.kind;
    settings.host = options.host;
    settings.port = options.port;
    settings.limits = options.limits;
    settings.on_error = print_error;
    if (options.log) settings.on_access = print_access;
    const auto self = std::make_shared<SelfAddress>();
    AppOptions app = options.app;
    app.self = self;
    server::Server server(loop.get_executor(), make_routes(app), settings);
    Diagnostics why;
    if (server.listen(why)) {
        print_error(why.message);
        return 3;
    }
    self->set(options.host, server.local_port());
    const bool bare_v6 = options.host.find(':') != std::string::npos;
    const std::string line = fmt::format("listening on http://{}:{} ({})\n", bare_v6 ? "[" + options.host + "]" : options.host,
                                         server.local_port(), server::to_string(options.kind));
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);

    asio::cancellation_signal stop;
    std::exception_ptr failed;
    bool ended = false;
    auto on_end = [&](std::exception_ptr error) {
        failed = error;
        ended = true;
        loop.stop();  // the signal watch would keep it running
    };
    net::SignalWatch signals(loop.get_executor(), [&](int) {
        if (!ended) stop.emit(asio::cancellation_type::terminal);
    });
    asio::co_spawn(loop, server.serve(), asio::bind_cancellation_slot(stop.slot(), std::move(on_end)));
    loop.run();
    if (failed) std::rethrow_exception(failed);
    return 0;
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
