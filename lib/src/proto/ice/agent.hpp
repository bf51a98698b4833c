// An ICE agent: finds a way to the peer, agrees with it on one, and watches that way. Source: RFC 8445; trickle RFC 8838; consent RFC 7675.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "proto/ice/candidate.hpp"
#include "proto/ice/check_list.hpp"
#include "proto/ice/consent.hpp"
#include "proto/ice/gatherer.hpp"
#include "proto/stun/message.hpp"
#include "proto/stun/retransmission.hpp"

namespace volley::proto::ice {

struct Credentials {
    std::string ufrag;
    std::string password;
    bool operator==(const Credentials&) const = default;
};

enum class Role : std::uint8_t { controlling, controlled };

enum class State : std::uint8_t {
    fresh,         ///< the peer's credentials are not known yet
    checking,      ///< no way to the peer is known
    connected,     ///< data can be sent; the controlling side has not chosen yet
    completed,     ///< the controlling side has chosen
    disconnected,  ///< the peer has not answered for a while, and may again
    failed,        ///< no way was found, or the peer's consent ran out; restart() may help
    closed,
};
[[nodiscard]] std::string_view to_string(State state) noexcept;

struct AgentConfig {
    GathererConfig gathering;
    Role role = Role::controlling;
    /// Only relayed candidates are used and told of, so that the peer does not learn our addresses (W3C's iceTransportPolicy `relay`).
    bool relayed_only = false;
    /// Our user name fragment begins with it: a server that hands packets on by fragment puts the place there. Letters and digits.
    std::string ufrag_prefix;

    /// Ta: between checks of pairs that nobody asked for. The first one leaves at once, and so do triggered ones.
    Duration pace = std::chrono::milliseconds(50);
    /// Of checks. RFC 8445 section 14.3 would begin at 500 ms; half of that halves what a lost first packet costs.
    stun::RetransmissionPlan checks{std::chrono::milliseconds(250), std::chrono::seconds(3), 9, std::chrono::seconds(3)};
    /// No way is called failed before, since a check of the peer may open one: RFC 8863.
    Duration patience = std::chrono::milliseconds(39'500);
    /// How long the controlling side waits for something better after its first check: with a valid pair that has a reflexive candidate,
    /// or a relayed one. One between hosts is chosen at once.
    Duration reflexive_patience = std::chrono::milliseconds(200);
    Duration relayed_patience = std::chrono::milliseconds(1000);
    ConsentPlan consent;

    std::size_t most_pairs = 100;
    /// Checks, repeated ones counted, that are sent to addresses that were signalled before anything genuine has come from the peer. A
    /// server whose peers can all reach it sets it low: whoever signals could name the addresses of others (RFC 8445 section 19.5.1).
    std::size_t most_unproven_checks = SIZE_MAX;
    std::size_t most_remote_candidates = 64;     ///< that were signalled
    std::size_t most_reflexive_candidates = 32;  ///< that checks of the peer brought
};

struct StateChanged {
    State state;
};
/// For the peer, who is to be told in any order (trickle) or all at once after GatheringDone. The `ufrag` is set, as trickle wants it; a
/// line of a description, which names it anyway, does better without.
struct CandidateFound {
    Candidate candidate;
};
/// There will be no more CandidateFound, until a restart. Trickle sends end-of-candidates.
struct GatheringDone {};
/// Data goes this way from now on.
struct PathChanged {
    Candidate local;
    Candidate remote;
    bool nominated;
};
struct RoleChanged {
    Role role;
};
using Event = std::variant<StateChanged, CandidateFound, GatheringDone, PathChanged, RoleChanged>;

/// What became of a candidate of the peer.
enum class Added : std::uint8_t {
    added,
    known,
    tcp,               ///< or another transport than UDP
    name,              ///< not resolved; the peer's checks will tell the address
    other_component,   ///< there is one component
    other_generation,  ///< of a user name fragment that is not the peer's
    bad_address,       ///< unspecified, multicast, or port 0
    too_many,
};

/// The user name fragment of the agent that a check is for: what stands before the colon. Nothing: it is no check. For those who share a
/// socket among agents; it says nothing about whether the check is genuine.
[[nodiscard]] std::optional<std::string_view> ufrag_of_check(const stun::MessageView& message) noexcept;

/// A full agent, of either role, for one data stream with one component. Pure: datagrams and `now` in; datagrams, a deadline and events out.
/// After each call, take everything that poll_transmit() and poll_event() have, and call handle_timeout() at next_timeout().
///
/// Checks that come before the peer's credentials are known are answered, since ours are enough for that, and the way they came is checked
/// as soon as the peer's are (RFC 8445 section 7.3). The peer may be a lite one, and may nominate aggressively as RFC 5245 had it: the last
/// nomination of highest priority counts, and after some seconds the last one alone.
///
/// Deviations: no frozen state; no pacing over all agents of a process, which would allow 20 checks a second in all; triggered checks are
/// not paced, but of one pair come no closer than 500 ms after the first three; checks that the peer rejects without showing who it is are repeated rather than failed; the fragment of the peer in the user
/// name of its checks is not compared (some have another one in each media section); what is signed is taken without a FINGERPRINT. Consent checks of the controlling side carry
/// USE-CANDIDATE, so that a peer follows us through a NAT that forgot us.
///
/// Everything from the peer is bounded: candidates, pairs, checks a pair, datagrams to send (most_transmits; beyond that answers are lost).
/// Thread safety: as a plain value, not copied; the source of random numbers must outlive it.
class IceAgent {
public:
    static constexpr std::size_t most_transmits = 512;

