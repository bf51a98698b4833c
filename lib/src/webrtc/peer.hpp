// One end of a call: ICE, DTLS, SCTP, SRTP and the descriptions, composed; without socket and clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <volley/error.hpp>
#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "proto/dtls/session.hpp"
#include "proto/ice/agent.hpp"
#include "proto/sctp/association.hpp"
#include "proto/sdp/fragment.hpp"
#include "proto/sdp/negotiation.hpp"
#include "proto/srtp/session.hpp"
#include "webrtc/data_channels.hpp"

namespace volley::webrtc {

/// What a call passes on its way, in this order; where candidates trickle, `gathered` may come later.
enum class Stage : std::uint8_t {
    gathered,        ///< all candidates of this side are known
    offered,         ///< the offer is written, or read
    answered,        ///< the answer is written, or read
    ice_connected,   ///< there is a way to the peer
    dtls_connected,  ///< the peer is who its description says; keys are there
    sctp_up,         ///< the association stands
    channel_open,    ///< the first data channel is open at both ends
};
inline constexpr std::size_t stages = 7;
/// `gathered`, ..., `channel open`.
[[nodiscard]] std::string_view to_string(Stage stage) noexcept;

enum class PeerState : std::uint8_t {
    fresh,         ///< no description was exchanged
    connecting,    ///< both were, or one
    connected,     ///< DTLS is up, and SCTP where it was agreed on
    disconnected,  ///< the peer has not answered for a while, and may again
    failed,        ///< `end_reason` says why
    closed,        ///< by either side
};
[[nodiscard]] std::string_view to_string(PeerState state) noexcept;

enum class PeerErrc {
    no_way = 1,       ///< Condition::timeout: ICE found none
    consent_lost,     ///< Condition::timeout: the peer answers no longer
    set_up_too_slow,  ///< Condition::timeout: PeerConfig::set_up_limit
    dtls_failed,      ///< Condition::tls
    sctp_failed,      ///< Condition::reset
    closed_by_peer,   ///< Condition::reset
    closed,           ///< Condition::cancelled: by close()
};
[[nodiscard]] const boost::system::error_category& peer_category() noexcept;
inline error_code make_error_code(PeerErrc e) noexcept { return {static_cast<int>(e), peer_category()}; }

/// How a call's DTLS is made: the identity whose certificate it shows, without the library that is behind it.
struct DtlsMaker {
    std::vector<proto::dtls::Fingerprint> fingerprints;  ///< of the certificate, for the description
    std::function<std::unique_ptr<proto::dtls::Session>(proto::dtls::SessionConfig)> make;
};

struct PeerConfig {
    proto::ice::AgentConfig ice;
    /// Ports and the peer's message size are taken from the descriptions.
    proto::sctp::AssociationConfig sctp;
    /// An offer of ours has data channels; an offer of theirs that has them is answered with them.
    bool data = true;
    std::vector<proto::sdp::LocalMedia> media;
    /// Candidates of ours may follow the description: it is written before gathering is done.
    bool trickle = false;
    /// From offered until connected.
    Duration set_up_limit = std::chrono::seconds(30);
};

struct StageReached {
    Stage stage;
    TimePoint at;
};
struct PeerStateChanged {
    PeerState state;
};
/// Only with PeerConfig::trickle, and only those that no description of ours has.
struct LocalCandidate {
    std::string line;  ///< the value of `a=candidate`
    std::string mid;
};
/// Trickle: `a=end-of-candidates`.
struct LocalCandidatesDone {};
/// One packet, unprotected: RTP or RTCP as kind says.
struct MediaPacket {
    bool rtcp = false;
    Bytes bytes;
};
using PeerEvent = std::variant<StageReached, PeerStateChanged, LocalCandidate, LocalCandidatesDone, MediaPacket, ChannelOpened,
                               ChannelMessage, ChannelClosed, ChannelsWritable>;

/// What went over the call's way, and what was dropped.
struct PeerCounts {
    std::uint64_t datagrams_in = 0;
    std::uint64_t datagrams_out = 0;
    std::uint64_t bytes_in = 0;    ///< of datagrams, without UDP and IP
    std::uint64_t bytes_out = 0;   //
    std::uint64_t dropped_in = 0;  ///< from strangers, of no known kind, not authentic, or too early to keep
};

/// One end of a call. Bytes and `now` in; datagrams, a deadline and events out. After each call: poll_transmit() and poll_event() until they
/// have nothing, and next_timeout() anew. The SCTP stack's timers are its owner's to run; poll_ready() gives the tag, then take_stack().
///
/// As the side that offers: add_host() for each address, gather(), create_offer() once Stage::gathered is reached (at once with trickle),
/// take_answer(). As the side that answers: add_host(), gather(), take_offer(), create_answer() in the same way.
///
/// A description that is refused changes nothing. Datagrams that come before they can be understood (a ClientHello before the answer) are
/// kept, a few of them. What a peer sends is bounded in every part: see those. DTLS begins once ICE has a way; SCTP once DTLS is up.
/// Source: RFC 9429, RFC 8827, RFC 8831. Thread safety: as a plain value; the stack's thread, and not longer than stack and random.
class Peer {
public:
    static constexpr std::size_t most_early = 16;             ///< datagrams that are kept until they can be understood
    static constexpr std::size_t most_local_candidates = 64;  ///< in a description

