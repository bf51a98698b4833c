// Calls that others begin: one UDP port for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/error.hpp>
#include <volley/time.hpp>

#include "base/endpoint.hpp"
#include "call/call_ledger.hpp"
#include "call/loop.hpp"
#include "proto/sdp/fragment.hpp"
#include "webrtc/peer.hpp"

namespace volley::call {

struct ServerPortConfig {
    /// 0.0.0.0 and :: stand for all addresses of the machine; port 0 for any.
    Endpoint bind;
    /// What candidates say instead of the addresses that the socket has: for a server behind a one-to-one NAT. Without them a port on all
    /// addresses tells those of this machine, the loopback ones where the offer comes from one, or there are no others. Which of ours stands
    /// behind which of them need not be known: answers leave from the address that the question came to.
    std::vector<IpAddress> advertised;
    /// A port on a loopback address can be reached at all addresses of this machine, though from this machine alone, and tells those that are
    /// not loopback ones behind its own. For browsers that make no call to a loopback address, as Firefox. Not with `advertised`.
    /// Where another socket has the port at one of those addresses, it stays at its own alone.
    bool whole_machine = false;
    /// Of each call. STUN and TURN servers in it are not asked: they would have to be one for each call, and `advertised` says what they would.
    webrtc::PeerConfig peer;
    CallLedger::Limits limits;
    /// Where calls are counted, those of other processes too, instead of `limits`; nothing: those of this port alone are.
    std::shared_ptr<CallLedger> ledger{};
    unsigned process = 0;  ///< which of them this is
    /// A connected call on which no message, no channel and no media packet has come for so long is hung up. Zero: never. (One that does not
    /// connect ends by PeerConfig::set_up_limit.)
    Duration idle_limit = std::chrono::minutes(10);
};

enum class AcceptErrc {
    too_many_calls = 1,   ///< HTTP 503
    too_many_of_address,  ///< HTTP 429
    bad_offer,            ///< HTTP 400; `error` says what is wrong
    no_such_call,         ///< HTTP 404
};
[[nodiscard]] const boost::system::error_category& accept_category() noexcept;
inline error_code make_error_code(AcceptErrc e) noexcept { return {static_cast<int>(e), accept_category()}; }

/// One call of a ServerPort, for its handler.
class ServerCall {
public:
    ServerCall() = default;
    ServerCall(const ServerCall&) = delete;
    ServerCall& operator=(const ServerCall&) = delete;
    virtual ~ServerCall() = default;

    [[nodiscard]] virtual std::uint64_t id() const noexcept = 0;
    [[nodiscard]] virtual const webrtc::Peer& peer() const noexcept = 0;
    [[nodiscard]] virtual webrtc::Peer& peer() noexcept = 0;  ///< in a handler: what it has to send is sent afterwards
};

/// What a server does with a call.
class CallHandler {
public:
    CallHandler() = default;
    CallHandler(const CallHandler&) = delete;
    CallHandler& operator=(const CallHandler&) = delete;
    virtual ~CallHandler() = default;
    /// May hang up this call and others, and destroys neither port nor loop. @param at  when the datagram was read that brought the event, or
    /// when the timer ran. PeerStateChanged to failed or closed is the last that is heard of a call; then this object goes with it, as it
    /// does where this throws, which goes on to whoever had the call do something.
    virtual void handle(ServerCall& call, TimePoint at, webrtc::PeerEvent& event) = 0;
    /// When handle_timeout() is to be called; asked after everything that this object was told.
    [[nodiscard]] virtual std::optional<TimePoint> next_timeout() const { return std::nullopt; }
    /// The instant has come, or ServerPort::wake() was called. May do what handle() may.
    virtual void handle_timeout(ServerCall& call, TimePoint now) {
        (void)call;
        (void)now;
    }
};

/// Text that begins with `ping` comes back with `pong` in its place, as aiortc's example has it; every other message comes back as it was.
/// What the peer does not take is kept, up to a limit, and then no more is read from it.
[[nodiscard]] std::unique_ptr<CallHandler> make_echo_handler();

/// All on the loop's thread. A call's id is a number that anybody could guess: what signalling hands out should be another.
/// Datagrams go to their call by the user name fragment of a check, by the transaction of an answer, else by where
/// they come from; what belongs to no call is dropped and never answered. When a call ends, for whatever reason, nothing of it stays.
class ServerPort final : public Station {
public:
    struct Accepted {
        std::uint64_t id = 0;
        std::string answer;
        std::string ice_ufrag;  ///< for an ETag
        std::vector<proto::sdp::Refusal> refused;
    };
    struct Failure {
        error_code error;
        SourceError detail;  ///< of AcceptErrc::bad_offer
    };
    struct Counts {
        std::uint64_t accepted = 0;
        std::uint64_t refused = 0;
        std::uint64_t connected = 0;
        std::uint64_t ended = 0;
        std::uint64_t strays = 0;  ///< datagrams of no call
    };
    /// What is kept for calls, beside the calls themselves.
    struct Registries {
        std::size_t calls = 0;
        std::size_t requests = 0;    ///< checks whose answers would be handed on
        std::size_t addresses = 0;   ///< that calls receive from
        std::size_t signallers = 0;  ///< addresses whose calls are counted
        bool operator==(const Registries&) const = default;
    };

    /// Throws boost::system::system_error where the port cannot be opened.
    ServerPort(Loop& loop, ServerPortConfig config);
    ~ServerPort() override;  ///< hangs up all calls; not within a handler

    [[nodiscard]] Endpoint local_endpoint() const;
    /// Of a port that was to be reached at all addresses of this machine: one of the others has another socket there, and it is not.
    [[nodiscard]] bool narrowed() const noexcept;

    /// Answers an offer. @param from  who signals, for the limit per address. @param media  what this call can carry beside data.
    /// Throws std::bad_alloc, boost::system::system_error where the system does not tell its addresses, and what the handler throws; then
    /// there is no call.
    [[nodiscard]] boost::system::result<Accepted, Failure> accept(std::string_view offer, const IpAddress& from,
                                                                  std::unique_ptr<CallHandler> handler,
                                                                  std::vector<proto::sdp::LocalMedia> media = {});
    /// `application/trickle-ice-sdpfrag` for a call. @return see Peer::take_fragment. Errors: no_such_call, bad_offer.
    [[nodiscard]] boost::system::result<std::optional<proto::sdp::Fragment>, Failure> patch(std::uint64_t id,
                                                                                            std::string_view fragment);
    /// Has the call's handler run its timeout now, for what another thread has made for it. @return whether there is such a call.
    bool wake(std::uint64_t id);
    /// Tells the peer. Within a handler of the call it ends once that has returned. @return whether there was such a call.
    bool hang_up(std::uint64_t id);
    void hang_up_all();

    [[nodiscard]] std::size_t calls() const noexcept;
    [[nodiscard]] const Counts& counts() const noexcept;
    [[nodiscard]] Registries registries() const noexcept;

    void take_stack(TimePoint now, std::uint64_t tag) override;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace volley::call

template <>
struct boost::system::is_error_code_enum<volley::call::AcceptErrc> : std::true_type {};
