#include "server/session.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <random>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include "server/view_job.hpp"
#include "view/sync_threads.hpp"

namespace volley::server {
namespace asio = boost::asio;
using namespace std::string_view_literals;
namespace {

/// Bytes of later requests that are taken in while a view runs. More stays in the kernel, where it holds the client up and nobody else.
constexpr std::size_t most_early_bytes = 64 * 1024;

/// No status line, whatever a parser forgives (RFC 9112 section 4): control characters, NUL, no UTF-8, half a TLS record.
constexpr std::string_view garbage = "\x16\x03\x01\x02\0\xff\xfe\r\nPTTH/1.1 \x7f\x80\r\n\r\n\0\xc3\x28 volley"sv;

bool is_retry(const error_code& ec) {
    return ec == asio::error::would_block || ec == asio::error::try_again || ec == asio::error::interrupted;
}

std::string remote_of(const asio::ip::tcp::socket& socket) {
    error_code ec;
    const auto peer = socket.remote_endpoint(ec);
    if (ec) return "unknown";
    const std::string address = peer.address().to_string();
    return peer.address().is_v6() ? fmt::format("[{}]:{}", address, peer.port()) : fmt::format("{}:{}", address, peer.port());
}

bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

std::string what_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

/// One request and how far its answer is.
struct Session::Exchange {
    std::shared_ptr<const view::Routes> routes;  ///< first: what the rest refers to
    view::Request request;
    std::shared_ptr<const Pipeline> pipeline;  ///< the one that it began with
    std::string route;
    int version = 11;
    bool keep_alive = true;
    bool sent_head = false;
    bool streaming = false;  ///< the head is sent, the body comes from the view in chunks
    bool broken = false;     ///< the connection cannot carry another answer
    Duration drip{};         ///< between two bytes of the answer
    AnswerHead head;
    int status = 0;
    std::uint64_t body_bytes = 0;
    TimePoint received{};
};

ServerContext::ServerContext(std::shared_ptr<const Pipeline> p, const Options& o)
    : pipeline(std::move(p)),
      options(o),
      workers(o.kind.model == Kind::Model::pool ? o.kind.workers : std::max(1U, o.sync_threads)),
      sensitive(view::sensitive_executor),
      id_prefix_(fmt::format("{:08x}", std::random_device{}())) {}

std::string ServerContext::request_id(const http::Headers& headers) {
    constexpr std::size_t longest = 128;
    const auto given = headers.get("X-Request-ID");
    if (given && given->size() <= longest && http::is_token(*given)) return std::string(*given);
    return fmt::format("{}-{}", id_prefix_, ++next_id_);
}

std::string_view ServerContext::date() {
    const auto now = std::chrono::system_clock::now();
    if (now >= date_until_ || date_.empty()) {
        date_ = http_date(now);
        date_until_ = std::chrono::floor<std::chrono::seconds>(now) + std::chrono::seconds(1);
    }
    return date_;
}

Session::Session(asio::ip::tcp::socket socket, ServerContext& context)
    : socket_(std::move(socket)), context_(context), wake_timer_(socket_.get_executor(), asio::steady_timer::time_point::max()) {
    error_code ec;
    socket_.non_blocking(true, ec);
    socket_.set_option(asio::ip::tcp::no_delay(true), ec);  // a failure costs latency, nothing else
    remote_ = remote_of(socket_);
}

// ---- waking

asio::awaitable<void> Session::wait() {
    while (!woken_) {
        const auto [ec] = co_await wake_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;  // the timer never expires; a cancelled wait is how it is woken
    }
    woken_ = false;
}

/// Waits out a time that no deadline is to cut short; the end of the session does. Wakes are kept for the next wait().
asio::awaitable<void> Session::wait_for(Duration time) {
    const TimePoint end = Clock::now() + time;
    bool missed = false;
    while (!aborted_ && Clock::now() < end) {
        wake_timer_.expires_at(end);
        const auto [ec] = co_await wake_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;
        // A wake does nothing while one is pending: the next, which may be the end, must reach the timer again.
        missed = missed || woken_;
        woken_ = false;
    }
    wake_timer_.expires_at(TimePoint::max());
    woken_ = woken_ || missed;
}

void Session::wake() {
    if (woken_) return;
    woken_ = true;
    wake_timer_.cancel();
}

void Session::watch_readable() {
    if (watches_readable_ || aborted_) return;
    watches_readable_ = true;
    socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](error_code) {
        self->watches_readable_ = false;
        if (self->aborted_) return;
        if (self->handling_) self->take_early_bytes();
        self->wake();
    });
}

