// What a stream counts, under the names of W3C's "Identifiers for WebRTC's Statistics API". Times since are the session's TimePoints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <volley/time.hpp>

namespace volley::streams {

/// RTCInboundRtpStreamStats. What has no W3C name is marked as ours.
struct InboundStats {
    std::uint32_t ssrc = 0;                   ///< ssrc
    std::string mid;                          ///< mid
    std::string kind;                         ///< kind: audio or video
    std::optional<std::uint32_t> rtx_ssrc;    ///< rtxSsrc
    std::uint64_t packets_received = 0;       ///< packetsReceived: the resent ones included
    std::int64_t packets_lost = 0;            ///< packetsLost: RFC 3550 section 6.4.1; below zero where packets came twice
    std::uint64_t packets_missing = 0;        ///< ours: of those expected, never came, not even by way of RTX
    std::uint64_t packets_discarded = 0;      ///< packetsDiscarded: came too late, or behind what was given up
    std::uint64_t packets_duplicated = 0;     ///< ours
    std::uint64_t bytes_received = 0;         ///< bytesReceived: payloads
    std::uint64_t header_bytes_received = 0;  ///< headerBytesReceived: headers and padding
    Duration jitter{};                        ///< jitter: seconds
    std::uint64_t retransmitted_packets_received = 0;  ///< retransmittedPacketsReceived
    std::uint64_t retransmitted_bytes_received = 0;    ///< retransmittedBytesReceived
    std::uint64_t frames_received = 0;                 ///< framesReceived: complete ones
    std::uint64_t key_frames_received = 0;             ///< ours: W3C counts what was decoded
    std::uint64_t frames_delivered = 0;                ///< ours: handed on, in order
    std::uint64_t frames_dropped = 0;                  ///< framesDropped: complete, but of no use without what was given up
    std::uint64_t frames_assembled = 0;                ///< framesAssembledFromMultiplePackets
    Duration total_assembly_time{};                    ///< totalAssemblyTime: seconds, of those
    std::uint64_t nack_count = 0;                      ///< nackCount: packets of RTCP sent
    std::uint64_t nacked_packets = 0;                  ///< ours: sequence numbers in them
    std::uint64_t pli_count = 0;                       ///< pliCount: sent
    std::uint64_t fir_count = 0;                       ///< firCount: sent
    std::uint64_t key_frames_unanswered = 0;           ///< ours: requests sent since the last key frame came
    std::uint64_t freeze_count = 0;                    ///< freezeCount: by the times of delivery
    Duration total_freezes_duration{};                 ///< totalFreezesDuration: seconds
    Duration total_inter_frame_delay{};                ///< totalInterFrameDelay: seconds
    double total_squared_inter_frame_delay = 0;        ///< totalSquaredInterFrameDelay: seconds squared
    double frames_per_second = 0;                      ///< framesPerSecond: delivered in the last second
    std::optional<TimePoint> last_packet_received;     ///< lastPacketReceivedTimestamp
    // RTCRemoteOutboundRtpStreamStats: what the sender's reports say.
    std::uint64_t remote_reports = 0;       ///< reportsSent
    std::uint64_t remote_packets_sent = 0;  ///< packetsSent
    std::uint64_t remote_bytes_sent = 0;    ///< bytesSent
};

/// RTCOutboundRtpStreamStats.
struct OutboundStats {
    std::uint32_t ssrc = 0;                        ///< ssrc
    std::string mid;                               ///< mid
    std::string kind;                              ///< kind
    std::optional<std::uint32_t> rtx_ssrc;         ///< rtxSsrc
    std::uint64_t packets_sent = 0;                ///< packetsSent: the resent ones included
    std::uint64_t bytes_sent = 0;                  ///< bytesSent: payloads, the resent ones included
    std::uint64_t header_bytes_sent = 0;           ///< headerBytesSent
    std::uint64_t retransmitted_packets_sent = 0;  ///< retransmittedPacketsSent
    std::uint64_t retransmitted_bytes_sent = 0;    ///< retransmittedBytesSent
    std::uint64_t frames_sent = 0;                 ///< framesSent
    std::uint64_t huge_frames_sent = 0;            ///< hugeFramesSent: 2.5 times the average, or more
    std::uint64_t frames_refused = 0;              ///< ours: too much was waiting to be sent
    std::uint64_t packets_refused = 0;             ///< ours: not sent on, being too long, too late, or one too many
    Duration total_packet_send_delay{};            ///< totalPacketSendDelay: seconds that packets waited for the pacer
    std::uint64_t nack_count = 0;                  ///< nackCount: packets of RTCP that came
    std::uint64_t nacked_packets = 0;              ///< ours: sequence numbers in them
    std::uint64_t nacked_unknown = 0;              ///< ours: of which those too old to be resent, or never sent
    std::uint64_t pli_count = 0;                   ///< pliCount: that came
    std::uint64_t fir_count = 0;                   ///< firCount: that came
    std::uint64_t target_bitrate = 0;              ///< targetBitrate: bits per second, of the session
    double frames_per_second = 0;                  ///< framesPerSecond: sent in the last second
};

/// RTCRemoteInboundRtpStreamStats: what the receiver's reports say of an outbound stream.
struct RemoteInboundStats {
    std::uint64_t reports = 0;                       ///< ours: report blocks that came
    std::int64_t packets_lost = 0;                   ///< packetsLost
    std::uint64_t packets_received = 0;              ///< packetsReceived: what the highest number and the losses leave
    double fraction_lost = 0;                        ///< fractionLost: 0 to 1, of the last report
    Duration jitter{};                               ///< jitter: seconds
    std::optional<Duration> round_trip_time;         ///< roundTripTime: seconds, of the last report
    Duration total_round_trip_time{};                ///< totalRoundTripTime
    std::uint64_t round_trip_time_measurements = 0;  ///< roundTripTimeMeasurements
};

/// Of a session as a whole; all but the first ours.
struct TransportStats {
    std::uint64_t available_outgoing_bitrate = 0;  ///< availableOutgoingBitrate: bits per second
    std::optional<std::uint64_t> remote_estimate;  ///< bits per second, of the peer's last REMB
    std::uint64_t packets_malformed = 0;           ///< neither RTP nor RTCP
    std::uint64_t packets_unbound = 0;  ///< of no section, of no payload type that was agreed on, or of one source too many
    std::uint64_t streams_refused = 0;  ///< sources over the limit: packets of theirs
    std::uint64_t transport_feedback_sent = 0;      ///< packets
    std::uint64_t transport_feedback_received = 0;  ///< packets
    std::uint64_t remb_sent = 0;                    ///< packets
    std::uint64_t events_dropped = 0;               ///< nobody took them
};

/// A W3C name, or one of ours in the same style, and its number; durations in seconds.
using NamedValues = std::vector<std::pair<std::string_view, double>>;
[[nodiscard]] NamedValues named_values(const InboundStats& stats);
[[nodiscard]] NamedValues named_values(const OutboundStats& stats);
[[nodiscard]] NamedValues named_values(const RemoteInboundStats& stats);
[[nodiscard]] NamedValues named_values(const TransportStats& stats);

}  // namespace volley::streams
