#include "client/http1_connection.hpp"

#include <algorithm>
#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

#include <openssl/err.h>

namespace volley::client {
namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

namespace {

error_code last_error() { return {errno, boost::system::system_category()}; }
const error_code would_block{EAGAIN, boost::system::system_category()};
/// So much of one answer is read before others get their turn.
constexpr int reads_in_a_row = 4;
/// Longer answers do not come in one piece often.
constexpr std::size_t largest_seen = 16UL * 1024;

}  // namespace

Http1Surroundings::Http1Surroundings(asio::any_io_executor on, Target to)
    : executor(std::move(on)),
      target(std::move(to)),
      deadlines(executor),
      readiness(executor),
      read_buffer(new char[http1_read_size]) {
    if (target.scheme == "https") tls = std::make_unique<TlsClient>(target);
}

void Http1Connection::on_ready(std::uint32_t events) {
    constexpr std::uint32_t over = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    const Http1ConnectionPtr self(this);
    if (state_ == State::opening) {
        on_connect_event();
    } else if (state_ == State::handshake) {
        do_handshake();
        // What came behind the handshake lies in OpenSSL's buffer now, and the kernel will not tell of it.
        events |= EPOLLIN;
    } else if (state_ == State::busy && (events & (EPOLLOUT | over)) != 0 && has_unsent()) {
        send();
    }
    // An event is told once: what came together with the end of the opening is looked at now or never.
    if (state_ == State::busy) {
        if ((events & over) != 0) peer_ended_ = true;
        if ((events & (EPOLLIN | over)) != 0) read();
    } else if (state_ == State::idle && (events & (EPOLLIN | over)) != 0) {
        on_idle_readable();
    }
}

// --- opening ----------------------------------------------------------------------------------------------------------

Http1Connection::Http1Connection(Http1Surroundings& around, Owner& owner, std::uint32_t id)
    : around_(around), owner_(&owner), id_(id) {}

Http1Connection::~Http1Connection() { close_socket(); }

void Http1Connection::close_socket() noexcept {
    if (socket_ < 0) return;
    if (ssl_) {
        // Says that nothing was cut (RFC 8446 section 6.1). OpenSSL takes a session for broken whose connection ends without that.
        if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
        ERR_clear_error();
        ssl_.reset();
    }
    around_.readiness.remove(socket_, *this);
    ::close(socket_);
    socket_ = -1;
}

// Out of line: inlined twice into one function, the second looks to the compiler as if it came after the deletion by the first.
[[gnu::noinline]] void intrusive_ptr_release(Http1Connection* connection) noexcept {
    if (--connection->references_ == 0) delete connection;
}

void Http1Connection::open_until(TimePoint deadline) {
    deadline_ = deadline;
    around_.deadlines.arm(*this, deadline);
}

void Http1Connection::connect(std::shared_ptr<const Endpoints> endpoints) {
    if (state_ != State::opening) return;  // given up while the others that waited for the same addresses were told
    endpoints_ = std::move(endpoints);
    next_endpoint_ = 0;
    resolved = Clock::now();
    try_next_endpoint(NetErrc::not_resolved);
}

void Http1Connection::try_next_endpoint(error_code last) {
    for (; next_endpoint_ < endpoints_->size(); ++next_endpoint_) {
        last = begin_connect((*endpoints_)[next_endpoint_]);
        if (!last) return arm_attempt();
    }
    opened(last);
}

/// An address that never answers must not take the time of those behind it.
void Http1Connection::arm_attempt() {
    const auto left = static_cast<std::int64_t>(endpoints_->size() - next_endpoint_);
    if (left == 1) return around_.deadlines.arm(*this, deadline_);
    const TimePoint now = Clock::now();
    around_.deadlines.arm(*this, now + (deadline_ - now) / left);
}

error_code Http1Connection::begin_connect(const Tcp::endpoint& to) {
    const bool v4_loopback = to.address().is_v4() && to.address().is_loopback();
    for (;;) {
        close_socket();
        socket_ = ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (socket_ < 0) return last_error();
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (v4_loopback && around_.source > 0) {
            // The port is chosen at connect(), so that one port serves as many peers as there are (IP_BIND_ADDRESS_NO_PORT, ip(7)).
            ::setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
            const Tcp::endpoint from(asio::ip::address_v4(0x7f000001U + around_.source), 0);
            if (::bind(socket_, from.data(), static_cast<socklen_t>(from.size())) != 0) return last_error();
        }
        // Not before: a socket that is not even connecting counts as hung up.
        if (::connect(socket_, to.data(), static_cast<socklen_t>(to.size())) == 0 || errno == EINPROGRESS)
            return around_.readiness.add(socket_, *this);
        const error_code error = last_error();
        // Out of ports from this address: all of 127.0.0.0/8 is ours to connect from.
        constexpr unsigned last_source = 250;
        if (error.value() != EADDRNOTAVAIL || !v4_loopback) return error;
        if (around_.source >= last_source) {
            around_.source = 0;  // by the next time ports of the first may be free again
            return error;
        }
        ++around_.source;
    }
}

void Http1Connection::on_connect_event() {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) {
        sockaddr_storage peer{};
        socklen_t peer_size = sizeof peer;
        if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) {
            if (errno == ENOTCONN) return;  // not yet
            error = errno;
        }
    }
    if (error != 0) {
        ++next_endpoint_;
        return try_next_endpoint({error, boost::system::system_category()});
    }
    tcp = Clock::now();
    if (around_.tls == nullptr) return opened({});
    around_.deadlines.arm(*this, deadline_);
    ssl_ = around_.tls->begin(socket_);
    if (!ssl_) return opened(NetErrc::tls_failed);
    state_ = State::handshake;
    do_handshake();
}