void Session::watch_writable() {
    if (watches_writable_ || aborted_) return;
    watches_writable_ = true;
    socket_.async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](error_code) {
        self->watches_writable_ = false;
        self->wake();
    });
}

void Session::take_early_bytes() {
    while (input_.size() < most_early_bytes) {
        error_code ec;
        const std::size_t n = socket_.read_some(asio::buffer(context_.scratch), ec);
        if (!ec) {
            input_.append(context_.scratch.data(), n);
        } else if (is_retry(ec)) {
            watch_readable();
            return;
        } else {
            // A close, or only of its sending side: the two cannot be told apart, and Go, nginx and uvicorn take it as a farewell too.
            peer_gone_ = true;
            if (job_) job_->cancel(ViewJob::Reason::client);
            return;
        }
    }
}

void Session::check(TimePoint now) {
    if (now < deadline_) return;
    deadline_ = TimePoint::max();
    timed_out_ = true;
    wake();
}

void Session::drain() {
    if (idle_) abort();
}

void Session::abort() {
    if (aborted_) return;
    aborted_ = true;
    if (job_) job_->cancel(ViewJob::Reason::server);
    error_code ec;
    socket_.close(ec);
    wake();
}

// ---- bytes

/// Reads at least one byte into input_. @return false when there will be none: closed, deadline, end of the server.
asio::awaitable<bool> Session::fill() {
    while (!aborted_ && !timed_out_) {
        error_code ec;
        const std::size_t n = socket_.read_some(asio::buffer(context_.scratch), ec);
        if (!ec) {
            input_.append(context_.scratch.data(), n);
            co_return true;
        }
        if (!is_retry(ec)) co_return false;
        watch_readable();
        co_await wait();
    }
    co_return false;
}

/// @return false when the client does not take it.
asio::awaitable<bool> Session::write_all(std::string_view first, std::string_view second) {
    arm(context_.options.limits.write);
    while (!first.empty() || !second.empty()) {
        if (aborted_ || timed_out_) co_return false;
        const std::array<asio::const_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
        error_code ec;
        const std::size_t n = socket_.write_some(buffers, ec);
        if (!ec) {
            const std::size_t of_first = std::min(n, first.size());
            first.remove_prefix(of_first);
            second.remove_prefix(n - of_first);
            arm(context_.options.limits.write);
        } else if (is_retry(ec)) {
            watch_writable();
            co_await wait();
        } else {
            co_return false;
        }
    }
    disarm();
    co_return true;
}

/// What belongs to an answer, at the speed that it is to have. @return as write_all().
asio::awaitable<bool> Session::deliver(const Exchange& exchange, std::string_view first, std::string_view second) {
    bool taken = true;
    if (exchange.drip <= Duration::zero()) {
        taken = co_await write_all(first, second);
        co_return taken;
    }
    while (taken && (!first.empty() || !second.empty())) {
        std::string_view& part = first.empty() ? second : first;
        const std::string_view byte = part.substr(0, 1);
        part.remove_prefix(1);
        taken = co_await write_all(byte);
        if (taken) co_await wait_for(exchange.drip);
    }
    co_return taken;
}

asio::awaitable<void> Session::linger() {
    error_code ec;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
    if (ec) co_return;
    arm(context_.options.limits.linger);
    for (std::size_t total = 0; total < context_.options.limits.linger_bytes && !aborted_ && !timed_out_;) {
        const std::size_t n = socket_.read_some(asio::buffer(context_.scratch), ec);
        if (!ec) {
            total += n;
        } else if (is_retry(ec)) {
            watch_readable();
            co_await wait();
        } else {
            co_return;
        }
    }
}

