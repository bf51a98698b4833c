// A client of one TURN server: an address there that others can send to. Source: RFC 8656; long-term credentials of RFC 8489 section 9.2.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "proto/stun/message.hpp"
#include "proto/stun/retransmission.hpp"

namespace volley::proto::turn {

struct ClientConfig {
    std::string username;
    std::string password;
    /// TCP or TLS to the server: nothing is sent twice, channel data is padded. What comes in goes through a StreamFramer first.
    bool over_stream = false;
    std::uint8_t family = stun::family_v4;  ///< of the relayed address
    Duration lifetime = std::chrono::seconds(600);
    stun::RetransmissionPlan retransmission;
};

/// Why there is no allocation (any longer).
struct Failure {
    int code = 0;        ///< of the server's answer; 0: it did not answer, or what it answered makes no sense
    std::string reason;  ///< ours, or for a code the server's: escape before it is shown
};

/// Allocates, keeps the allocation, permissions and channels alive, and moves data. Pure: bytes and `now` in, bytes and a deadline out.
/// After each call, take everything that poll_transmit() has and look at next_timeout().
/// Bounded: at most most_peers addresses, most_waiting datagrams for each that waits for its permission, most_requests without an answer,
/// most_queued frames to send.
/// Not done: TRY-ALTERNATE (reported as a failure), EVEN-PORT, DONT-FRAGMENT, more than one address for one allocation.
/// Thread safety: as a plain value; the source of random numbers must outlive it.
class Client {
public:
    enum class State {
        idle,
        allocating,
        allocated,
        closing,  ///< the server is asked to let go
        closed,
        failed,
    };
    static constexpr std::size_t most_peers = 64;
    static constexpr std::size_t most_waiting = 16;
    static constexpr std::size_t most_requests = 128;
    static constexpr std::size_t most_queued = 256;

    /// Data of a peer. Borrowed from the frame that brought it.
    struct PeerData {
        Endpoint peer;
        BytesView data;
    };

    Client(ClientConfig config, RandomSource& random);

    void start(TimePoint now);
    /// Lets go of the allocation. Closed at once if there is none, else when the server has answered or is not going to.
    void close(TimePoint now);

    /// One datagram, or frame of the stream, from the server. Whatever is not a message for us is passed over.
    [[nodiscard]] std::optional<PeerData> handle_input(TimePoint now, BytesView frame);
    void handle_timeout(TimePoint now);
    /// The stream to the server ended, or never began.
    void handle_disconnect(std::string_view reason);
    [[nodiscard]] std::optional<Bytes> poll_transmit();
    [[nodiscard]] std::optional<TimePoint> next_timeout() const noexcept;

    /// Sends to a peer, asking the server for permission first where that is missing. False: there is no allocation, the server has refused
    /// this peer, or too much waits already; the datagram is lost then.
    bool send(TimePoint now, const Endpoint& peer, BytesView data);
    /// From now on data for this peer travels with 4 bytes around it instead of 36 or more. For the peer that is talked to; harmless twice.
    void bind_channel(TimePoint now, const Endpoint& peer);

    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] const Endpoint& relayed() const noexcept { return relayed_; }  ///< where peers send to; once allocated
    /// Our address as the server sees it; nothing if it did not say.
    [[nodiscard]] const std::optional<Endpoint>& mapped() const noexcept { return mapped_; }
    [[nodiscard]] const Failure& failure() const noexcept { return failure_; }
    /// The server has said that it takes nothing for this address from us.
    [[nodiscard]] bool refused(const IpAddress& peer) const noexcept;

private:
    enum class Kind : std::uint8_t { allocate, refresh, create_permission, channel_bind };
    struct Request {
        Kind kind;
        stun::TransactionId id;
        Endpoint peer;
        Bytes bytes;
        stun::Retransmission timer;
        bool authenticated;
        int stale_nonces;
    };
    struct Peer {
        IpAddress address;
        TimePoint granted_until{};
        TimePoint renew_at{};
        TimePoint used{};
        bool granted = false;
        bool refused = false;
        std::deque<std::pair<Endpoint, Bytes>> waiting;
    };
    struct Channel {
        Endpoint peer;
        std::uint16_t number;
        TimePoint bound_until{};
        TimePoint renew_at{};
        bool bound = false;
    };
    struct Session {  // what 401 told
        std::string realm;
        std::string nonce;
        Bytes key;
        std::uint16_t algorithm = 0;  // 0: the server names none, MD5 and MESSAGE-INTEGRITY as ever
        Bytes algorithms;             // PASSWORD-ALGORITHMS, which is sent back
    };

    void request(TimePoint now, Kind kind, const Endpoint& peer, int stale_nonces = 0);
    [[nodiscard]] Bytes build(Kind kind, const stun::TransactionId& id, const Endpoint& peer) const;
    void handle_success(TimePoint now, const Request& request, const stun::MessageView& answer);
    void handle_error(TimePoint now, const Request& request, const stun::MessageView& answer);
    [[nodiscard]] bool take_challenge(const stun::MessageView& answer);
    void give_up(const Request& request, Failure why);
    void fail(Failure why);
    void transmit(TimePoint now, Bytes bytes);
    void transmit_data(TimePoint now, const Endpoint& peer, BytesView data);
    [[nodiscard]] bool is_asked(Kind kind, const Endpoint& peer) const noexcept;
    [[nodiscard]] Peer* find_peer(const IpAddress& address) noexcept;
    [[nodiscard]] Peer& peer_for(TimePoint now, const IpAddress& address);
    [[nodiscard]] Channel* find_channel(const Endpoint& peer) noexcept;

    ClientConfig config_;
    RandomSource& random_;
    State state_ = State::idle;
    Failure failure_;
    Endpoint relayed_;
    std::optional<Endpoint> mapped_;
    std::optional<Session> session_;
    std::vector<Request> requests_;
    std::vector<Peer> peers_;
    std::vector<Channel> channels_;
    std::uint16_t next_channel_;
    std::deque<Bytes> out_;
    TimePoint refresh_at_{};
    TimePoint expires_{};
    TimePoint keepalive_at_{};
};

}  // namespace volley::proto::turn
