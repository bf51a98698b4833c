// The receiving half of a session: which section a packet of the peer's belongs to, and its streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "proto/rtp/packet.hpp"
#include "proto/rtp/rtcp.hpp"
#include "streams/events.hpp"
#include "streams/receive_stream.hpp"
#include "streams/section.hpp"
#include "streams/session.hpp"
#include "streams/transport_wide.hpp"

namespace volley::streams {

/// Thread safety: as a plain value. Lifetime: not longer than sections and config.
class Receiving {
public:
    Receiving(const std::vector<Section>& sections, const SessionConfig& config) : sections_(sections), config_(config) {}

    void handle_packet(TimePoint now, BytesView bytes, EventQueue& events);
    void handle_sender_report(TimePoint now, const proto::rtp::SenderReport& report);
    void handle_goodbye(TimePoint now, const proto::rtp::Goodbye& goodbye, EventQueue& events);
    void handle_timeout(TimePoint now, EventQueue& events);

    void request_key_frame(ReceiveId stream);
    void relay_key_frame_request(std::size_t section);

    /// Feedback that is due. @param round_trip  as reports tell it. @param sender  our SSRC.
    void take_feedback(TimePoint now, std::optional<Duration> round_trip, std::uint32_t sender,
                       std::vector<proto::rtp::Rtcp>& out, EventQueue& events);
    /// That on arrivals which is due so soon that it goes with what is sent now. Nothing: there is none.
    [[nodiscard]] std::optional<proto::rtp::Rtcp> take_early_feedback(TimePoint now, std::uint32_t sender);
    [[nodiscard]] std::optional<TimePoint> next_feedback(std::optional<Duration> round_trip) const noexcept;
    [[nodiscard]] std::optional<TimePoint> next_timeout() const noexcept;
    [[nodiscard]] std::vector<proto::rtp::ReportBlock> take_reports(TimePoint now);
    /// What the peer is told to keep below, where that was agreed on and nothing better was.
    [[nodiscard]] std::optional<proto::rtp::Feedback> make_estimate(std::uint32_t sender);

    /// A packet of some section has come.
    [[nodiscard]] bool heard() const noexcept { return !streams_.empty(); }
    [[nodiscard]] std::vector<std::pair<ReceiveId, InboundStats>> stats(TimePoint now) const;
    void add_to(TransportStats& stats) const noexcept;

private:
    [[nodiscard]] std::optional<proto::rtp::Rtcp> take_arrivals(TimePoint now, std::uint32_t sender);
    [[nodiscard]] const Section* section_of(const proto::rtp::Packet& packet) const noexcept;
    [[nodiscard]] ReceiveStream* live(std::uint32_t ssrc) noexcept;
    [[nodiscard]] bool has_stream(const Section& section) const noexcept;
    [[nodiscard]] bool lately_ended(TimePoint now, std::uint32_t ssrc) const noexcept;
    [[nodiscard]] ReceiveStream* add(TimePoint now, std::uint32_t ssrc, const Section& section);
    [[nodiscard]] ReceiveStream* resent_stream(const proto::rtp::Packet& rtx, const Section& section) noexcept;

    const std::vector<Section>& sections_;
    const SessionConfig& config_;
    std::vector<std::unique_ptr<ReceiveStream>> streams_;  // oldest first
    ReceiveId next_id_ = 1;
    ArrivalLog arrivals_;
    std::uint32_t last_ssrc_ = 0;
    std::uint64_t malformed_ = 0;
    std::uint64_t unbound_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t feedback_sent_ = 0;
    std::uint64_t estimates_sent_ = 0;
};

}  // namespace volley::streams