// ---- requests

asio::awaitable<void> Session::run() {
    // Cancellation from outside would make every co_await throw and leave the view without its owner: abort() ends us instead.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    try {
        co_await serve_requests();
    } catch (const std::exception& e) {
        log_error(fmt::format("a session ended: {}", e.what()));
    }
    abort();
}

asio::awaitable<void> Session::refuse_connection() {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    idle_ = false;
    co_await refuse(503, "too many connections");
    abort();
}

asio::awaitable<void> Session::serve_requests() {
    // No co_await inside a condition, here and everywhere: g++ 12 then takes what follows for unreachable (tests/lint/conditions.cmake).
    for (bool more = true; more;) {
        more = co_await serve_one();
        if (context_.draining) more = false;
    }
}

/// @return true when another request may follow.
asio::awaitable<bool> Session::serve_one() {
    const Limits& limits = context_.options.limits;
    idle_ = input_.empty();
    if (idle_) {
        input_.shrink_to_fit();
        arm(limits.idle);
        const bool arrived = co_await fill();
        if (!arrived) co_return false;
        idle_ = false;
    }
    Exchange exchange;
    {
        RequestParser parser(limits.header_bytes, limits.body_bytes);
        arm(limits.header);
        for (;;) {
            const auto progress = parser.feed(input_);
            if (progress == RequestParser::Progress::done) break;
            if (progress == RequestParser::Progress::refused) {
                co_await refuse(parser.refusal().status, parser.refusal().text);
                co_return false;
            }
            if (progress == RequestParser::Progress::head) {
                arm(limits.body);
                if (parser.expects_continue() && input_.empty()) {
                    const bool taken = co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
                    if (!taken) co_return false;
                    arm(limits.body);
                }
                if (!input_.empty()) continue;
            }
            const bool arrived = co_await fill();
            if (arrived) continue;
            if (timed_out_) co_await refuse(408, "the request did not arrive in time");
            co_return false;
        }
        disarm();
        exchange.keep_alive = parser.keep_alive();
        exchange.version = parser.version();
        exchange.request = parser.take_request();
    }
    exchange.request.remote = remote_;
    exchange.received = Clock::now();

    const std::string_view path = RequestParser::path_of(exchange.request.target);
    exchange.pipeline = context_.pipeline;
    view::Resolution resolution = exchange.pipeline->resolve(exchange.request.method, path);
    if (resolution.handler != nullptr) {
        exchange.request.params = std::move(resolution.params);
        exchange.route = std::move(resolution.route);
        co_await run_view(exchange, *resolution.handler);
    } else {
        view::Response response = exchange.pipeline->routes().answer(resolution, exchange.request.method, path);
        co_await send(exchange, std::move(response));
    }
    log_access(exchange);
    co_return exchange.sent_head && !exchange.broken && exchange.head.keep_alive;
}

asio::awaitable<void> Session::refuse(int status, std::string_view text) {
    Exchange exchange;
    exchange.keep_alive = false;
    exchange.received = Clock::now();
    view::Response response = view::Response::error(status, text);
    co_await send(exchange, std::move(response));
    log_access(exchange);
    if (!exchange.broken) co_await linger();
}

// ---- views

/// A request in the gauge, from its arrival to the end of its view. Answers to unknown paths are not counted.
class Counted {
public:
    Counted(view::Gauge& gauge, const std::string& route) : gauge_(route.empty() ? nullptr : &gauge), route_(route) {
        if (gauge_ != nullptr) gauge_->enter(route_);
    }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { leave(); }
    void start() {
        if (gauge_ != nullptr) gauge_->start(route_);
        started_ = true;
    }
    void leave() {
        if (gauge_ != nullptr) gauge_->leave(route_, started_);
        gauge_ = nullptr;
    }

private:
    view::Gauge* gauge_;
    const std::string& route_;
    bool started_ = false;
};

