// The RTP of one call: the streams of all its media sections, which share a transport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "proto/sdp/negotiation.hpp"
#include "streams/frame_shape.hpp"
#include "streams/stats.hpp"

namespace volley::streams {

/// What comes out of a section's streams.
enum class Delivery : std::uint8_t {
    frames,   ///< FrameReceived: complete and in order
    packets,  ///< PacketReceived: each as it comes, for who sends them on
};

struct SectionConfig {
    proto::sdp::AgreedMedia agreed;
    /// Ours, where our description names them; otherwise by chance.
    std::optional<std::uint32_t> ssrc;
    std::optional<std::uint32_t> rtx_ssrc;
    Delivery delivery = Delivery::frames;
};

/// Bits per second of all that is sent.
struct RateLimits {
    std::uint64_t start = 500'000;
    std::uint64_t min = 50'000;
    std::uint64_t max = 4'000'000;
};

struct SessionConfig {
    std::vector<SectionConfig> sections;
    /// Of video; without it frames are told apart by marker and timestamp, and each may be the first that is decoded.
    ShapeReader shape;
    std::string cname = "-";
    RateLimits rate;
    /// Packets of a frame leave one by one, at 2.5 times the target rate or over `pacing_limit`, whichever is faster. Else all at once.
    bool pace = true;
    Duration pacing_limit = std::chrono::milliseconds(33);
    /// What REMB tells the peer to keep below, bits per second.
    std::uint64_t receive_cap = 4'000'000;
    /// What is added to a TimePoint for NTP time since 1900, in sender reports.
    Duration ntp_offset{};
    /// A stream has ended that was silent for so long.
    Duration silence_limit = std::chrono::seconds(10);
    /// For how long a frame is waited for whose packets are asked for again, and one of a section that has no NACK.
    Duration frame_wait = std::chrono::seconds(2);
    Duration reorder_wait = std::chrono::milliseconds(100);
};

/// Names a receive stream within its session, and no other one after it.
using ReceiveId = std::uint32_t;

/// A source of the peer's has sent its first packet.
struct StreamStarted {
    ReceiveId stream = 0;
    std::size_t section = 0;  ///< index in SessionConfig::sections
    std::uint32_t ssrc = 0;
};

struct FrameReceived {
    ReceiveId stream = 0;
    std::size_t section = 0;
    std::size_t codec = 0;             ///< index in the section's AgreedMedia::codecs
    std::uint32_t timestamp = 0;       ///< RTP
    std::uint64_t first_sequence = 0;  ///< of its first packet, rollovers counted
    bool key = false;                  ///< needs no other one; of audio always
    bool marker = false;               ///< on its last packet
    /// Packets that were given up since the frame before. Video goes on with a key frame then.
    std::uint64_t packets_missing = 0;
    TimePoint first_arrival{};  ///< of the packet that came first, which need not be its first one
    TimePoint last_arrival{};   ///< of the packet that made it complete
    bool resent = false;        ///< a packet of it came by retransmission
    std::vector<Bytes> payloads;
};

struct PacketReceived {
    ReceiveId stream = 0;
    std::size_t section = 0;
    std::size_t codec = 0;
    std::uint64_t sequence = 0;  ///< rollovers counted
    std::uint32_t timestamp = 0;
    bool marker = false;
    bool resent = false;
    TimePoint arrival{};
    Bytes payload;  ///< empty: padding, of no frame; but who gets what is sent on waits for its number
};

/// The peer needs a key frame of what we send in that section.
struct KeyFrameWanted {
    std::size_t section = 0;
};

/// Of all that is sent, audio included.
struct TargetBitrateChanged {
    std::uint64_t bits_per_second = 0;
};

struct StreamEnded {
    ReceiveId stream = 0;
    std::size_t section = 0;
    bool goodbye = false;  ///< by BYE; else it fell silent. It starts anew, as another stream, when it is heard again.
};

using SessionEvent =
    std::variant<StreamStarted, FrameReceived, PacketReceived, KeyFrameWanted, TargetBitrateChanged, StreamEnded>;

struct FrameToSend {
    std::uint32_t timestamp = 0;  ///< RTP, on the codec's clock
    std::size_t codec = 0;        ///< index in the section's AgreedMedia::codecs
    /// RTP payloads in their order; at most Session::most_payload bytes each.
    std::span<const BytesView> payloads;
};

struct PacketToSend {
    std::uint32_t timestamp = 0;
    std::size_t codec = 0;
    bool marker = false;
    /// Of who sends packets on: the number that it came with (PacketReceived::sequence), so that gaps and order stay what they were.
    /// Nothing: the next one.
    std::optional<std::uint64_t> sequence;
    /// At most Session::most_passed_payload bytes; of a packet with a number it may be empty, which is padding.
    BytesView payload;
};

/// To protect and to send. Borrowed until the session's next call.
struct OutPacket {
    bool rtcp = false;
    /// The very bytes that were sent before: asked for again, where RTX was not agreed on. SRTP must make the same packet of them.
    bool again = false;
    BytesView bytes;
};

/// The streams of one call. Packets and `now` in; packets, a deadline and events out. After each call: poll_packet() and poll_event() until
/// they have nothing, and next_timeout() anew. `now` never goes back.
///
/// Sending: one stream for each section that sends, numbered from below 32768, with the extensions mid (until the first report of its
/// receiver), abs-send-time and transport-wide numbers where they were agreed on. Sent packets are kept for 1 s and resent when they are
/// asked for, by RTX (RFC 4588) where that was agreed on: each at most once in half a round trip, all together within what is sent, or the target rate.
///
/// Receiving: a source belongs to the section whose MID its packets carry, or that names its SSRC, or else that has its payload type. Ids of
/// header extensions are those of the section. Missing packets are asked for once they are hardly late (Reordering), then as often as what was resent
/// took to come, at most ten times and for frame_wait; then they are given up, and a key frame asked for. Audio skips what is given up.
///
/// What a peer sends is bounded in every part: sources, packets and frames that wait, what is resent, requests that are passed on.
/// Source: RFC 3550, RFC 4585, RFC 5104, RFC 8285, RFC 8843 section 9.2, draft-ietf-rmcat-gcc-02.
/// Deviation: no bandwidth is probed with padding, so that the estimate rises only while there is something to send.
/// Thread safety: as a plain value. Lifetime: not longer than random.
class Session {
public:
    static constexpr std::size_t most_streams = 16;    ///< of the peer's, in all sections
    static constexpr std::size_t most_payload = 1150;  ///< bytes, so that packets stay within 1,200
    /// Of a packet that is sent on: whatever came whole over Ethernet. Other stacks have packets of 1,200 bytes and more.
    static constexpr std::size_t most_passed_payload = 1450;
    static constexpr std::size_t most_events = 4096;  ///< that wait to be taken

