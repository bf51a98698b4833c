#include <volley/server/server.hpp>

#include <algorithm>
#include <list>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include "net/task_group.hpp"
#include "server/handover.hpp"
#include "server/listener.hpp"
#include "server/session.hpp"

namespace volley::server {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

/// Connections that are being told 503 at the same time; beyond it they are closed without a word.
constexpr std::size_t most_refusals = 64;
/// Descriptors that are not connections: the refusals, the listeners, files of views.
constexpr std::size_t reserved_descriptors = most_refusals + 96;

std::size_t connections_allowed(std::size_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
    const std::size_t have =
        limit.rlim_cur > 2 * reserved_descriptors ? limit.rlim_cur - reserved_descriptors : limit.rlim_cur / 2;
    return std::min(wanted, have);
}

/// How often deadlines are looked at: often enough that the shortest is kept to within a quarter.
Duration sweep_interval(const Limits& limits) {
    const Duration shortest = std::min({limits.idle, limits.header, limits.body, limits.write, limits.linger});
    return std::clamp<Duration>(shortest / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(250));
}

}  // namespace

struct Server::Impl {
    Impl(asio::any_io_executor e, view::Routes r, Options o)
        : executor(std::move(e)),
          options(std::move(o)),
          context(make_pipeline(std::move(r)), options),
          connection_limit(connections_allowed(options.limits.connections)),
          ended(executor, asio::steady_timer::time_point::max()),
          control(executor),
          sessions(executor) {}

    asio::any_io_executor executor;
    Options options;
    ServerContext context;
    std::size_t connection_limit;
    std::vector<tcp::acceptor> acceptors;
    std::optional<asio::posix::stream_descriptor> channel;  ///< of Options::connections_from
    bool channel_ended = false;
    std::uint16_t port = 0;
    std::list<Session*> open;
    std::size_t refusals = 0;
    TimePoint last_accept_error{};
    asio::steady_timer ended;  ///< who serves waits on it
    net::TaskGroup control;    ///< accept loops and the sweeper
    net::TaskGroup sessions;

    std::shared_ptr<const Pipeline> make_pipeline(view::Routes routes) const;
    asio::awaitable<void> accept_loop(tcp::acceptor& acceptor);
    asio::awaitable<void> take_over_loop();
    void take(tcp::socket socket);
    asio::awaitable<void> sweep();
    asio::awaitable<void> stall();
    asio::awaitable<void> run_session(std::shared_ptr<Session> session);
    asio::awaitable<void> run_refusal(std::shared_ptr<Session> session);
    asio::awaitable<void> drain();
    void log_accept_error(const error_code& ec);
};

std::shared_ptr<const Pipeline> Server::Impl::make_pipeline(view::Routes routes) const {
    view::ComposeOptions compose;
    compose.may_block = options.kind.model == Kind::Model::pool;
    compose.on_notice = options.on_notice;
    compose.on_exception = [this](const view::Request& request, const std::exception_ptr& error) {
        if (!options.on_error) return;
        const std::string text = fmt::format("{} {}: the view threw: {}", request.method, request.target, what_of(error));
        asio::dispatch(executor, [this, text] { options.on_error(text); });  // the log's thread is the loop's
    };
    return std::make_shared<const Pipeline>(std::move(routes), compose);
}

Server::Server(asio::any_io_executor executor, view::Routes routes, Options options)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(routes), std::move(options))) {}
Server::~Server() = default;

error_code Server::listen(Diagnostics& why) {
    if (impl_->options.kind.model == Kind::Model::pool) {
        try {
            impl_->context.workers.start_all();
        } catch (const std::system_error& e) {
            why.message = fmt::format("cannot start {} worker threads: {}", impl_->options.kind.workers, e.what());
            return e.code();
        }
    }
    if (impl_->options.connections_from >= 0) {
        impl_->channel.emplace(impl_->executor, impl_->options.connections_from);
        impl_->port = impl_->options.port;
        return {};
    }
    auto acceptors = open_listeners(impl_->executor, impl_->options.host, impl_->options.port, impl_->options.backlog, why);
    if (!acceptors) return acceptors.error();
    impl_->acceptors = std::move(*acceptors);
    error_code ec;
    impl_->port = impl_->acceptors.front().local_endpoint(ec).port();
    return ec;
}

std::uint16_t Server::local_port() const noexcept { return impl_->port; }
std::size_t Server::connections() const noexcept { return impl_->open.size(); }
std::size_t Server::connection_limit() const noexcept { return impl_->connection_limit; }
const view::Routes& Server::routes() const noexcept { return impl_->context.pipeline->routes(); }
void Server::set_routes(view::Routes routes) { impl_->context.pipeline = impl_->make_pipeline(std::move(routes)); }

asio::awaitable<void> Server::serve() {
    Impl& my = *impl_;
    for (auto& acceptor : my.acceptors) my.control.spawn(my.accept_loop(acceptor));
    if (my.channel) my.control.spawn(my.take_over_loop());
    my.control.spawn(my.sweep());
    if (my.options.stall_every > Duration::zero()) my.control.spawn(my.stall());

    co_await asio::this_coro::throw_if_cancelled(false);
    while (!my.channel_ended) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) break;
        const auto [ec] = co_await my.ended.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;
    }
    // From here on it is our own end that must not be cut short: the sessions refer to this object.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await my.drain();
}