    IceAgent(AgentConfig config, RandomSource& random);
    IceAgent(const IceAgent&) = delete;
    IceAgent& operator=(const IceAgent&) = delete;

    // --- before and during the exchange of descriptions

    [[nodiscard]] const Credentials& local_credentials() const noexcept { return local_; }
    /// An address that the driver has a socket on. What the peer may use to find us goes first. False: not an address to send from.
    bool add_host(TimePoint now, const Endpoint& endpoint);
    /// All host addresses are there: asks the servers.
    void gather(TimePoint now);
    [[nodiscard]] bool gathering_done() const noexcept { return gatherer_.done(); }

    /// From the peer's description. Checks begin. Other credentials than the ones before are a restart of the peer's: call restart() first.
    /// False: not what RFC 8839 section 5.4 allows (4 to 256, 22 to 256 characters); nothing changes.
    bool set_remote_credentials(TimePoint now, const Credentials& credentials);
    /// The peer answers checks and makes none; we become the controlling side.
    void set_remote_lite();
    /// Takes effect for checks from now on; a conflict decides otherwise if need be.
    void set_role(Role role);
    Added add_remote_candidate(TimePoint now, const Candidate& candidate);
    /// No more will come.
    void end_of_remote_candidates(TimePoint now);
    /// New credentials of ours, for another exchange of descriptions (RFC 8445 section 9). Data keeps its way until there is a new one.
    void restart(TimePoint now);
    /// Lets go of what TURN servers hold for us; take what poll_transmit() has for that. Nothing is sent to the peer.
    void close(TimePoint now);

    // --- input and output

    /// @return  the peer's data that was in the datagram, borrowed from it; nothing if it was for us, or from nobody that we know.
    [[nodiscard]] std::optional<BytesView> handle_input(TimePoint now, const Datagram& datagram);
    void handle_timeout(TimePoint now);
    /// The stream to a TURN server has ended or could not be opened.
    void handle_disconnect(TimePoint now, const Endpoint& turn_server, std::string_view reason);
    [[nodiscard]] std::optional<Transmit> poll_transmit();
    [[nodiscard]] std::optional<Event> poll_event();
    [[nodiscard]] std::optional<TimePoint> next_timeout() const noexcept;

    /// Sends data to the peer. False: there is no way, no consent, or too much waits already; the datagram is lost.
    bool send(TimePoint now, BytesView data);
    /// Whether send() has a way.
    [[nodiscard]] bool can_send() const noexcept {
        return path_.has_value() && state_ != State::failed && state_ != State::closed;
    }
    /// Data from there is the peer's: a genuine check or answer came that way. For those who share a socket among agents.
    [[nodiscard]] bool accepts_data(const Endpoint& local, const Endpoint& remote) const noexcept;

    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] Role role() const noexcept { return role_; }
    [[nodiscard]] const turn::Failure* turn_failure(std::size_t server) const noexcept { return gatherer_.turn_failure(server); }
    [[nodiscard]] const std::vector<Pair>& pairs() const noexcept { return list_.pairs(); }
    [[nodiscard]] std::size_t remote_candidates() const noexcept { return remotes_.size(); }

private:
    struct Remote {
        Candidate candidate;
        bool signalled;
    };
    /// Where data goes, and whether it may. It outlives the pair that it was made of by a restart.
    struct Path {
        std::size_t base;
        Endpoint remote;
        Credentials local_credentials;
        Credentials remote_credentials;
        bool nominated;
        Consent consent;
    };

