#include "streams/stats.hpp"

namespace volley::streams {
namespace {

double number(std::uint64_t value) noexcept { return static_cast<double>(value); }
double number(std::int64_t value) noexcept { return static_cast<double>(value); }

}  // namespace

NamedValues named_values(const InboundStats& stats) {
    NamedValues out = {
        {"ssrc", stats.ssrc},
        {"packetsReceived", number(stats.packets_received)},
        {"packetsLost", number(stats.packets_lost)},
        {"packetsMissing", number(stats.packets_missing)},
        {"packetsDiscarded", number(stats.packets_discarded)},
        {"packetsDuplicated", number(stats.packets_duplicated)},
        {"bytesReceived", number(stats.bytes_received)},
        {"headerBytesReceived", number(stats.header_bytes_received)},
        {"jitter", to_seconds(stats.jitter)},
        {"retransmittedPacketsReceived", number(stats.retransmitted_packets_received)},
        {"retransmittedBytesReceived", number(stats.retransmitted_bytes_received)},
        {"framesReceived", number(stats.frames_received)},
        {"keyFramesReceived", number(stats.key_frames_received)},
        {"framesDelivered", number(stats.frames_delivered)},
        {"framesDropped", number(stats.frames_dropped)},
        {"framesAssembledFromMultiplePackets", number(stats.frames_assembled)},
        {"totalAssemblyTime", to_seconds(stats.total_assembly_time)},
        {"framesPerSecond", stats.frames_per_second},
        {"nackCount", number(stats.nack_count)},
        {"nackedPackets", number(stats.nacked_packets)},
        {"pliCount", number(stats.pli_count)},
        {"firCount", number(stats.fir_count)},
        {"keyFramesUnanswered", number(stats.key_frames_unanswered)},
        {"freezeCount", number(stats.freeze_count)},
        {"totalFreezesDuration", to_seconds(stats.total_freezes_duration)},
        {"totalInterFrameDelay", to_seconds(stats.total_inter_frame_delay)},
        {"totalSquaredInterFrameDelay", stats.total_squared_inter_frame_delay},
        {"reportsSent", number(stats.remote_reports)},
        {"packetsSent", number(stats.remote_packets_sent)},
        {"bytesSent", number(stats.remote_bytes_sent)},
    };
    if (stats.rtx_ssrc) out.emplace_back("rtxSsrc", *stats.rtx_ssrc);
    return out;
}

NamedValues named_values(const OutboundStats& stats) {
    NamedValues out = {
        {"ssrc", stats.ssrc},
        {"packetsSent", number(stats.packets_sent)},
        {"bytesSent", number(stats.bytes_sent)},
        {"headerBytesSent", number(stats.header_bytes_sent)},
        {"retransmittedPacketsSent", number(stats.retransmitted_packets_sent)},
        {"retransmittedBytesSent", number(stats.retransmitted_bytes_sent)},
        {"framesSent", number(stats.frames_sent)},
        {"hugeFramesSent", number(stats.huge_frames_sent)},
        {"framesRefused", number(stats.frames_refused)},
        {"packetsRefused", number(stats.packets_refused)},
        {"framesPerSecond", stats.frames_per_second},
        {"totalPacketSendDelay", to_seconds(stats.total_packet_send_delay)},
        {"nackCount", number(stats.nack_count)},
        {"nackedPackets", number(stats.nacked_packets)},
        {"nackedUnknown", number(stats.nacked_unknown)},
        {"pliCount", number(stats.pli_count)},
        {"firCount", number(stats.fir_count)},
        {"targetBitrate", number(stats.target_bitrate)},
    };
    if (stats.rtx_ssrc) out.emplace_back("rtxSsrc", *stats.rtx_ssrc);
    return out;
}

NamedValues named_values(const RemoteInboundStats& stats) {
    NamedValues out = {
        {"reports", number(stats.reports)},
        {"packetsLost", number(stats.packets_lost)},
        {"packetsReceived", number(stats.packets_received)},
        {"fractionLost", stats.fraction_lost},
        {"jitter", to_seconds(stats.jitter)},
        {"totalRoundTripTime", to_seconds(stats.total_round_trip_time)},
        {"roundTripTimeMeasurements", number(stats.round_trip_time_measurements)},
    };
    if (stats.round_trip_time) out.emplace_back("roundTripTime", to_seconds(*stats.round_trip_time));
    return out;
}

NamedValues named_values(const TransportStats& stats) {
    NamedValues out = {
        {"availableOutgoingBitrate", number(stats.available_outgoing_bitrate)},
        {"packetsMalformed", number(stats.packets_malformed)},
        {"packetsUnbound", number(stats.packets_unbound)},
        {"streamsRefused", number(stats.streams_refused)},
        {"transportFeedbackSent", number(stats.transport_feedback_sent)},
        {"transportFeedbackReceived", number(stats.transport_feedback_received)},
        {"rembSent", number(stats.remb_sent)},
        {"eventsDropped", number(stats.events_dropped)},
    };
    if (stats.remote_estimate) out.emplace_back("remoteEstimate", number(*stats.remote_estimate));
    return out;
}

}  // namespace volley::streams
