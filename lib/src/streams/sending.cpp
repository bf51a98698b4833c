#include "streams/sending.hpp"

#include <algorithm>

#include "streams/deadlines.hpp"

namespace volley::streams {

using proto::rtp::Feedback;
using proto::rtp::RtcpType;

Sending::Sending(const std::vector<Section>& sections, const SessionConfig& config, RandomSource& random)
    : pacer_(config.pace, config.pacing_limit), estimator_(config.rate), told_target_(estimator_.target()) {
    for (const Section& section : sections) {
        streams_.push_back(section.sends ? std::make_unique<SendStream>(section, config, random) : nullptr);
        takes_transport_feedback_ = takes_transport_feedback_ || (section.sends && section.transport_cc);
    }
}

SendStream* Sending::find(std::size_t section) const noexcept {
    return section < streams_.size() ? streams_[section].get() : nullptr;
}

SendStream* Sending::by_source(std::uint32_t ssrc) const noexcept {
    for (const auto& stream : streams_)
        if (stream != nullptr && stream->ssrc() == ssrc) return stream.get();
    return nullptr;
}

// --- packets ---------------------------------------------------------------------------------------------------------

bool Sending::send_frame(TimePoint now, std::size_t section, const FrameToSend& frame) {
    SendStream* const stream = find(section);
    if (stream == nullptr || !stream->add_frame(now, frame, pacer_)) return false;
    pacer_.set_rate(target());
    return true;
}

bool Sending::send_packet(TimePoint now, std::size_t section, const PacketToSend& packet) {
    SendStream* const stream = find(section);
    return stream != nullptr && stream->add_packet(now, packet, pacer_);
}

std::optional<OutPacket> Sending::poll_packet(TimePoint now) {
    while (const auto queued = pacer_.pop(now))
        if (auto packet = streams_[queued->section]->send(now, *queued, log_, scratch_)) {
            if (!queued->resend) budget_.earn(now, packet->bytes.size());
            return packet;
        }
    return std::nullopt;
}

// --- what the peer says ----------------------------------------------------------------------------------------------

void Sending::handle_reports(TimePoint now, const std::vector<proto::rtp::ReportBlock>& blocks, EventQueue& events) {
    std::optional<double> loss;
    for (const proto::rtp::ReportBlock& block : blocks) {
        SendStream* const stream = by_source(block.ssrc);
        if (stream == nullptr || !stream->active()) continue;
        if (const auto round_trip = stream->handle_report(now, block)) {
            round_trip_ = round_trip;
            least_round_trip_ = round_trips_.add(now, *round_trip);
        }
        loss = std::max(loss.value_or(0), block.fraction_lost / 256.0);
    }
    if (!loss) return;
    estimator_.handle_loss(now, *loss);
    tell_target(events);
}

void Sending::handle_feedback(TimePoint now, const Feedback& feedback, EventQueue& events) {
    if (feedback.type == RtcpType::transport_feedback && feedback.format == Feedback::nack) {
        SendStream* const stream = by_source(feedback.media);
        if (stream == nullptr) return;
        budget_.refill(now, target());
        // Without a round trip that is known a packet is resent at most every 50 ms.
        stream->handle_nack(now, proto::rtp::lost_sequences(feedback), least_round_trip_.value_or(std::chrono::milliseconds(50)),
                            budget_, pacer_);
        return;
    }
    if (feedback.type == RtcpType::transport_feedback && feedback.format == Feedback::transport_wide) {
        // Whatever was not agreed on has nobody that waits for it.
        const auto span = proto::rtp::transport_feedback_span(feedback);
        if (!takes_transport_feedback_ || !span || !log_.admit(*span)) return;
        const auto arrivals = proto::rtp::transport_feedback(feedback);
        if (!arrivals) return;
        ++feedback_received_;
        estimator_.handle_feedback(now, log_.take(*arrivals), round_trip_);
        tell_target(events);
        return;
    }
    if (feedback.type != RtcpType::payload_feedback) return;
    if (feedback.format == Feedback::picture_loss) {
        if (SendStream* const stream = by_source(feedback.media)) stream->handle_picture_loss();
    }
    for (const proto::rtp::IntraRequest& request : proto::rtp::intra_requests(feedback))
        if (SendStream* const stream = by_source(request.ssrc)) stream->handle_intra_request(feedback.sender, request.number);
    pass_orders(now, events);
    if (const auto estimate = proto::rtp::receiver_estimate(feedback)) {
        // Of whichever sources: there is one way to the peer.
        remote_estimate_ = estimate->bits_per_second;
        estimator_.handle_estimate(now, estimate->bits_per_second);
        tell_target(events);
    }
}

void Sending::handle_timeout(TimePoint now, EventQueue& events) { pass_orders(now, events); }

std::optional<TimePoint> Sending::next_timeout() const noexcept {
    std::optional<TimePoint> out;
    for (const auto& stream : streams_)
        if (stream != nullptr) out = earlier(out, stream->orders().next());
    return out;
}

void Sending::pass_orders(TimePoint now, EventQueue& events) {
    for (const auto& stream : streams_)
        if (stream != nullptr && stream->orders().take_due(now)) events.push(KeyFrameWanted{stream->section().index});
}

// Small steps are not worth setting an encoder for.
void Sending::tell_target(EventQueue& events) {
    constexpr std::uint64_t part = 50;
    const std::uint64_t now = target();
    const std::uint64_t step = now > told_target_ ? now - told_target_ : told_target_ - now;
    if (step == 0 || step < told_target_ / part) return;
    told_target_ = now;
    events.push(TargetBitrateChanged{now});
}

// --- what is told ----------------------------------------------------------------------------------------------------

std::vector<proto::rtp::SenderReport> Sending::make_reports(TimePoint now) {
    std::vector<proto::rtp::SenderReport> out;
    for (const auto& stream : streams_)
        if (stream != nullptr && stream->active()) out.push_back(stream->make_report(now));
    return out;
}

bool Sending::active() const noexcept {
    return std::any_of(streams_.begin(), streams_.end(),
                       [](const auto& stream) { return stream != nullptr && stream->active(); });
}

std::vector<std::uint32_t> Sending::sources() const {
    std::vector<std::uint32_t> out;
    for (const auto& stream : streams_)
        if (stream != nullptr && stream->active()) out.push_back(stream->ssrc());
    return out;
}

std::optional<std::uint32_t> Sending::first_source() const noexcept {
    for (const auto& stream : streams_)
        if (stream != nullptr) return stream->ssrc();
    return std::nullopt;
}

std::optional<OutboundStats> Sending::stats(TimePoint now, std::size_t section) const {
    const SendStream* const stream = find(section);
    if (stream == nullptr) return std::nullopt;
    OutboundStats out = stream->stats(now);
    out.target_bitrate = target();
    return out;
}

std::optional<RemoteInboundStats> Sending::remote_stats(std::size_t section) const {
    const SendStream* const stream = find(section);
    if (stream == nullptr) return std::nullopt;
    return stream->remote_stats();
}

void Sending::add_to(TransportStats& stats) const noexcept {
    stats.available_outgoing_bitrate = target();
    stats.remote_estimate = remote_estimate_;
    stats.transport_feedback_received += feedback_received_;
}

}  // namespace volley::streams
