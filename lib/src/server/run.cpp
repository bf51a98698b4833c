#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <volley/net/signals.hpp>
#include <volley/server/server.hpp>

#include "net/task_group.hpp"

namespace volley::server {
namespace asio = boost::asio;
namespace {

void print_error(std::string_view text) {
    const std::string line = escape_for_terminal(text) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

/// Serves until it is cancelled.
asio::awaitable<void> serve(Server& server, std::function<asio::awaitable<void>(Server&)> beside) {
    net::TaskGroup group(co_await asio::this_coro::executor);
    if (beside) group.spawn(beside(server));
    std::exception_ptr failed;
    try {
        co_await server.serve();
    } catch (...) {
        failed = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    group.cancel();
    co_await group.join();
    if (failed) std::rethrow_exception(failed);
}

}  // namespace

std::string listening_line(const std::string& host, std::uint16_t port, const Kind& kind) {
    const bool bare_v6 = host.find(':') != std::string::npos;
    return fmt::format("listening on http://{}:{} ({})\n", bare_v6 ? "[" + host + "]" : host, port, to_string(kind));
}

int run(view::Routes routes, Options options, std::function<asio::awaitable<void>(Server&)> beside, std::function<void()> after) {
    net::raise_descriptor_limit();
    if (!options.on_error) options.on_error = print_error;
    if (!options.on_notice) options.on_notice = print_error;
    asio::io_context loop{1};
    Server server(loop.get_executor(), std::move(routes), options);
    struct End {
        std::function<void()> f;
        ~End() {
            if (f) f();
        }
    };
    const End end{std::move(after)};
    // Before anyone is told that it listens, who may end it at once.
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

    Diagnostics why;
    if (server.listen(why)) {
        options.on_error(why.message);
        return 3;
    }
    if (options.connections_from < 0) {
        const std::string line = listening_line(options.host, server.local_port(), options.kind);
        std::fwrite(line.data(), 1, line.size(), stdout);
        std::fflush(stdout);
    }

    asio::co_spawn(loop, serve(server, std::move(beside)), asio::bind_cancellation_slot(stop.slot(), std::move(on_end)));
    loop.run();
    if (failed) std::rethrow_exception(failed);
    return 0;
}

}  // namespace volley::server
