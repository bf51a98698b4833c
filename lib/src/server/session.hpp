// One connection: requests in, answers out, in order.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <volley/server/server.hpp>

#include "server/answer_writer.hpp"
#include "server/pipeline.hpp"
#include "server/request_parser.hpp"
#include "server/worker_pool.hpp"
#include "view/frame.hpp"

namespace volley::server {

class ViewJob;

/// What the sessions of one server share. Lifetime: outlives every session's run().
struct ServerContext {
    std::shared_ptr<const Pipeline> pipeline;  ///< what the next request is answered by; one that has begun keeps its own
    const Options& options;
    WorkerPool workers;
    WorkerPool sensitive;  ///< the one thread of synchronous views, which may belong to other servers too
    /// Synchronous code that requests have started and that runs or waits, after its request's end too.
    std::shared_ptr<std::atomic<int>> outstanding = std::make_shared<std::atomic<int>>(0);
    bool draining = false;
    /// One buffer to read into for all connections: it is used between two suspensions only. Ten thousand idle connections then
    /// hold no buffer at all.
    std::array<char, 64 * 1024> scratch{};

    ServerContext(std::shared_ptr<const Pipeline> p, const Options& o);
    /// The Date field's value at this second (RFC 9110 section 6.6.1).
    std::string_view date();
    /// The id of a request: the client's where it can be printed, else the next of ours.
    std::string request_id(const http::Headers& headers);

private:
    std::string id_prefix_;
    std::uint64_t next_id_ = 0;
    std::string date_;
    std::chrono::system_clock::time_point date_until_{};
};

/// What an exception says, for a log.
[[nodiscard]] std::string what_of(const std::exception_ptr& error);

/// Owns the socket. Everything that happens to it (bytes, a view that is done, a deadline, the end of the server) sets a flag and
/// wakes the one coroutine, which looks at the flags: no two operations race, and no cancellation can get lost.
/// Thread safety: none; the loop's thread only.
class Session final : public std::enable_shared_from_this<Session> {
public:
    Session(boost::asio::ip::tcp::socket socket, ServerContext& context);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Serves the connection to its end. Ignores cancellation: see abort().
    boost::asio::awaitable<void> run();
    /// Tells the client that there is no room (503) and closes.
    boost::asio::awaitable<void> refuse_connection();

    /// Ends the session when its deadline has passed. Called often enough by the server.
    void check(TimePoint now);
    /// The server is ending: closes when idle, else after the answer that is being made.
    void drain();
    /// Cancels the view, closes the socket.
    void abort();

private:
    struct Exchange;
    boost::asio::awaitable<void> serve_requests();
    boost::asio::awaitable<bool> serve_one();
    boost::asio::awaitable<void> run_view(Exchange& exchange, const view::Handler& handler);
    [[nodiscard]] view::FramePtr frame_of(const Exchange& exchange);
    boost::asio::awaitable<void> work(Exchange& exchange, ViewJob& job);
    boost::asio::awaitable<void> send(Exchange& exchange, view::Response response);
    boost::asio::awaitable<void> send_chunk(Exchange& exchange, std::string_view chunk);
    boost::asio::awaitable<void> send_end(Exchange& exchange);
    boost::asio::awaitable<void> refuse(int status, std::string_view text);
    boost::asio::awaitable<bool> fill();
    boost::asio::awaitable<void> send_garbage(Exchange& exchange);
    boost::asio::awaitable<bool> deliver(const Exchange& exchange, std::string_view first, std::string_view second = {});
    boost::asio::awaitable<bool> write_all(std::string_view first, std::string_view second = {});
    boost::asio::awaitable<void> linger();

    void fail(Exchange& exchange, const std::exception_ptr& error);
    void log_access(const Exchange& exchange) const;
    void log_error(std::string_view text) const;

    boost::asio::awaitable<void> wait();
    boost::asio::awaitable<void> wait_for(Duration time);
    void wake();
    void arm(Duration d) {
        deadline_ = Clock::now() + d;
        timed_out_ = false;
    }
    void disarm() {
        deadline_ = TimePoint::max();
        timed_out_ = false;
    }
    void watch_readable();
    void watch_writable();
    void take_early_bytes();

    boost::asio::ip::tcp::socket socket_;
    ServerContext& context_;
    std::string remote_;
    std::string input_;  ///< read, not yet used
    boost::asio::steady_timer wake_timer_;
    TimePoint deadline_ = TimePoint::max();
    std::shared_ptr<ViewJob> job_;
    bool woken_ = false;
    bool idle_ = true;
    bool watches_readable_ = false;
    bool watches_writable_ = false;
    bool handling_ = false;  ///< a view runs or waits: early bytes are taken in, a close is noticed
    bool peer_gone_ = false;
    bool timed_out_ = false;
    bool aborted_ = false;
};

}  // namespace volley::server