    Peer(PeerConfig config, DtlsMaker dtls, proto::sctp::Stack& stack, std::uint64_t tag, RandomSource& random);
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer();

    // --- descriptions

    bool add_host(TimePoint now, const Endpoint& endpoint);
    void gather(TimePoint now);
    [[nodiscard]] bool gathering_done() const noexcept;

    /// Whoever makes it is ICE's controlling side.
    [[nodiscard]] std::string create_offer(TimePoint now);
    /// Reads the answer to create_offer(). @return why it is refused.
    [[nodiscard]] std::optional<SourceError> take_answer(TimePoint now, std::string_view text);
    /// Reads an offer, and nothing begins yet. @return why it is refused.
    [[nodiscard]] std::optional<SourceError> take_offer(TimePoint now, std::string_view text);
    /// Answers what take_offer() has read.
    [[nodiscard]] proto::sdp::Outcome<std::string> create_answer(TimePoint now);
    /// Candidates that follow the peer's description, as the value of `a=candidate`; empty: there are no more. @return why it is refused;
    /// one that is of no use (TCP, a name, known) is not.
    [[nodiscard]] std::optional<std::string> add_remote_candidate(TimePoint now, std::string_view line);
    /// The same as `application/trickle-ice-sdpfrag`; other ICE credentials than before are a restart of the peer's (RFC 9725 section
    /// 4.3.1). @return for a restart, our answer; nothing where candidates were added alone. Errors: in words, and nothing has changed.
    [[nodiscard]] proto::sdp::Outcome<std::optional<proto::sdp::Fragment>> take_fragment(TimePoint now, std::string_view text);
    /// What gathering has found since the last description or fragment, as a fragment; nothing where there is nothing new.
    [[nodiscard]] std::optional<proto::sdp::Fragment> local_fragment();

    // --- input and output

    void handle_input(TimePoint now, const proto::ice::Datagram& datagram);
    void handle_timeout(TimePoint now);
    /// The stack has said that the association has something.
    void take_stack(TimePoint now);
    void handle_disconnect(TimePoint now, const Endpoint& turn_server, std::string_view reason);
    [[nodiscard]] std::optional<proto::ice::Transmit> poll_transmit();
    [[nodiscard]] std::optional<PeerEvent> poll_event();
    [[nodiscard]] std::optional<TimePoint> next_timeout() const;

    // --- data

    [[nodiscard]] Result<ChannelId> open_channel(TimePoint now, const ChannelOptions& options);
    [[nodiscard]] error_code send(TimePoint now, ChannelId channel, bool text, BytesView data);
    void close_channel(TimePoint now, ChannelId channel);
    /// While it is set no message is taken from the peer, who is told to wait.
    void pause_reading(TimePoint now, bool paused);
    [[nodiscard]] const DataChannels& channels() const noexcept { return channels_; }

    /// Protects and sends one RTP or RTCP packet. Errors: srtp's; NetErrc::unsupported where no media was agreed on or DTLS is not up.
    /// @param again  of RTP: these very bytes were sent before, and the caller answers for that (srtp::Sender::protect_rtp).
    [[nodiscard]] error_code send_media(TimePoint now, bool rtcp, BytesView packet, bool again = false);

    /// Ends the call and tells the peer; poll_transmit() has what is to be sent for that.
    void close(TimePoint now);

    // --- state

