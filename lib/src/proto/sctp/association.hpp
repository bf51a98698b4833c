// SCTP associations over DTLS as bytes in and bytes out, whatever library is behind them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"

#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley::proto::sctp {

/// What an association is told before it begins. Nothing that a peer says makes it keep more than these numbers allow.
struct AssociationConfig {
    std::uint16_t local_port = 5000;   ///< `a=sctp-port` of our description
    std::uint16_t remote_port = 5000;  ///< of the peer's
    /// `a=max-message-size` of the peer's description (RFC 8841 section 6.1); 0: any size, which is as much as send_buffer takes.
    std::size_t max_send_message = 65'536;
    std::size_t max_receive_message = 262'144;  ///< of ours; a peer that sends more is cut off
    /// Of one packet, SCTP's header counted: what is left of 1,200 bytes behind IPv6, UDP, a TURN channel and DTLS' worst cipher.
    std::size_t max_packet_bytes = 1084;
    std::uint16_t outgoing_streams = 128;       ///< at first; more are asked for when they are needed
    std::uint16_t max_outgoing_streams = 1024;  //
    std::uint16_t incoming_streams = 256;       ///< at most: each costs memory from the beginning, where the peer wants it
    std::size_t send_buffer = 1 << 20;          ///< bytes that were accepted and not acknowledged
    std::size_t receive_buffer = 1 << 20;       ///< bytes that were received and not polled; then the peer is told to wait
    Duration connect_timeout = std::chrono::seconds(30);
};

/// Source: RFC 3758, RFC 8831 section 6.6. At most one of the two limits.
struct Reliability {
    bool ordered = true;
    std::optional<std::uint16_t> max_retransmits = std::nullopt;
    std::optional<Duration> max_lifetime = std::nullopt;  ///< in whole milliseconds, at least one
};

enum class Errc {
    would_block = 1,    ///< nothing was taken; Event::Kind::writable follows
    not_open,           ///< not yet
    closed,             ///< no longer
    message_too_large,  ///< Condition::too_large: over max_send_message or the send buffer
    message_empty,      ///< SCTP has no empty messages; RFC 8831 section 6.6 has PPIDs for them
    no_such_stream,     ///< over max_outgoing_streams, or more than the peer takes
    connect_timed_out,  ///< Condition::timeout
    aborted_by_peer,    ///< Condition::reset
    path_lost,          ///< Condition::timeout: data was sent again and again, and never acknowledged
    peer_restarted,     ///< Condition::reset
    peer_too_large,     ///< Condition::too_large: a message over max_receive_message
    exhausted,          ///< Condition::exhausted: no port, no memory
};
[[nodiscard]] const boost::system::error_category& category() noexcept;
inline error_code make_error_code(Errc e) noexcept { return {static_cast<int>(e), category()}; }

/// What happened, oldest first.
struct Event {
    enum class Kind : std::uint8_t {
        up,             ///< the association stands
        message,        ///< `data` came on `stream` with `ppid`
        reset_by_peer,  ///< the peer has ended its side of `stream`; numbers begin anew
        reset_done,     ///< our side of `stream` is ended; it may be used anew
        reset_refused,  ///< the peer would not, or cannot
        writable,       ///< buffered() has fallen to the low threshold, or a stream that was waited for is there
        closed,         ///< shut down by either side, or abort() was called; the last event
        failed          ///< `error` and `reason` say why; the last event
    };
    Kind kind = Kind::up;
    std::uint16_t stream = 0;
    std::uint32_t ppid = 0;
    Bytes data;
    error_code error;
    std::string reason;  ///< for a person; nothing of the peer's
};

enum class State : std::uint8_t { connecting, open, closing, closed, failed };

/// One SCTP association (RFC 9260) inside a DTLS association (RFC 8261): one path, no addresses. Both sides connect (RFC 8841 section 9.3),
/// so it is connecting as soon as it is there, and a peer's INIT cannot come too early for it. What came before it was made is the
/// caller's to keep and hand in.
/// After each call: poll_packet() and poll_event() until they have nothing, and next_timeout() anew. Timers are the stack's: see there.
///
/// Packets that are not its own, or damaged, are dropped. The peer is whom DTLS let through, and still bounded in all that it can make
/// this side keep: see AssociationConfig. No heartbeats are sent, since ICE asks for consent (RFC 7675) and knows more.
/// Throws: nothing but std::bad_alloc, for any input. Thread safety: the stack's thread only. Lifetime: not longer than its stack.
class Association {
public:
    Association() = default;
    Association(const Association&) = delete;
    Association& operator=(const Association&) = delete;
    virtual ~Association() = default;  ///< says nothing to the peer: call abort() or shutdown() for that

    /// One packet out of DTLS, of any size and content.
    virtual void handle_packet(TimePoint now, BytesView packet) = 0;
    virtual void handle_timeout(TimePoint now) = 0;
    /// Of what is this association's alone: the limit on connecting, and one on sending nothing while data waits.
    [[nodiscard]] virtual std::optional<TimePoint> next_timeout() const = 0;

    /// Takes one message whole, or nothing of it. Errors: would_block, not_open, closed, message_too_large, message_empty, no_such_stream.
    [[nodiscard]] virtual error_code send(TimePoint now, std::uint16_t stream, std::uint32_t ppid, BytesView data,
                                          const Reliability& reliability) = 0;
    /// Ends our side of a stream, once what was sent on it has been delivered (RFC 6525); until reset_done nothing can be sent there.
    /// Errors: not_open, closed, no_such_stream.
    [[nodiscard]] virtual error_code reset(TimePoint now, std::uint16_t stream) = 0;

    /// Bytes that were accepted and that the peer has not acknowledged, some headers counted; about send_buffer at most.
    [[nodiscard]] virtual std::size_t buffered() const = 0;
    /// For Event::Kind::writable; half the send buffer at first.
    virtual void set_low_threshold(std::size_t bytes) = 0;

    /// Ends it once everything is delivered: closed follows.
    virtual void shutdown(TimePoint now) = 0;
    /// Ends it now; the packet that tells the peer is left for poll_packet().
    virtual void abort(TimePoint now) = 0;

    [[nodiscard]] virtual std::optional<Bytes> poll_packet() = 0;
    [[nodiscard]] virtual std::optional<Event> poll_event() = 0;
    [[nodiscard]] virtual State state() const noexcept = 0;
};

/// Where associations come from, and what drives their common timers: one for a process.
class Stack {
public:
    Stack() = default;
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    virtual ~Stack() = default;

    /// Begins to connect. @param tag  the caller's name for it, given back by poll_ready(). Throws std::bad_alloc. An association that
    /// cannot be made is one that has failed.
    [[nodiscard]] virtual std::unique_ptr<Association> connect(TimePoint now, const AssociationConfig& config,
                                                               std::uint64_t tag) = 0;

    /// Lets the timers of all associations run. Afterwards poll_ready().
    virtual void handle_timeout(TimePoint now) = 0;
    /// Nothing while there is no association.
    [[nodiscard]] virtual std::optional<TimePoint> next_timeout() const = 0;
    /// The tag of an association that has packets or events since handle_timeout().
    [[nodiscard]] virtual std::optional<std::uint64_t> poll_ready() = 0;
    [[nodiscard]] virtual std::size_t associations() const noexcept = 0;
};

}  // namespace volley::proto::sctp

template <>
struct boost::system::is_error_code_enum<volley::proto::sctp::Errc> : std::true_type {};
