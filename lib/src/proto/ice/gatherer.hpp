// Our own candidates: those of the host, and those that STUN and TURN servers give. Source: RFC 8445 section 5.1.1.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "proto/ice/candidate.hpp"
#include "proto/stun/retransmission.hpp"
#include "proto/turn/client.hpp"

namespace volley::proto::ice {

enum class Protocol : std::uint8_t { udp, tcp };

/// What came in. For Protocol::tcp: one frame of a turn::StreamFramer, `remote` being the TURN server and `local` nothing.
struct Datagram {
    Protocol protocol = Protocol::udp;
    Endpoint local;  ///< the host candidate's address that it came to
    Endpoint remote;
    BytesView bytes;
};

/// What is to be sent: from the host candidate `local`; for Protocol::tcp through the stream to the TURN server `remote`, which the driver
/// opens when the first bytes are for it.
struct Transmit {
    Protocol protocol = Protocol::udp;
    Endpoint local;
    Endpoint remote;
    Bytes bytes;
};

struct TurnServer {
    Endpoint endpoint;
    Protocol protocol = Protocol::udp;  ///< of the way to the server; the relayed side is UDP always. TLS is the driver's matter.
    std::string username;
    std::string password;
    std::uint8_t family = stun::family_v4;  ///< of the relayed address
};

struct GathererConfig {
    std::vector<Endpoint> stun_servers;
    std::vector<TurnServer> turn_servers;
    /// After that, gathering is called done even if servers have not answered. What they answer later is still used, but not signalled.
    Duration patience = std::chrono::milliseconds(2500);
    stun::RetransmissionPlan retransmission;
};

/// Where checks leave from: an address of the host, or one at a TURN server.
struct Base {
    Endpoint endpoint;
    std::optional<std::size_t> turn;  ///< index of the TURN client; nothing for an address of the host
    std::uint16_t local_preference = 0;
};

/// A candidate of ours and the base that it stands for.
struct LocalCandidate {
    Candidate candidate;
    std::size_t base = 0;
};

/// Asks every STUN server from every base that may reach it, and each TURN server from one. Not paced: the requests are few (deviation from
/// RFC 8445 section 14.2). Pure. Thread safety: as a plain value; the source of random numbers must outlive it.
class Gatherer {
public:
    static constexpr std::size_t most_hosts = 32;
    static constexpr std::size_t most_queries = 32;

    struct Input {
        bool consumed = false;  ///< it was a server's, and is dealt with
        /// Data that a TURN server passes on.
        std::optional<std::size_t> relayed_base;
        Endpoint peer;
        BytesView data;
    };

    Gatherer(GathererConfig config, RandomSource& random);

    /// False: known, no address to send from, or too many.
    bool add_host(const Endpoint& endpoint);
    void start(TimePoint now);
    [[nodiscard]] Input handle_input(TimePoint now, const Datagram& datagram);
    void handle_timeout(TimePoint now);
    void handle_disconnect(const Endpoint& turn_server, std::string_view reason);
    [[nodiscard]] std::optional<TimePoint> next_timeout() const noexcept;
    [[nodiscard]] std::optional<Transmit> poll_transmit();

    /// All there are so far, in the order in which they were found; the list only grows.
    [[nodiscard]] const std::vector<LocalCandidate>& candidates() const noexcept { return candidates_; }
    [[nodiscard]] const std::vector<Base>& bases() const noexcept { return bases_; }
    [[nodiscard]] std::optional<std::size_t> base_of(const Endpoint& local) const noexcept;
    /// Started, and nothing more is waited for.
    [[nodiscard]] bool done() const noexcept { return done_; }

    /// The address that a peer saw us at: the candidate that has it, else a new peer-reflexive one (RFC 8445 section 7.2.5.3.1).
    /// @return  its index.
    [[nodiscard]] std::size_t seen_as(std::size_t base, const Endpoint& mapped, std::uint32_t priority);

    bool send_relayed(TimePoint now, std::size_t base, const Endpoint& peer, BytesView bytes);
    void bind_channel(TimePoint now, std::size_t base, const Endpoint& peer);
    /// Whether sending from this base can work at all.
    [[nodiscard]] bool is_alive(std::size_t base) const noexcept;
    /// Lets go of all allocations but the one of `kept`, and asks no STUN server any longer.
    void release(TimePoint now, std::optional<std::size_t> kept);
    /// Why there is no candidate of this TURN server; nothing while there may be one.
    [[nodiscard]] const turn::Failure* turn_failure(std::size_t server) const noexcept;

private:
    struct Query {  // a Binding request to a STUN server
        std::size_t base;
        Endpoint server;
        stun::TransactionId id{};
        Bytes bytes;
        stun::Retransmission timer;
        bool pending = true;
        bool answered = false;
        TimePoint keepalive_at{};
    };
    struct Allocation {
        std::size_t server;               // index in the configuration
        std::optional<std::size_t> host;  // base that asks; nothing over TCP
        std::unique_ptr<turn::Client> client;
        std::optional<std::size_t> base;  // of the relayed address
        bool noted = false;
    };

    void start_query(TimePoint now, std::size_t base, const Endpoint& server);
    void start_allocation(TimePoint now, std::size_t server);
    void note_allocations();
    void note_done(TimePoint now);
    void add_candidate(CandidateType type, std::size_t base, const Endpoint& endpoint, std::optional<Endpoint> related,
                       std::string_view server);
    [[nodiscard]] bool can_reach(const Base& base, const Endpoint& server) const noexcept;

    GathererConfig config_;
    RandomSource& random_;
    std::vector<Base> bases_;
    std::vector<LocalCandidate> candidates_;
    std::vector<Query> queries_;
    std::vector<Allocation> allocations_;
    std::vector<std::string> foundations_;  // what a foundation's number stands for
    std::deque<Transmit> out_;
    std::optional<TimePoint> give_up_at_;
    bool started_ = false;
    bool done_ = false;
    bool keeps_alive_ = true;
};

}  // namespace volley::proto::ice
