// The sending half of a session: its streams, in which order and how fast their packets leave, and what the peer says of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <volley/time.hpp>

#include "base/random.hpp"
#include "proto/rtp/rtcp.hpp"
#include "streams/bandwidth.hpp"
#include "streams/events.hpp"
#include "streams/least_delay.hpp"
#include "streams/pacer.hpp"
#include "streams/section.hpp"
#include "streams/send_stream.hpp"
#include "streams/session.hpp"
#include "streams/transport_wide.hpp"

namespace volley::streams {

/// Thread safety: as a plain value. Lifetime: not longer than sections and config.
class Sending {
public:
    Sending(const std::vector<Section>& sections, const SessionConfig& config, RandomSource& random);

    [[nodiscard]] bool can_send(std::size_t section) const noexcept { return find(section) != nullptr; }
    [[nodiscard]] bool send_frame(TimePoint now, std::size_t section, const FrameToSend& frame);
    [[nodiscard]] bool send_packet(TimePoint now, std::size_t section, const PacketToSend& packet);
    [[nodiscard]] std::optional<OutPacket> poll_packet(TimePoint now);
    [[nodiscard]] std::optional<TimePoint> next_packet() const noexcept { return pacer_.next(); }
    void stop() noexcept { pacer_.clear(); }

    /// Report blocks of one datagram.
    void handle_reports(TimePoint now, const std::vector<proto::rtp::ReportBlock>& blocks, EventQueue& events);
    void handle_feedback(TimePoint now, const proto::rtp::Feedback& feedback, EventQueue& events);
    void handle_timeout(TimePoint now, EventQueue& events);
    [[nodiscard]] std::optional<TimePoint> next_timeout() const noexcept;

    [[nodiscard]] std::vector<proto::rtp::SenderReport> make_reports(TimePoint now);
    [[nodiscard]] bool active() const noexcept;
    /// Our sources that have sent.
    [[nodiscard]] std::vector<std::uint32_t> sources() const;
    /// One of ours, whether it has sent or not; nothing where no section sends.
    [[nodiscard]] std::optional<std::uint32_t> first_source() const noexcept;

    [[nodiscard]] std::uint64_t target() const noexcept { return estimator_.target(); }
    [[nodiscard]] std::optional<Duration> round_trip() const noexcept { return round_trip_; }
    [[nodiscard]] std::optional<OutboundStats> stats(TimePoint now, std::size_t section) const;
    [[nodiscard]] std::optional<RemoteInboundStats> remote_stats(std::size_t section) const;
    void add_to(TransportStats& stats) const noexcept;

private:
    [[nodiscard]] SendStream* find(std::size_t section) const noexcept;
    [[nodiscard]] SendStream* by_source(std::uint32_t ssrc) const noexcept;
    void pass_orders(TimePoint now, EventQueue& events);
    void tell_target(EventQueue& events);

    std::vector<std::unique_ptr<SendStream>> streams_;  // by section; null: it does not send
    Pacer pacer_;
    SendLog log_;
    BandwidthEstimator estimator_;
    ResendBudget budget_;
    Bytes scratch_;
    std::optional<Duration> round_trip_;
    LeastDelay round_trips_;
    std::optional<Duration> least_round_trip_;
    std::uint64_t told_target_;
    std::optional<std::uint64_t> remote_estimate_;
    std::uint64_t feedback_received_ = 0;
    bool takes_transport_feedback_ = false;  // a section that sends agreed on it
};

}  // namespace volley::streams
