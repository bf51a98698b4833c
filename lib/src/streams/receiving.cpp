#include "streams/receiving.hpp"

#include <algorithm>

#include "proto/rtp/extensions.hpp"
#include "streams/deadlines.hpp"

namespace volley::streams {
namespace {

using proto::rtp::Feedback;
using proto::rtp::RtcpType;

// Packets that were overtaken by their source's BYE begin no new stream.
constexpr Duration ended_for = std::chrono::seconds(2);

}  // namespace

ReceiveStream* Receiving::live(std::uint32_t ssrc) noexcept {
    for (const auto& stream : streams_)
        if (stream->ssrc() == ssrc && !stream->ended()) return stream.get();
    return nullptr;
}

bool Receiving::has_stream(const Section& section) const noexcept {
    return std::any_of(streams_.begin(), streams_.end(),
                       [&](const auto& stream) { return &stream->section() == &section && !stream->ended(); });
}

bool Receiving::lately_ended(TimePoint now, std::uint32_t ssrc) const noexcept {
    return std::any_of(streams_.begin(), streams_.end(), [&](const auto& stream) {
        return stream->ssrc() == ssrc && stream->said_goodbye() && now < *stream->ended_at() + ended_for;
    });
}

// RFC 8843 section 9.2: by MID, then by what the description says of the source, then by the payload type. An id of an extension means what the
// section says, so each is asked whether it is there under its own id: one stack has the same id for two extensions in one bundle.
const Section* Receiving::section_of(const proto::rtp::Packet& packet) const noexcept {
    const auto takes = [&](const Section& section) {
        return section.receives && section.codec_of(packet.payload_type).has_value();
    };
    for (const Section& section : sections_) {
        if (!takes(section) || section.mid_id == 0 || section.agreed->mid.empty()) continue;
        const auto mid = proto::rtp::find_element(packet, section.mid_id);
        if (mid && text_of(*mid) == section.agreed->mid) return &section;
    }
    for (const Section& section : sections_)
        if (takes(section) && section.names(packet.ssrc)) return &section;
    const Section* any = nullptr;
    for (const Section& section : sections_) {
        if (!takes(section)) continue;
        if (!has_stream(section)) return &section;
        if (any == nullptr) any = &section;
    }
    return any;
}

ReceiveStream* Receiving::add(TimePoint now, std::uint32_t ssrc, const Section& section) {
    if (lately_ended(now, ssrc)) return nullptr;
    if (streams_.size() >= Session::most_streams) {
        const auto ended = std::find_if(streams_.begin(), streams_.end(), [](const auto& stream) { return stream->ended(); });
        if (ended == streams_.end()) {
            ++refused_;
            return nullptr;
        }
        streams_.erase(ended);
    }
    streams_.push_back(std::make_unique<ReceiveStream>(next_id_++, ssrc, section, config_));
    return streams_.back().get();
}

// RFC 4588 section 5.3: by the description, by what was asked for, or because there is no other.
ReceiveStream* Receiving::resent_stream(const proto::rtp::Packet& rtx, const Section& section) noexcept {
    if (const auto source = section.resent_source(rtx.ssrc)) return live(*source);
    constexpr std::size_t number_bytes = 2;
    const bool has_number = rtx.payload.size() >= number_bytes;
    const std::uint16_t number = has_number ? ByteReader(rtx.payload).u16() : std::uint16_t{0};
    ReceiveStream* only = nullptr;
    std::size_t count = 0;
    for (const auto& stream : streams_) {
        if (&stream->section() != &section || stream->ended()) continue;
        if (has_number && stream->misses(number)) return stream.get();
        only = stream.get();
        ++count;
    }
    return count == 1 ? only : nullptr;
}

void Receiving::handle_packet(TimePoint now, BytesView bytes, EventQueue& events) {
    const auto packet = proto::rtp::parse(bytes);
    if (!packet) {
        ++malformed_;
        return;
    }
    ReceiveStream* stream = live(packet->ssrc);
    const Section* const section = stream != nullptr ? &stream->section() : section_of(*packet);
    const auto codec = section != nullptr ? section->codec_of(packet->payload_type) : std::nullopt;
    if (!codec) {
        ++unbound_;
        return;
    }
    if (section->transport_cc) {
        const auto number = proto::rtp::find_element(*packet, section->transport_cc_id);
        if (number && number->size() >= 2) {
            arrivals_.add(now, ByteReader(*number).u16());
            last_ssrc_ = packet->ssrc;
        }
    }
    if (const auto original = section->resent_by(*codec)) {
        ReceiveStream* const of = resent_stream(*packet, *section);
        if (of == nullptr)
            ++unbound_;
        else
            of->handle_resent(now, *packet, *original, bytes.size(), events);
        return;
    }
    if (!section->carries(*codec)) {
        ++unbound_;
        return;
    }
    if (stream == nullptr) stream = add(now, packet->ssrc, *section);
    if (stream == nullptr) {
        ++unbound_;
        return;
    }
    stream->handle_packet(now, *packet, *codec, bytes.size(), events);
}

void Receiving::handle_sender_report(TimePoint now, const proto::rtp::SenderReport& report) {
    if (ReceiveStream* const stream = live(report.ssrc)) stream->handle_sender_report(now, report);
}

void Receiving::handle_goodbye(TimePoint now, const proto::rtp::Goodbye& goodbye, EventQueue& events) {
    for (const std::uint32_t ssrc : goodbye.ssrcs)
        if (ReceiveStream* const stream = live(ssrc)) stream->handle_goodbye(now, events);
}

void Receiving::handle_timeout(TimePoint now, EventQueue& events) {
    for (const auto& stream : streams_) stream->handle_timeout(now, events);
}

void Receiving::request_key_frame(ReceiveId stream) {
    for (const auto& one : streams_)
        if (one->id() == stream) one->request_key_frame(true);
}

void Receiving::relay_key_frame_request(std::size_t section) {
    for (const auto& stream : streams_)
        if (stream->section().index == section) stream->request_key_frame(false);
}

void Receiving::take_feedback(TimePoint now, std::optional<Duration> round_trip, std::uint32_t sender,
                              std::vector<proto::rtp::Rtcp>& out, EventQueue& events) {
    for (const auto& stream : streams_) stream->take_feedback(now, round_trip, sender, out, events);
    for (auto due = arrivals_.next(); due && *due <= now; due = arrivals_.next()) {
        auto feedback = take_arrivals(now, sender);
        if (!feedback) break;
        out.push_back(std::move(*feedback));
    }
}

std::optional<proto::rtp::Rtcp> Receiving::take_arrivals(TimePoint now, std::uint32_t sender) {
    const auto feedback = arrivals_.take(now);
    if (!feedback) return std::nullopt;
    ++feedback_sent_;
    return Feedback{RtcpType::transport_feedback, Feedback::transport_wide, sender, last_ssrc_,
                    proto::rtp::transport_feedback_of(*feedback)};
}

std::optional<proto::rtp::Rtcp> Receiving::take_early_feedback(TimePoint now, std::uint32_t sender) {
    const auto due = arrivals_.next();
    if (!due || now + ArrivalLog::earliness < *due) return std::nullopt;
    return take_arrivals(now, sender);
}

std::optional<TimePoint> Receiving::next_feedback(std::optional<Duration> round_trip) const noexcept {
    std::optional<TimePoint> out = arrivals_.next();
    for (const auto& stream : streams_) out = earlier(out, stream->next_feedback(round_trip));
    return out;
}

std::optional<TimePoint> Receiving::next_timeout() const noexcept {
    std::optional<TimePoint> out;
    for (const auto& stream : streams_) out = earlier(out, stream->next_timeout());
    return out;
}

std::vector<proto::rtp::ReportBlock> Receiving::take_reports(TimePoint now) {
    std::vector<proto::rtp::ReportBlock> out;
    for (const auto& stream : streams_)
        if (!stream->ended() && stream->heard()) out.push_back(stream->take_report(now));
    return out;
}

std::optional<Feedback> Receiving::make_estimate(std::uint32_t sender) {
    proto::rtp::ReceiverEstimate estimate;
    estimate.bits_per_second = config_.receive_cap;
    for (const auto& stream : streams_)
        if (!stream->ended() && stream->section().remb && !stream->section().transport_cc)
            estimate.ssrcs.push_back(stream->ssrc());
    if (estimate.ssrcs.empty()) return std::nullopt;
    ++estimates_sent_;
    return Feedback{RtcpType::payload_feedback, Feedback::application_layer, sender, 0,
                    proto::rtp::receiver_estimate_of(estimate)};
}

std::vector<std::pair<ReceiveId, InboundStats>> Receiving::stats(TimePoint now) const {
    std::vector<std::pair<ReceiveId, InboundStats>> out;
    for (const auto& stream : streams_) out.emplace_back(stream->id(), stream->stats(now));
    return out;
}

void Receiving::add_to(TransportStats& stats) const noexcept {
    stats.packets_malformed += malformed_;
    stats.packets_unbound += unbound_;
    stats.streams_refused += refused_;
    stats.transport_feedback_sent += feedback_sent_;
    stats.remb_sent += estimates_sent_;
}

}  // namespace volley::streams
