// What we send in one section: packets made of frames, kept to be resent, and what the peer reports of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "proto/rtp/packet.hpp"
#include "proto/rtp/rtcp.hpp"
#include "streams/frame_times.hpp"
#include "streams/history.hpp"
#include "streams/key_frame_requests.hpp"
#include "streams/pacer.hpp"
#include "streams/section.hpp"
#include "streams/session.hpp"
#include "streams/transport_wide.hpp"

namespace volley::streams {

/// How much may be resent: what a peer asks for again and again is bounded by the rate that it takes.
class ResendBudget {
public:
    static constexpr double least_burst = 64.0 * 1024;  ///< bytes

    void refill(TimePoint now, std::uint64_t bits_per_second) noexcept;
    /// What is sent for the first time: of a way that takes this, so much may be sent once more, whatever its rate is estimated to be.
    void earn(TimePoint now, std::size_t bytes) noexcept;
    [[nodiscard]] bool spend(std::size_t bytes) noexcept;

private:
    static constexpr Duration window = std::chrono::milliseconds(500);

    double left_ = least_burst;
    std::optional<TimePoint> filled_;
    std::optional<TimePoint> began_;  // the window in which `sent_` was
    std::size_t sent_ = 0;
    double sent_before_ = 0;  // bytes per second, in the window before
};

/// Thread safety: as a plain value. Lifetime: not longer than section and config.
class SendStream {
public:
    SendStream(const Section& section, const SessionConfig& config, RandomSource& random);

    [[nodiscard]] bool add_frame(TimePoint now, const FrameToSend& frame, Pacer& pacer);
    [[nodiscard]] bool add_packet(TimePoint now, const PacketToSend& packet, Pacer& pacer);
    /// Sends what the pacer has let go; nothing where it is gone. @param scratch  where a packet of RTX is made.
    [[nodiscard]] std::optional<OutPacket> send(TimePoint now, const QueuedPacket& queued, SendLog& log, Bytes& scratch);

    void handle_nack(TimePoint now, std::span<const std::uint16_t> numbers, Duration round_trip, ResendBudget& budget,
                     Pacer& pacer);
    void handle_picture_loss() noexcept;
    void handle_intra_request(std::uint32_t requester, std::uint8_t number);
    [[nodiscard]] KeyFrameOrders& orders() noexcept { return orders_; }
    [[nodiscard]] const KeyFrameOrders& orders() const noexcept { return orders_; }
    /// @return the round trip that it tells, where it tells one.
    [[nodiscard]] std::optional<Duration> handle_report(TimePoint now, const proto::rtp::ReportBlock& block);

    /// Something was sent.
    [[nodiscard]] bool active() const noexcept { return packets_ > 0; }
    [[nodiscard]] proto::rtp::SenderReport make_report(TimePoint now);

    [[nodiscard]] std::uint32_t ssrc() const noexcept { return ssrc_; }
    [[nodiscard]] std::optional<std::uint32_t> rtx_ssrc() const noexcept { return rtx_ssrc_; }
    [[nodiscard]] const Section& section() const noexcept { return section_; }
    [[nodiscard]] OutboundStats stats(TimePoint now) const;
    [[nodiscard]] const RemoteInboundStats& remote_stats() const noexcept { return remote_; }

private:
    // The header extension of each packet, and where in it that stands which each packet has anew.
    struct Extension {
        std::uint16_t profile = 0;
        Bytes data;
        std::size_t abs_send_time_at = 0;  // in data; of no meaning where it was not agreed on
        std::size_t transport_at = 0;      //
    };
    [[nodiscard]] static Extension make_extension(const Section& section, bool with_mid);
    [[nodiscard]] bool put(TimePoint now, std::uint64_t sequence, std::uint32_t timestamp, std::size_t codec, bool marker,
                           BytesView payload);
    [[nodiscard]] bool pass(TimePoint now, const PacketToSend& packet, Pacer& pacer);
    void note_frame(TimePoint now, std::uint32_t timestamp, std::size_t codec, std::size_t bytes);
    void stamp(TimePoint now, Bytes& packet, std::size_t payload_at, SendLog& log) const;
    [[nodiscard]] BytesView make_resent(const KeptPacket& packet, std::uint8_t type, Bytes& scratch);

    const Section& section_;
    const SessionConfig& config_;
    std::uint32_t ssrc_;
    std::optional<std::uint32_t> rtx_ssrc_;
    std::uint64_t next_;      // sequence number, rollovers counted
    std::uint64_t first_;     // that there can be
    std::uint64_t lowest_;    // that was used
    std::uint16_t rtx_next_;  //
    Extension with_mid_;
    Extension without_mid_;
    bool needs_mid_ = true;  // the peer has not reported of us yet
    History history_;
    // Numbers of packets that are passed on: ours are theirs and so much more (modulo 2^64).
    std::optional<std::uint64_t> passed_offset_;
    std::uint64_t passed_highest_ = 0;  // ours
    std::size_t passed_bytes_ = 0;      // of the frame so far

    std::uint64_t packets_ = 0;  // of the stream itself, as its reports count them
    std::uint64_t octets_ = 0;
    std::uint32_t last_timestamp_ = 0;
    TimePoint last_timestamp_at_{};
    std::uint32_t clock_rate_ = 0;
    std::uint64_t frame_bytes_ = 0;      // of all frames
    std::deque<std::uint32_t> reports_;  // the middle of the NTP times of the last ones

    KeyFrameOrders orders_;
    FrameTimes times_;
    OutboundStats counts_;
    RemoteInboundStats remote_;
};

}  // namespace volley::streams
