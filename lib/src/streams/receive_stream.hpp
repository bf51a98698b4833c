// One source of the peer's: its packets counted, missing ones asked for, frames assembled, and what is reported of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "proto/rtp/packet.hpp"
#include "proto/rtp/rtcp.hpp"
#include "streams/events.hpp"
#include "streams/frame_times.hpp"
#include "streams/jitter_buffer.hpp"
#include "streams/key_frame_requests.hpp"
#include "streams/least_delay.hpp"
#include "streams/nack_list.hpp"
#include "streams/reordering.hpp"
#include "streams/section.hpp"
#include "streams/sequence_tracker.hpp"
#include "streams/session.hpp"

namespace volley::streams {

/// Thread safety: as a plain value. Lifetime: not longer than section and config.
class ReceiveStream {
public:
    ReceiveStream(ReceiveId id, std::uint32_t ssrc, const Section& section, const SessionConfig& config);

    /// A packet as its source sent it. @param codec  its payload type's. @param bytes  all of it.
    void handle_packet(TimePoint now, const proto::rtp::Packet& packet, std::size_t codec, std::size_t bytes, EventQueue& events);
    /// A packet of its RTX, whose payload begins with the original number (RFC 4588 section 4). @param codec  of the original.
    void handle_resent(TimePoint now, const proto::rtp::Packet& rtx, std::size_t codec, std::size_t bytes, EventQueue& events);
    void handle_sender_report(TimePoint now, const proto::rtp::SenderReport& report) noexcept;
    /// What time alone brings: frames that were waited for long enough, silence.
    void handle_timeout(TimePoint now, EventQueue& events);
    void handle_goodbye(TimePoint now, EventQueue& events);

    /// @param drops  frames until it comes are of no use.
    void request_key_frame(bool drops) noexcept;

    /// Feedback that is due, and frames whose turn it is once a packet is given up.
    /// @param round_trip  as reports tell it: what resent packets take is not known yet. @param sender  of it, our SSRC.
    void take_feedback(TimePoint now, std::optional<Duration> round_trip, std::uint32_t sender,
                       std::vector<proto::rtp::Rtcp>& out, EventQueue& events);
    [[nodiscard]] std::optional<TimePoint> next_feedback(std::optional<Duration> round_trip) const noexcept;
    [[nodiscard]] std::optional<TimePoint> next_timeout() const noexcept;
    /// For a report, which resets the fraction.
    [[nodiscard]] proto::rtp::ReportBlock take_report(TimePoint now) noexcept;

    [[nodiscard]] bool misses(std::uint16_t number) const noexcept;
    [[nodiscard]] ReceiveId id() const noexcept { return id_; }
    [[nodiscard]] std::uint32_t ssrc() const noexcept { return ssrc_; }
    [[nodiscard]] const Section& section() const noexcept { return section_; }
    [[nodiscard]] bool ended() const noexcept { return ended_.has_value(); }
    [[nodiscard]] std::optional<TimePoint> ended_at() const noexcept { return ended_; }
    [[nodiscard]] bool said_goodbye() const noexcept { return goodbye_; }
    [[nodiscard]] bool heard() const noexcept { return tracker_.started(); }
    [[nodiscard]] InboundStats stats(TimePoint now) const;

private:
    void accept(TimePoint now, std::uint64_t sequence, const proto::rtp::Packet& packet, BytesView payload, std::size_t codec,
                bool resent, EventQueue& events);
    [[nodiscard]] NackList::Pace pace(std::optional<Duration> round_trip) const noexcept;
    void note_response(TimePoint now, std::uint64_t sequence) noexcept;
    void note_gap(TimePoint now, std::uint64_t highest_before, std::uint64_t sequence);
    void note_jitter(TimePoint now, std::uint32_t timestamp, std::uint32_t clock_rate) noexcept;
    void drain(TimePoint now, EventQueue& events);
    void end(TimePoint now, bool goodbye, EventQueue& events);

    ReceiveId id_;
    std::uint32_t ssrc_;
    const Section& section_;
    const SessionConfig& config_;
    bool by_packet_;
    SequenceTracker tracker_;
    std::uint64_t lowest_ = 0;  // number that came
    NackList nacks_;
    Reordering reordering_;
    LeastDelay responses_;  // from the first request for a packet to its coming
    std::optional<Duration> response_;
    JitterBuffer buffer_;
    KeyFrameRequests key_frames_;
    FrameTimes times_;
    InboundStats counts_;
    bool key_seen_ = false;  // a packet of a key frame, since the last request
    std::uint8_t intra_number_ = 0;

    // Jitter: RFC 3550 appendix A.8.
    std::optional<std::uint32_t> transit_;
    double jitter_ = 0;  // units of the timestamp
    std::uint32_t clock_rate_ = 0;

    std::uint32_t last_report_ = 0;  // the middle of its NTP time
    TimePoint report_came_{};
    TimePoint last_packet_{};
    std::optional<TimePoint> ended_;
    bool goodbye_ = false;
};

}  // namespace volley::streams