view::FramePtr Session::frame_of(const Exchange& exchange) {
    auto frame = std::make_shared<view::Frame>();
    frame->context = std::make_shared<view::Context>(context_.request_id(exchange.request.headers));
    // Never a worker's own loop, even for a view that runs there: synchronous code below it may hold that thread.
    frame->loop = socket_.get_executor();
    frame->outstanding = context_.outstanding;
    return frame;
}

asio::awaitable<void> Session::run_view(Exchange& exchange, const view::Handler& handler) {
    Counted counted(*exchange.pipeline->routes().gauge(), exchange.route);
    disarm();
    handling_ = true;
    peer_gone_ = false;  // a close is noticed anew: requests that were sent before it are still answered

    WorkerPool* pool = nullptr;
    if (context_.options.kind.model == Kind::Model::pool) {
        pool = &context_.workers;
    } else if (!handler.is_async()) {
        pool = handler.thread == view::Thread::sensitive ? &context_.sensitive : &context_.workers;
    }
    bool no_thread = false;
    WorkerPool::Waiter waiter{[this] { wake(); }, nullptr};
    if (pool != nullptr) {
        watch_readable();
        try {
            waiter.worker = pool->acquire(waiter);
        } catch (const std::exception& e) {
            log_error(fmt::format("no thread for a view: {}", e.what()));
            no_thread = true;
        }
        if (no_thread) {
            counted.leave();
            handling_ = false;
            co_await send(exchange, view::Response::error(503, "out of threads"));
            co_return;
        }
        while (waiter.worker == nullptr && !peer_gone_ && !aborted_) co_await wait();
        if (peer_gone_ || aborted_) {
            pool->withdraw(waiter);
            handling_ = false;
            exchange.broken = true;
            co_return;
        }
    }
    const asio::any_io_executor loop = socket_.get_executor();
    const asio::any_io_executor where = pool != nullptr ? waiter.worker->executor() : loop;
    counted.start();
    job_ = std::make_shared<ViewJob>(loop, view::FrameExecutor(where, frame_of(exchange)), [this] { wake(); });
    job_->start(handler, exchange.request);
    // Watched only now: a view that answers at once also answers a client that has closed its sending side already.
    watch_readable();
    co_await work(exchange, *job_);
    // The worker is free when its view has ended, whether or not the client has taken the whole answer.
    if (pool != nullptr) pool->release(*waiter.worker);
    counted.leave();
    handling_ = false;
    std::optional<view::Response> response = job_->take_result();
    const std::exception_ptr error = job_->error();
    const bool cancelled = job_->cancelled();
    job_.reset();

    if (error) {
        if (cancelled && is_cancellation(error)) {
            exchange.broken = true;
        } else {
            std::optional<view::Response> asked_for = view::answer_of(error);
            if (!asked_for || exchange.sent_head) fail(exchange, error);
            if (!asked_for) asked_for = view::Response::error(500, "internal error");
            if (!exchange.sent_head) co_await send(exchange, std::move(*asked_for));
        }
    } else if (response) {
        co_await send(exchange, std::move(*response));
    } else {
        co_await send_end(exchange);
    }
}

/// Sends what a stream makes until the view has ended.
asio::awaitable<void> Session::work(Exchange& exchange, ViewJob& job) {
    while (!job.done()) {
        co_await wait();
        if (job.done()) break;
        if (auto head = job.take_stream_head()) {
            co_await send(exchange, std::move(*head));
            job.go_on(exchange.streaming && !exchange.broken);
        } else if (auto chunk = job.take_chunk()) {
            co_await send_chunk(exchange, *chunk);
            job.go_on(!exchange.broken);
            // Told once that nobody listens, a producer that goes on regardless is cancelled.
            if (exchange.broken) job.cancel(ViewJob::Reason::client);
        }
    }
}

