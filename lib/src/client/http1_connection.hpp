// One HTTP/1.1 connection as a state machine: connects, does TLS, carries one exchange at a time. Callbacks instead of coroutines,
// because thousands of them share one thread and neither memory nor an allocation for each request is to be spared for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <volley/client/transport.hpp>

#include "client/call.hpp"
#include "client/resolve.hpp"
#include "client/tls_client.hpp"
#include "net/deadline_queue.hpp"
#include "net/readiness.hpp"
#include "proto/http/response_parser.hpp"

namespace volley::client {

/// The last whole answer that came in one piece: its head, and how long it was with its body. The next answers to the same question
/// mostly begin with the same bytes, which then mean the same and need not be read again.
class SeenAnswer {
public:
    /// @param answer  all of it, framed by Content-Length or without a body, after which the connection stays.
    void keep(std::string_view answer, std::size_t head_size, bool to_head, int status) {
        head_.assign(answer.substr(0, head_size));
        size_ = answer.size();
        to_head_ = to_head;
        status_ = status;
    }
    [[nodiscard]] bool is(std::string_view answer, bool to_head) const noexcept {
        return answer.size() == size_ && to_head == to_head_ && answer.starts_with(head_);
    }
    [[nodiscard]] int status() const noexcept { return status_; }

private:
    std::string head_;
    std::size_t size_ = 0;
    bool to_head_ = false;
    int status_ = 0;
};

/// What the connections of one thread to one origin share.
struct Http1Surroundings {
    Http1Surroundings(boost::asio::any_io_executor on, Target to);

    boost::asio::any_io_executor executor;
    Target target;
    net::DeadlineQueue deadlines;
    net::Readiness readiness;
    std::unique_ptr<TlsClient> tls;       ///< null for http
    std::unique_ptr<char[]> read_buffer;  ///< used within one event only, so one is enough for all
    SeenAnswer seen;
    /// Idle connections keep waiting for the peer, so that a close is seen at once; keeps the event loop running.
    bool watch_idle = false;
    /// Loopback addresses 127.0.0.x to connect from in turn, once the ports of 127.0.0.1 are used up: 0 means that the kernel chooses.
    unsigned source = 0;
    std::uint64_t opened = 0;  ///< connections that were made
};
constexpr std::size_t http1_read_size = 64UL * 1024;

/// Lives as long as its owner or an operation of its own refers to it: the kernel's side of an operation may come back after the owner
/// has gone. Thread safety: none.
class Http1Connection final : private net::DeadlineQueue::Item, private net::Readiness::Watcher {
public:
    /// Who owns connections and is told of them. May close or drop the connection from within.
    class Owner {
    public:
        virtual void on_connected(Http1Connection& connection, error_code error) = 0;
        /// The exchange of `call` is over; the connection is idle and open when it is reusable().
        virtual void on_finished(Http1Connection& connection, Call& call, error_code error) = 0;
        /// An idle connection was closed by the peer, or the peer spoke without being asked. It is closed now.
        virtual void on_lost(Http1Connection& connection) = 0;

    protected:
        ~Owner() = default;
    };

    Http1Connection(Http1Surroundings& around, Owner& owner, std::uint32_t id);
    ~Http1Connection();

    /// Sets the deadline of what follows until connected; connect() may come later, once there are addresses.
    void open_until(TimePoint deadline);
    /// Tries the endpoints in turn, each for its share of the time that is left, then TLS; then Owner::on_connected.
    /// @param endpoints  at least one.
    void connect(std::shared_ptr<const Endpoints> endpoints);
    /// Gives up before it is connected: Owner::on_connected with `error`.
    void fail_to_open(error_code error);

    /// Sends a request and reads its answer; then Owner::on_finished. Only when connected and idle.
    /// @param now  the instant of the first byte.
    void exchange(Call& call, TimePoint now);
    /// Ends the exchange, or the connect for it, with NetErrc::cancelled.
    void cancel();
    /// Closes it; nothing more is told of it.
    void close();

    [[nodiscard]] bool reusable() const noexcept { return reusable_; }
    /// False when the peer has closed it, or sent something unasked, while it was idle. Only needed where idle ones are not watched.
    [[nodiscard]] bool still_quiet();
    [[nodiscard]] std::uint32_t requests() const noexcept { return requests_; }
    [[nodiscard]] std::uint32_t id() const noexcept { return id_; }

    /// Those given to connect(), until Owner::on_connected has returned.
    [[nodiscard]] const std::shared_ptr<const Endpoints>& endpoints() const noexcept { return endpoints_; }
    /// The one that answered, as an index into them.
    [[nodiscard]] std::size_t used_endpoint() const noexcept { return next_endpoint_; }
    /// For the owner: the call that it was opened for, its place among all and among the idle ones.
    Call* waiting_call = nullptr;
    std::size_t place = 0;
    boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> idle_hook;
    TimePoint asked, resolved, tcp;  ///< instants of its opening
    Diagnostics why;

private:
    enum class State : std::uint8_t { opening, handshake, idle, busy, closed };

    friend void intrusive_ptr_add_ref(Http1Connection* connection) noexcept { ++connection->references_; }
    friend void intrusive_ptr_release(Http1Connection* connection) noexcept;

    void on_deadline() override;
    void on_ready(std::uint32_t events) override;
    void close_socket() noexcept;
    [[nodiscard]] bool has_unsent() const noexcept { return !unsent_head_.empty() || !unsent_body_.empty(); }
    void try_next_endpoint(error_code last);
    void arm_attempt();
    error_code begin_connect(const boost::asio::ip::tcp::endpoint& to);
    void on_connect_event();
    void do_handshake();
    void opened(error_code error);

    void arm_deadline();
    void send();
    void read();
    void take(std::size_t n, TimePoint now);
    void complete(bool keeps_open, std::size_t last_read, TimePoint now);
    void on_end(error_code error);
    void on_idle_readable();
    void finish(error_code error);
    /// As read(2) and writev(2): the count, 0 at the end of the stream; errors other than would_block in `error`.
    std::size_t receive(error_code& error);
    std::size_t transmit(std::string_view head, std::string_view body, error_code& error);
    [[nodiscard]] bool holds_more(std::size_t last_read);
    std::size_t tls_result(int result, error_code& error);

    Http1Surroundings& around_;
    Owner* owner_;
    SslPtr ssl_;
    proto::http::ResponseParser parser_;
    Call* call_ = nullptr;
    std::shared_ptr<const Endpoints> endpoints_;
    std::size_t next_endpoint_ = 0;
    std::string unsent_head_;
    std::string_view unsent_body_;
    TimePoint deadline_ = TimePoint::max();
    error_code write_error_;
    int socket_ = -1;
    std::uint32_t id_;
    std::uint32_t requests_ = 0;
    std::uint32_t references_ = 0;
    State state_ = State::opening;
    bool reusable_ = false;
    bool to_head_ = false;
    bool peer_ended_ = false;  ///< it will send nothing more than what has arrived
};
using Http1ConnectionPtr = boost::intrusive_ptr<Http1Connection>;

}  // namespace volley::client