    [[nodiscard]] PeerState state() const noexcept { return state_; }
    [[nodiscard]] bool ended() const noexcept { return state_ == PeerState::failed || state_ == PeerState::closed; }
    /// Why it ended; no error before.
    [[nodiscard]] error_code end_error() const noexcept { return end_error_; }
    /// In words for a person, nothing of the peer's in it; what to do included.
    [[nodiscard]] const std::string& end_reason() const noexcept { return end_reason_; }
    /// What the set-up still waits for, in the same way; empty once it is done.
    [[nodiscard]] std::string missing() const;
    [[nodiscard]] std::optional<TimePoint> reached(Stage stage) const noexcept {
        return reached_[static_cast<std::size_t>(stage)];
    }
    /// Of both descriptions; nothing before there are two.
    [[nodiscard]] const std::optional<proto::sdp::Agreed>& agreed() const noexcept { return agreed_; }
    /// Sections of the offer that this side, answering, has not taken, with reasons.
    [[nodiscard]] const std::vector<proto::sdp::Refusal>& refused() const noexcept { return refused_; }
    [[nodiscard]] const proto::ice::IceAgent& ice() const noexcept { return ice_; }
    /// The way that data goes; nothing before there is one.
    [[nodiscard]] const std::optional<proto::ice::PathChanged>& path() const noexcept { return path_; }
    [[nodiscard]] const proto::dtls::Session* dtls() const noexcept { return dtls_.get(); }
    [[nodiscard]] const PeerCounts& counts() const noexcept { return counts_; }

private:
    [[nodiscard]] proto::sdp::Local local();
    void note_stage(Stage stage, TimePoint now);
    void set_state(PeerState state);
    void begin(TimePoint now, proto::sdp::Agreed agreed);
    void pump(TimePoint now);
    bool pump_ice(TimePoint now);
    bool pump_dtls(TimePoint now);
    bool pump_sctp(TimePoint now);
    void handle_ice_event(TimePoint now, proto::ice::Event& event);
    void handle_ice_state(TimePoint now, proto::ice::State state);
    void handle_dtls_event(TimePoint now, proto::dtls::Event& event);
    void take_dtls(TimePoint now, BytesView datagram);
    void take_media(BytesView packet, bool rtcp);
    void make_srtp();
    void make_association(TimePoint now);
    void note_connected(TimePoint now);
    void add_candidates(TimePoint now, const std::vector<std::string>& lines);
    [[nodiscard]] std::string transport_mid() const;
    [[nodiscard]] proto::sdp::Fragment make_fragment(std::size_t from);
    void end(TimePoint now, PeerState state, error_code error, std::string reason);
    [[nodiscard]] std::string why_no_way() const;

    PeerConfig config_;
    DtlsMaker dtls_maker_;
    proto::sctp::Stack& stack_;
    std::uint64_t tag_;
    RandomSource& random_;
    proto::ice::IceAgent ice_;
    std::unique_ptr<proto::dtls::Session> dtls_;
    std::unique_ptr<proto::sctp::Association> sctp_;
    std::optional<proto::srtp::Sender> srtp_out_;
    std::optional<proto::srtp::Receiver> srtp_in_;
    DataChannels channels_;

    proto::sdp::Origin origin_;
    std::optional<proto::sdp::Session> offer_;  // until there is an answer to it
    bool offers_ = false;                       // it is ours
    proto::sdp::MediaLine section_line_;        // of the section that has the transport
    std::optional<proto::sdp::Agreed> agreed_;
    std::vector<proto::sdp::Refusal> refused_;
    std::vector<std::string> local_candidates_;  // lines, as found
    std::size_t told_candidates_ = 0;            // of them, those that a description or a fragment has
    bool told_done_ = false;
    bool described_ = false;  // our description is written: what is found from now on trickles, or is lost

    PeerState state_ = PeerState::fresh;
    error_code end_error_;
    std::string end_reason_;
    std::array<std::optional<TimePoint>, stages> reached_;
    std::optional<TimePoint> give_up_at_;
    std::optional<proto::ice::PathChanged> path_;
    bool dtls_started_ = false;
    bool data_ended_ = false;  // the association is gone, and the call goes on for its media
    TimePoint now_{};          // of the newest call
    std::deque<Bytes> early_;  // DTLS that came before there was a session, or a way to answer on
    PeerCounts counts_;
    std::deque<proto::ice::Transmit> out_;  // what was to be sent when ICE was closed
    std::deque<PeerEvent> events_;
};

}  // namespace volley::webrtc

template <>
struct boost::system::is_error_code_enum<volley::webrtc::PeerErrc> : std::true_type {};
