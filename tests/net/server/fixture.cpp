#include "net/server/fixture.hpp"

#include <future>
#include <stdexcept>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace volley::test {
namespace asio = boost::asio;

struct LiveServer::Impl {
    asio::io_context loop{1};
    std::shared_ptr<view::Gauge> gauge;
    std::unique_ptr<server::Server> server;
    asio::cancellation_signal stop;
    std::atomic<bool> ended{false};
    std::exception_ptr failed;
    mutable std::mutex mutex;
    std::vector<std::string> errors;
    std::vector<std::string> notices;
    std::vector<int> statuses;
    std::thread thread;
};

LiveServer::LiveServer(view::Routes routes, server::Options options) : impl_(std::make_unique<Impl>()) {
    Impl& my = *impl_;
    my.gauge = routes.gauge();
    options.on_error = [&my, also = std::move(options.on_error)](std::string_view text) {
        {
            const std::scoped_lock lock(my.mutex);
            my.errors.emplace_back(text);
        }
        if (also) also(text);
    };
    options.on_notice = [&my](std::string_view text) {
        const std::scoped_lock lock(my.mutex);
        my.notices.emplace_back(text);
    };
    options.on_access = [&my, also = std::move(options.on_access)](const server::AccessRecord& record) {
        {
            const std::scoped_lock lock(my.mutex);
            my.statuses.push_back(record.status);
        }
        if (also) also(record);
    };
    my.server = std::make_unique<server::Server>(my.loop.get_executor(), std::move(routes), std::move(options));
    Diagnostics why;
    if (my.server->listen(why)) throw std::runtime_error(why.message);
    auto on_end = [&my](std::exception_ptr error) {
        my.failed = error;
        my.ended = true;
    };
    asio::co_spawn(my.loop, my.server->serve(), asio::bind_cancellation_slot(my.stop.slot(), std::move(on_end)));
    my.thread = std::thread([&my] { my.loop.run(); });
}

LiveServer::~LiveServer() {
    stop();
    if (impl_->failed) std::terminate();  // an exception out of serve() is a bug: do not let a test pass over it
}

void LiveServer::stop() {
    if (!impl_->thread.joinable()) return;
    asio::post(impl_->loop, [this] {
        if (!impl_->ended) impl_->stop.emit(asio::cancellation_type::terminal);
    });
    impl_->thread.join();
}

std::uint16_t LiveServer::port() const { return impl_->server->local_port(); }
view::Gauge::Count LiveServer::count(const std::string& route) const { return impl_->gauge->of(route); }
std::size_t LiveServer::connection_limit() const { return impl_->server->connection_limit(); }

std::size_t LiveServer::connections() const {
    std::promise<std::size_t> answer;
    asio::post(impl_->loop, [this, &answer] { answer.set_value(impl_->server->connections()); });
    return answer.get_future().get();
}

std::vector<std::string> LiveServer::errors() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->errors;
}

std::vector<std::string> LiveServer::notices() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->notices;
}

std::vector<int> LiveServer::statuses() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->statuses;
}

view::awaitable<void> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

namespace {

view::awaitable<view::Response> wait_at(std::shared_ptr<Gate> gate) {
    gate->note_thread();
    try {
        while (!gate->open) co_await pause(std::chrono::milliseconds(2));
    } catch (const boost::system::system_error&) {
        ++gate->cancelled;
        throw;
    }
    co_return view::Response::text("waited");
}

view::Response block_at(const std::shared_ptr<Gate>& gate) {
    gate->note_thread();
    while (!gate->open) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return view::Response::text("blocked");
}

view::awaitable<void> three_chunks(view::Writer& writer) {
    for (const char* text : {"one ", "", "two ", "three"}) {
        const bool taken = co_await writer.write(text);
        if (!taken) break;
        co_await pause(std::chrono::milliseconds(1));
    }
}

/// Heeds nothing: neither false nor, as far as it can, cancellation.
view::awaitable<void> endless(view::Writer& writer) {
    for (;;) co_await writer.write(std::string(100'000, 'e'));
}

view::awaitable<view::Response> fail(const view::Request&) {
    co_await pause(std::chrono::milliseconds(1));
    throw std::runtime_error("the secret of the database");
}

}  // namespace

view::Routes gated_routes(const std::shared_ptr<Gate>& gate) {
    view::Routes routes;
    routes.add("/wait", [gate](const view::Request&) { return wait_at(gate); });
    routes.add("/block", [gate](const view::Request&) { return block_at(gate); });
    routes.add("/block-pool", view::on_pool([gate](const view::Request&) { return block_at(gate); }));
    struct Ping {
        view::awaitable<view::Response> get(const view::Request&) { co_return view::Response::text("pong"); }
    };
    routes.add("/ping", Ping{});
    routes.add("/echo", [](const view::Request& request) { return view::Response::text(request.body); });
    routes.add("/throw", fail);
    routes.add("/split", [](const view::Request&) {
        view::Response response;
        response.headers.add("X-Name", "a\r\nSet-Cookie: b");
        return response;
    });
    const auto streaming = [](view::Stream stream) {
        return [stream](const view::Request&) -> view::awaitable<view::Response> { co_return view::Response::events(stream); };
    };
    routes.add("/stream", streaming(three_chunks));
    routes.add("/endless", streaming(endless));
    const auto promising = [](const char* length) {
        return [length](const view::Request&) {
            view::Response response;
            response.headers.add("Content-Length", length);
            response.stream = three_chunks;
            return response;
        };
    };
    routes.add("/short", promising("1000"));
    routes.add("/long", promising("5"));
    routes.add("/big", [](const view::Request&) { return view::Response::text(std::string(4UL * 1024 * 1024, 'b')); });
    return routes;
}

}  // namespace volley::test