    // agent.cpp
    [[nodiscard]] Credentials make_credentials();
    void start_checks(TimePoint now);
    void pair_all(TimePoint now);
    void pair_with(std::size_t base, std::size_t remote, bool must);
    [[nodiscard]] std::uint64_t priority_of(std::uint32_t local, std::uint32_t remote) const noexcept;
    [[nodiscard]] bool is_usable(std::size_t base) const noexcept;
    [[nodiscard]] bool may_reach(std::size_t base, const Endpoint& remote) const noexcept;
    void note_candidates();
    void set_state(State state);
    void settle(TimePoint now);
    [[nodiscard]] bool is_stuck() const noexcept;
    void transmit(TimePoint now, std::size_t base, const Endpoint& remote, Bytes bytes);
    void transmit_check(TimePoint now, std::size_t base, const Endpoint& remote, const Bytes& bytes);
    [[nodiscard]] std::optional<BytesView> handle_peer_input(TimePoint now, std::size_t base, const Endpoint& remote,
                                                             BytesView bytes);
    [[nodiscard]] bool is_known_way(std::size_t base, const Endpoint& remote) const noexcept;

    // checks.cpp
    void pump(TimePoint now);
    void send_check(TimePoint now, Pair& pair, bool use_candidate);
    void trigger(TimePoint now, Pair& pair);
    void handle_request(TimePoint now, std::size_t base, const Endpoint& remote, const stun::MessageView& request);
    void answer(TimePoint now, std::size_t base, const Endpoint& remote, const stun::MessageView& request,
                std::string_view password);
    void reject(TimePoint now, std::size_t base, const Endpoint& remote, const stun::MessageView& request, int code,
                std::string_view reason, std::string_view password);
    [[nodiscard]] bool resolve_conflict(const stun::MessageView& request);
    [[nodiscard]] Pair* pair_of(std::size_t base, const Endpoint& remote, std::uint32_t priority);
    void handle_answer(TimePoint now, std::size_t base, const Endpoint& remote, const stun::MessageView& message);
    void handle_success(TimePoint now, Pair& pair, const Check& check, const stun::MessageView& message);
    void fail_pair(TimePoint now, Pair& pair);
    void switch_role(Role role);
    [[nodiscard]] stun::MessageBuilder start_request(const stun::TransactionId& id, std::size_t base, const Credentials& local,
                                                     const Credentials& remote, std::uint32_t& priority,
                                                     bool use_candidate) const;

    // nomination.cpp
    void consider_nomination(TimePoint now);
    void handle_nomination(TimePoint now, Pair& pair);
    void use(TimePoint now, const Pair& pair, bool nominated);
    void use_best(TimePoint now);
    void choose(TimePoint now, Pair& pair);
    [[nodiscard]] bool is_path(const Pair& pair) const noexcept;
    [[nodiscard]] bool is_path_current() const noexcept;
    [[nodiscard]] Duration patience_for(const Pair& pair) const noexcept;
    void check_consent(TimePoint now);
    void send_consent_check(TimePoint now);

    AgentConfig config_;
    RandomSource& random_;
    Gatherer gatherer_;
    Role role_;
    std::uint64_t tie_breaker_;
    bool remote_lite_ = false;
    State state_ = State::fresh;

    Credentials local_;
    std::optional<Credentials> earlier_;  // ours before the restart: its checks are still answered
    std::optional<Credentials> remote_;
    std::vector<Remote> remotes_;
    bool remotes_complete_ = false;
    CheckList list_;
    std::optional<Path> path_;
    bool chosen_ = false;  // the path is a nominated pair of these credentials

    std::size_t candidates_noted_ = 0;  // of the gatherer's
    bool done_noted_ = false;
    bool proven_ = false;  // something came that only the peer can have sent
    std::size_t unproven_checks_ = 0;
    TimePoint started_at_{};  // of the checks
    TimePoint next_check_at_{};
    std::optional<TimePoint> nominate_at_;
    std::optional<TimePoint> release_at_;

    std::deque<Transmit> out_;
    std::deque<Event> events_;
};

}  // namespace volley::proto::ice