void Session::fail(Exchange& exchange, const std::exception_ptr& error) {
    log_error(fmt::format("{} {}: the view threw: {}", exchange.request.method, exchange.request.target, what_of(error)));
    if (exchange.sent_head) exchange.broken = true;  // too late for a 500: the cut answer tells the client
}

asio::awaitable<void> Session::send(Exchange& exchange, view::Response response) {
    const view::Delivery delivery = response.delivery;
    if (delivery.way != view::Delivery::Way::answer) {
        exchange.sent_head = true;  // so that nothing else is
        exchange.broken = true;
        error_code ec;
        if (delivery.way == view::Delivery::Way::reset)
            socket_.set_option(asio::socket_base::linger(true, 0), ec);  // the close at our end is a reset then
        else
            co_await send_garbage(exchange);
        co_return;
    }
    exchange.drip = delivery.drip;
    const bool keep_alive = exchange.keep_alive && !context_.draining && !delivery.close;
    const AnswerContext context{exchange.version, exchange.request.method == "HEAD", keep_alive, context_.date()};
    std::optional<AnswerHead> head = make_head(response, context);
    if (!head) {
        log_error(fmt::format("{} {}: the view's response has a status, a header or a Content-Length that cannot be sent",
                              exchange.request.method, exchange.request.target));
        response = view::Response::error(500, "internal error");
        head = make_head(response, context);
    }
    exchange.head = std::move(*head);
    exchange.sent_head = true;
    exchange.status = response.status;
    exchange.streaming = response.stream && exchange.head.framing != Framing::none;
    std::string_view body;
    if (!exchange.streaming && exchange.head.framing == Framing::length) body = response.body;
    exchange.body_bytes = body.size();
    const bool taken = co_await deliver(exchange, exchange.head.text, body);
    if (!taken) exchange.broken = true;
}

asio::awaitable<void> Session::send_garbage(Exchange& exchange) {
    const bool taken = co_await write_all(garbage);
    if (taken) exchange.body_bytes = garbage.size();
}

asio::awaitable<void> Session::send_chunk(Exchange& exchange, std::string_view chunk) {
    if (exchange.broken || !exchange.streaming || chunk.empty()) co_return;  // an empty chunk would end the body
    if (exchange.head.framing == Framing::length && exchange.body_bytes + chunk.size() > exchange.head.length) {
        log_error(
            fmt::format("{} {}: the stream is longer than its Content-Length", exchange.request.method, exchange.request.target));
        exchange.broken = true;
        co_return;
    }
    exchange.body_bytes += chunk.size();
    bool taken = false;
    if (exchange.head.framing == Framing::chunked) {
        const std::string framed = make_chunk(chunk);
        taken = co_await deliver(exchange, framed);
    } else {
        taken = co_await deliver(exchange, chunk);
    }
    if (!taken) exchange.broken = true;
}

asio::awaitable<void> Session::send_end(Exchange& exchange) {
    if (exchange.broken || !exchange.streaming) co_return;
    if (exchange.head.framing == Framing::chunked) {
        const bool taken = co_await deliver(exchange, "0\r\n\r\n");
        if (!taken) exchange.broken = true;
    } else if (exchange.head.framing == Framing::length && exchange.body_bytes != exchange.head.length) {
        log_error(fmt::format("{} {}: the stream is shorter than its Content-Length", exchange.request.method,
                              exchange.request.target));
        exchange.broken = true;
    }
}

// What a callback throws ends with it: a session that it ended would leave its running view without an owner.
void Session::log_access(const Exchange& exchange) const {
    if (!context_.options.on_access) return;
    try {
        context_.options.on_access({remote_, exchange.request.method, exchange.request.target,
                                    exchange.sent_head ? exchange.status : 0, exchange.body_bytes,
                                    Clock::now() - exchange.received});
    } catch (...) {
        log_error("on_access threw: " + what_of(std::current_exception()));
    }
}

void Session::log_error(std::string_view text) const {
    if (!context_.options.on_error) return;
    try {
        context_.options.on_error(text);
    } catch (...) {
        return;  // there is nobody left to tell
    }
}

}  // namespace volley::server