    Session(TimePoint now, SessionConfig config, RandomSource& random);
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    // --- input and output

    /// A packet of the peer's, unprotected. Whatever is wrong with it ends nothing.
    void handle_packet(TimePoint now, bool rtcp, BytesView bytes);
    void handle_timeout(TimePoint now);
    [[nodiscard]] std::optional<OutPacket> poll_packet(TimePoint now);
    [[nodiscard]] std::optional<SessionEvent> poll_event();
    [[nodiscard]] std::optional<TimePoint> next_timeout() const;

    // --- sending

    /// Whether the section was agreed on to send.
    [[nodiscard]] bool can_send(std::size_t section) const noexcept;
    /// Sends a frame, the marker on its last packet; of audio a packet, without marker.
    /// @return whether it was taken: not, where the section does not send, a payload is empty or too long, or too much waits.
    [[nodiscard]] bool send_frame(TimePoint now, std::size_t section, const FrameToSend& frame);
    /// Sends one packet at once, past the pacer. @return as send_frame(); what is not taken is counted as packets_refused.
    [[nodiscard]] bool send_packet(TimePoint now, std::size_t section, const PacketToSend& packet);
    /// Bits per second to send at.
    [[nodiscard]] std::uint64_t target_bitrate() const noexcept;

    // --- receiving

    /// The decoder cannot go on. Asked at most every 500 ms, until a key frame comes; frames until then are dropped.
    void request_key_frame(TimePoint now, ReceiveId stream);
    /// Asks for a key frame of each stream of a section without dropping anything: for who sends packets on and is asked himself.
    void relay_key_frame_request(TimePoint now, std::size_t section);

    /// Ends what we send: BYE. Nothing is sent after what poll_packet() then has.
    void close(TimePoint now);

    // --- what was seen

    [[nodiscard]] const SessionConfig& config() const noexcept;
    /// Of the last sender's or receiver's report that told; nothing before.
    [[nodiscard]] std::optional<Duration> round_trip_time() const noexcept;
    /// All receive streams, those that have ended included as far as they are remembered (the last most_streams).
    [[nodiscard]] std::vector<std::pair<ReceiveId, InboundStats>> inbound_stats(TimePoint now) const;
    /// By section; nothing for those that do not send.
    [[nodiscard]] std::optional<OutboundStats> outbound_stats(TimePoint now, std::size_t section) const;
    [[nodiscard]] std::optional<RemoteInboundStats> remote_inbound_stats(std::size_t section) const;
    [[nodiscard]] TransportStats transport_stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace volley::streams