void Http1Connection::do_handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return opened({});
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            return;
        default:
            why.message = TlsClient::explain(ssl_.get());
            return opened(NetErrc::tls_failed);
    }
}

void Http1Connection::opened(error_code error) {
    const Http1ConnectionPtr self(this);
    around_.deadlines.disarm(*this);
    if (error) {
        close();
    } else {
        state_ = State::idle;
        reusable_ = true;
        ++around_.opened;
    }
    owner_->on_connected(*this, error);
    endpoints_.reset();
}

void Http1Connection::fail_to_open(error_code error) {
    if (state_ == State::opening || state_ == State::handshake) opened(error);
}

void Http1Connection::close() {
    if (state_ == State::closed) return;
    state_ = State::closed;
    reusable_ = false;
    call_ = nullptr;
    around_.deadlines.disarm(*this);
    close_socket();
}

void Http1Connection::on_deadline() {
    if (state_ == State::busy) return finish(NetErrc::timed_out);
    if (state_ == State::closed || state_ == State::idle) return;
    // While there are addresses left the time that was up is this one's alone.
    const bool more = state_ == State::opening && endpoints_ && next_endpoint_ + 1 < endpoints_->size();
    if (!more || Clock::now() >= deadline_) return opened(NetErrc::timed_out);
    ++next_endpoint_;
    try_next_endpoint(NetErrc::timed_out);
}

void Http1Connection::cancel() {
    if (state_ == State::busy)
        finish(NetErrc::cancelled);
    else if (state_ == State::opening || state_ == State::handshake)
        opened(NetErrc::cancelled);
}

// --- the socket, plain or TLS -----------------------------------------------------------------------------------------

std::size_t Http1Connection::tls_result(int result, error_code& error) {
    if (result > 0) return static_cast<std::size_t>(result);
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            error = would_block;
            return 0;
        case SSL_ERROR_ZERO_RETURN:
            return 0;
        case SSL_ERROR_SYSCALL:
            error = errno != 0 ? last_error() : error_code(NetErrc::reset);
            return 0;
        default:
            // TLS that ends without close_notify may have been cut by anybody (RFC 9112 section 9.8).
            error = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? error_code(NetErrc::reset)
                                                                                                : error_code(NetErrc::tls_failed);
            return 0;
    }
}

std::size_t Http1Connection::receive(error_code& error) {
    if (ssl_) {
        ERR_clear_error();
        return tls_result(SSL_read(ssl_.get(), around_.read_buffer.get(), static_cast<int>(http1_read_size)), error);
    }
    for (;;) {
        const auto n = ::recv(socket_, around_.read_buffer.get(), http1_read_size, 0);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno == EINTR) continue;
        error = last_error();
        return 0;
    }
}