asio::awaitable<void> Server::Impl::drain() {
    context.draining = true;
    for (auto& acceptor : acceptors) {
        error_code ec;
        acceptor.close(ec);
    }
    channel.reset();
    for (auto it = open.begin(); it != open.end();) (*it++)->drain();
    asio::steady_timer tick(executor);
    const TimePoint deadline = Clock::now() + options.limits.drain;
    while (!sessions.empty() && Clock::now() < deadline) {
        tick.expires_after(std::chrono::milliseconds(5));
        const auto [ec] = co_await tick.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;
    }
    for (auto it = open.begin(); it != open.end();) (*it++)->abort();
    control.cancel();
    co_await sessions.join();
    // Code that a cancelled request left running still comes home to this loop.
    while (*context.outstanding > 0) {
        tick.expires_after(std::chrono::milliseconds(5));
        const auto [ec] = co_await tick.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;
    }
    co_await control.join();
    context.workers.stop();
    acceptors.clear();
}

asio::awaitable<void> Server::Impl::accept_loop(tcp::acceptor& acceptor) {
    asio::steady_timer pause(executor);
    while (acceptor.is_open()) {
        auto [ec, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (ec == asio::error::operation_aborted || context.draining) co_return;
        if (ec == asio::error::connection_aborted || ec == boost::system::errc::protocol_error)
            continue;  // that client has gone again
        if (ec) {
            // Out of descriptors or memory: the connection stays in the queue and accept() would fail again at once, so that a loop
            // without a pause would eat the processor that the sessions need to end.
            log_accept_error(ec);
            pause.expires_after(std::chrono::milliseconds(50));
            const auto [waited] = co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
            if (waited) co_return;
            continue;
        }
        take(std::move(socket));
        if (options.accept_pause <= Duration::zero()) continue;
        acceptor.non_blocking(true, ec);
        for (int i = 0; !ec && i <= options.backlog; ++i) {  // no more than can have waited
            tcp::socket next = acceptor.accept(ec);
            if (!ec) take(std::move(next));
        }
        pause.expires_after(options.accept_pause);
        const auto [waited] = co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        if (waited) co_return;
    }
}

asio::awaitable<void> Server::Impl::take_over_loop() {
    while (channel) {
        const auto [ec] =
            co_await channel->async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
        if (ec || context.draining) co_return;
        // A batch, so that those who are connected have their turn, too.
        for (int i = 0; i < 64; ++i) {
            const TakenOver taken = take_over(channel->native_handle());
            if (taken.ended) {
                channel_ended = true;
                ended.cancel();
                co_return;
            }
            if (taken.connection < 0) break;
            int family = 0;
            socklen_t size = sizeof family;
            tcp::socket socket(executor);
            error_code wrong;
            if (::getsockopt(taken.connection, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0)
                socket.assign(family == AF_INET6 ? tcp::v6() : tcp::v4(), taken.connection, wrong);
            if (wrong || !socket.is_open())
                ::close(taken.connection);
            else
                take(std::move(socket));
        }
    }
}

void Server::Impl::take(tcp::socket socket) {
    const bool full = open.size() - refusals >= connection_limit;
    if (full && refusals >= most_refusals) return;  // the socket closes
    auto session = std::make_shared<Session>(std::move(socket), context);
    if (full) {
        sessions.spawn(run_refusal(std::move(session)));
    } else {
        sessions.spawn(run_session(std::move(session)));
    }
}

void Server::Impl::log_accept_error(const error_code& ec) {
    const TimePoint now = Clock::now();
    if (!options.on_error || now - last_accept_error < std::chrono::seconds(1)) return;
    last_accept_error = now;
    options.on_error(fmt::format("cannot accept connections: {} (trying again)", ec.message()));
}

asio::awaitable<void> Server::Impl::run_session(std::shared_ptr<Session> session) {
    const auto place = open.insert(open.end(), session.get());
    co_await session->run();
    open.erase(place);
}

asio::awaitable<void> Server::Impl::run_refusal(std::shared_ptr<Session> session) {
    const auto place = open.insert(open.end(), session.get());
    ++refusals;
    co_await session->refuse_connection();
    --refusals;
    open.erase(place);
}

asio::awaitable<void> Server::Impl::sweep() {
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(sweep_interval(options.limits));
        const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (ec) co_return;
        const TimePoint now = Clock::now();
        for (Session* session : open) session->check(now);
    }
}

asio::awaitable<void> Server::Impl::stall() {
    asio::steady_timer timer(executor);
    const TimePoint start = Clock::now();
    for (;;) {
        // By the clock: stalls do not drift, and those that a longer one has swallowed are left out.
        const auto begun = (Clock::now() - start) / options.stall_every;
        timer.expires_at(start + (begun + 1) * options.stall_every);
        const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (ec) co_return;
        const TimePoint end = Clock::now() + options.stall_length;
        context.workers.post_to_all([end] { std::this_thread::sleep_until(end); });
        std::this_thread::sleep_until(end);  // the loop's thread, and with it every socket
    }
}

}  // namespace volley::server
