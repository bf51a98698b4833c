// Servers in this process: one event loop for the sockets, and views on the loop or on worker threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/error.hpp>
#include <volley/time.hpp>
#include <volley/view.hpp>

namespace volley::server {

/// Where views run. The sockets are always read and written by the loop, so that a client which is slow to send, or to take an answer
/// that is made, holds nobody up. A stream is made while it is taken: on a pool its producer keeps its worker until the end.
struct Kind {
    enum class Model {
        coroutine,  ///< asynchronous views on the loop, as many as there are; synchronous ones one at a time on a shared thread
        pool,  ///< exactly `workers` threads, each answers one request at a time to its end; requests over that wait in order
    } model = Model::coroutine;
    unsigned workers = 0;  ///< for pool; `serial` is a pool of one
    bool operator==(const Kind&) const = default;
};

/// Reads `coroutine`, `pool:W` (1 to 1,000) or `serial`. Errors: ParseErrc::empty, bad_number (the W), out_of_range, bad_unit (an unknown word).
[[nodiscard]] Result<Kind> parse_kind(std::string_view text) noexcept;
/// The text that parse_kind() reads.
[[nodiscard]] std::string to_string(const Kind& kind);

/// What a client may do to us. Every time-out ends a wait for the *client*; a view may take as long as it likes.
struct Limits {
    std::size_t header_bytes = 16 * 1024;  ///< request line and fields; more is answered 431
    std::size_t body_bytes = 1024 * 1024;  ///< more is answered 413
    /// More are answered 503 and closed. Where the process may not open so many descriptors, fewer: see Server::connection_limit().
    std::size_t connections = 50'000;
    Duration idle = std::chrono::minutes(2);     ///< no request has begun: closed without a word
    Duration header = std::chrono::seconds(20);  ///< from a request's first byte to the end of its head: 408
    Duration body = std::chrono::seconds(60);    ///< from the end of the head to the end of the body: 408
    Duration write = std::chrono::seconds(30);   ///< the client takes not one byte of the answer: closed
    /// After an answer that refuses what is still being sent (413, 431, ...) we read on, so that the client gets to see the answer
    /// instead of a reset (RFC 9112 section 9.6), this long and this much at most.
    Duration linger = std::chrono::seconds(2);
    std::size_t linger_bytes = 16UL * 1024 * 1024;
    Duration drain = std::chrono::seconds(3);  ///< at the end: what runs may finish, then it is cancelled
};

/// One answered request, for a log. The texts came from outside: escape before printing.
struct AccessRecord {
    std::string_view remote;
    std::string_view method;  ///< empty where the request could not be read
    std::string_view target;
    int status = 0;           ///< 0: the client left before an answer, or got none on purpose (view::Delivery)
    std::uint64_t bytes = 0;  ///< of the body sent
    Duration took{};          ///< from the request's last byte to the answer's
};

struct Options {
    Kind kind;
    std::string host = "127.0.0.1";  ///< an address, or a name; `localhost` listens on 127.0.0.1 and, where there is one, on ::1
    std::uint16_t port = 0;          ///< 0: the system picks one
    /// Above -1: one of several processes that serve `host` and `port`, which it does not open itself: accepted connections come over this
    /// Unix socket, which is the server's from then on. When its other end is closed, the server ends as when it is cancelled.
    int connections_from = -1;
    /// At most so many synchronous views at a time on a coroutine server, started when needed: of those that are not
    /// thread-sensitive. All others share one thread (see view::Thread).
    unsigned sync_threads = 32;
    Limits limits;
    /// Connections that may wait for accept(): a burst of thousands arrives faster than any loop takes them. The system caps it
    /// (net.core.somaxconn).
    int backlog = 4096;
    Duration accept_pause{};  ///< above 0: so long nothing is accepted after what waited was, as by a loop that is busy
    /// Above 0: so often, and so long after the start for the first time, everything stops for `stall_length`: nothing is accepted,
    /// read, computed or answered, as in a process that collects garbage or swaps. Signals wait, too. Only the thread that
    /// thread-sensitive views share goes on: it may belong to other servers as well.
    Duration stall_every{};
    Duration stall_length = std::chrono::seconds(1);
    std::function<void(const AccessRecord&)> on_access;  ///< called on the loop
    /// What went wrong inside (an exception of a view, a descriptor that could not be had). The outside is only told "500".
    /// Called on the loop. May hold bytes from outside.
    std::function<void(std::string_view)> on_error;
    /// What is not wrong but good to know: a synchronous middleware that forces a thread. Called where the server is made.
    std::function<void(std::string_view)> on_notice;
};

/// An HTTP/1.1 server. Sources: RFC 9110, RFC 9112.
/// Keep-alive, pipelining (answers in order), chunked bodies both ways, Expect: 100-continue. A client that goes away, or closes its
/// sending side, while an asynchronous view runs cancels that view. Refused: 400, 408, 413, 417, 431, 501, 503, 505.
/// Thread safety: none; every call on the thread that runs the executor. Views run where Kind says.
/// Lifetime: must outlive serve().
class Server {
public:
    Server(boost::asio::any_io_executor executor, view::Routes routes, Options options);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// Opens the port; from then on clients can connect, and wait until serve() runs.
    /// Errors: Condition::resolve, or the system's (in use, not permitted, no such address), with words in `why`.
    [[nodiscard]] error_code listen(Diagnostics& why);
    /// The port that is listened on; 0 before listen().
    [[nodiscard]] std::uint16_t local_port() const noexcept;

    /// Answers until it is cancelled; then closes the port, lets what runs finish for Limits::drain, cancels the rest, and returns
    /// normally when every session and worker thread has ended. A synchronous view cannot be cancelled: it is waited for.
    boost::asio::awaitable<void> serve();

    /// Connections now.
    [[nodiscard]] std::size_t connections() const noexcept;
    /// Connections that are allowed: the limit asked for, or what the descriptor limit leaves.
    [[nodiscard]] std::size_t connection_limit() const noexcept;
    /// Those of the next request. Good until set_routes().
    [[nodiscard]] const view::Routes& routes() const noexcept;
    /// Answers later requests by other routes. One that has begun ends with those that it began with, and these live until then.
    /// For counts that go on, make the new ones with the gauge of the old: `view::Routes(server.routes().gauge())`.
    void set_routes(view::Routes routes);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// `listening on http://HOST:PORT (kind)`, with the end of the line.
[[nodiscard]] std::string listening_line(const std::string& host, std::uint16_t port, const Kind& kind);

/// A whole program: serves on a loop of its own until SIGINT or SIGTERM. Prints listening_line() on standard output as soon as clients can
/// connect, unless connections come from another process, whose line it is; errors and notices, where Options has no place for them, go to standard error. Raises the
/// descriptor limit. Blocks the calling thread.
/// @param beside  a coroutine that runs beside the server on its loop: started when the port is open, cancelled and awaited at the end.
/// @param after  called when nothing is served any more, on this thread: whatever else still holds on to requests, such as a thread that they
/// have asked something, has to let go of them before it returns, since the loop that they belong to ends then. Must not throw.
/// @return an exit code: 0 after a signal, 3 when it cannot listen.
int run(view::Routes routes, Options options = {}, std::function<boost::asio::awaitable<void>(Server&)> beside = {},
        std::function<void()> after = {});

}  // namespace volley::server