std::size_t Http1Connection::transmit(std::string_view head, std::string_view body, error_code& error) {
    if (ssl_) {
        ERR_clear_error();
        const auto& part = head.empty() ? body : head;
        constexpr std::size_t most = 1U << 30U;
        return tls_result(SSL_write(ssl_.get(), part.data(), static_cast<int>(std::min(part.size(), most))), error);
    }
    if (body.empty()) {
        for (;;) {
            const auto n = ::send(socket_, head.data(), head.size(), MSG_NOSIGNAL);
            if (n >= 0) return static_cast<std::size_t>(n);
            if (errno == EINTR) continue;
            error = last_error();
            return 0;
        }
    }
    std::array<iovec, 2> parts{{{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    for (;;) {
        const auto n = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno == EINTR) continue;
        error = last_error();
        return 0;
    }
}

/// Whether the peer has said more than was read, where it can be known without asking the kernel each time: only a read that was full has
/// left something there, which is not told of again. OpenSSL may also hold more than it has given out: the peer's words, or what TLS sends
/// itself, session tickets above all.
bool Http1Connection::holds_more(std::size_t last_read) {
    if (ssl_ ? SSL_has_pending(ssl_.get()) == 0 && !TlsClient::read_was_full(ssl_.get()) : last_read < http1_read_size)
        return false;
    error_code error;
    return receive(error) > 0 || error != would_block;
}

// --- an exchange ------------------------------------------------------------------------------------------------------

void Http1Connection::arm_deadline() {
    TimePoint when = deadline_;
    if (around_.target.idle_timeout > Duration::zero()) when = std::min(when, Clock::now() + around_.target.idle_timeout);
    around_.deadlines.arm(*this, when);
}

void Http1Connection::exchange(Call& call, TimePoint now) {
    call_ = &call;
    call.connection_ = this;
    ++requests_;
    reusable_ = false;
    state_ = State::busy;
    write_error_.clear();
    deadline_ = call.deadline;
    arm_deadline();

    const RequestBytes request = call.bytes();
    const auto& target = around_.target;
    to_head_ = request.to_head;
    parser_.start(to_head_, {target.max_header_bytes, std::min<std::uint64_t>(target.max_body_bytes, call.longest_body())});
    call.sample.connection = id_;
    if (!call.sample.repeated) call.sample.sent = now;

    std::string_view head = request.head;
    std::string_view body = request.body;
    error_code error;
    std::size_t n = 0;
    do {  // with TLS head and body are records of their own
        n = transmit(head, body, error);
        const auto of_head = std::min(n, head.size());
        head.remove_prefix(of_head);
        body.remove_prefix(n - of_head);
    } while (n > 0 && ssl_ && !(head.empty() && body.empty()));
    if (error && error != would_block) {
        write_error_ = error;
    } else if (!head.empty() || !body.empty()) {
        unsent_head_ = head;
        unsent_body_ = body;
    }
}

void Http1Connection::send() {
    error_code error;
    while (has_unsent() && !error) {
        const std::size_t n = transmit(unsent_head_, unsent_body_, error);
        const auto of_head = std::min(n, unsent_head_.size());
        unsent_head_.erase(0, of_head);
        unsent_body_.remove_prefix(n - of_head);
    }
    if (!error || error == would_block) return;
    // A server may refuse a request before it has read all of it (413, 431): its answer says more than our EPIPE.
    write_error_ = error;
    unsent_head_.clear();
    unsent_body_ = {};
}

void Http1Connection::read() {
    const std::uint32_t request = requests_;
    for (int reads = 1;; ++reads) {
        error_code error;
        const std::size_t n = receive(error);
        if (error == would_block) return;
        if (n == 0) return on_end(error);
        const TimePoint now = Clock::now();
        take(n, now);
        if (state_ != State::busy || requests_ != request) return;
        // A peer that sends without pause keeps the loop from its timers: the clock is looked at here too.
        if (now >= deadline_) return finish(NetErrc::timed_out);
        if (around_.target.idle_timeout > Duration::zero()) arm_deadline();
        // Less than there was room for: the socket is empty (epoll(7)), but the end of the stream may lie in it. OpenSSL reads for itself.
        if (peer_ended_) continue;
        if (!ssl_ && n < http1_read_size) return;
        if (reads == reads_in_a_row) break;
    }
    asio::post(around_.executor, [self = Http1ConnectionPtr(this), request] {
        if (self->state_ == State::busy && self->requests_ == request) self->read();
    });
}

void Http1Connection::take(std::size_t n, TimePoint now) {
    using Event = proto::http::ResponseParser::Event;
    Call* const call = call_;
    auto& sample = call->sample;
    const bool fresh = sample.first_byte == TimePoint{};
    if (fresh) sample.first_byte = now;
    sample.bytes += n;
    const std::string_view answer(around_.read_buffer.get(), n);
    if (fresh && call->looks_at_status_only() && around_.seen.is(answer, to_head_)) {
        sample.status = static_cast<std::int16_t>(around_.seen.status());
        return complete(true, n, now);
    }
    std::string_view in = answer;
    std::size_t body = 0;
    for (;;) {
        const auto step = parser_.parse(in);
        in.remove_prefix(step.consumed);
        switch (step.event) {
            case Event::need_more:
                return;
            case Event::interim:
                break;
            case Event::head:
                sample.status = static_cast<std::int16_t>(parser_.status());
                if (!call->on_head(AnswerHead(parser_))) return finish(NetErrc::cancelled);
                if (call_ != call) return;  // cancelled from within
                break;
            case Event::body:
                body += step.body.size();
                if (!call->on_body(step.body)) return finish(NetErrc::cancelled);
                if (call_ != call) return;
                break;
            case Event::done:
                if (fresh && in.empty() && parser_.keep_alive() && parser_.ends_by_length() && n <= largest_seen)
                    around_.seen.keep(answer, n - body, to_head_, parser_.status());
                // Bytes after the answer were not asked for: whatever they are, the connection is not to be used again.
                return complete(parser_.keep_alive() && in.empty(), n, now);
            case Event::error:
                if (parser_.error() == NetErrc::body_too_large)
                    call->why.message = limit_text(std::min<std::uint64_t>(around_.target.max_body_bytes, call->longest_body()));
                return finish(parser_.error());
        }
    }
}

void Http1Connection::complete(bool keeps_open, std::size_t last_read, TimePoint now) {
    reusable_ = keeps_open && !peer_ended_ && !write_error_ && !has_unsent() && !holds_more(last_read);
    call_->sample.done = now;
    finish({});
}

void Http1Connection::on_end(error_code error) {
    const bool begun = call_->sample.first_byte != TimePoint{};
    if (error && error != Condition::reset) return finish(error);
    if (error) return finish(begun ? error_code(NetErrc::truncated_body) : write_error_ ? write_error_ : error);
    const error_code end = parser_.finish();
    if (end && write_error_) return finish(write_error_);
    call_->sample.done = Clock::now();
    finish(end);
}

void Http1Connection::finish(error_code error) {
    Call& call = *call_;
    call_ = nullptr;
    call.connection_ = nullptr;
    around_.deadlines.disarm(*this);
    if (error) {
        reusable_ = false;
        call.sample.done = Clock::now();
    }
    unsent_head_.clear();
    unsent_body_ = {};
    state_ = State::idle;
    const Http1ConnectionPtr self(this);
    if (!reusable_) close();
    owner_->on_finished(*this, call, error);
}

// --- idle -------------------------------------------------------------------------------------------------------------

void Http1Connection::on_idle_readable() {
    error_code error;
    const std::size_t n = receive(error);
    // TLS sends itself what is for itself, session tickets above all.
    if (n == 0 && error == would_block) return;
    close();
    owner_->on_lost(*this);
}

bool Http1Connection::still_quiet() {
    if (state_ != State::idle) return false;
    if (ssl_) {
        error_code error;
        return receive(error) == 0 && error == would_block;
    }
    char byte = 0;
    const auto n = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace volley::client
