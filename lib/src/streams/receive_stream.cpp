#include "streams/receive_stream.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "streams/deadlines.hpp"
#include "streams/rtcp_reports.hpp"

namespace volley::streams {
namespace {

using proto::rtp::Feedback;
using proto::rtp::RtcpType;

JitterOptions jitter_options(const Section& section, const SessionConfig& config) noexcept {
    JitterOptions out;
    out.video = section.video;
    out.needs_key = section.video && config.shape != nullptr;
    // Who listens would rather miss a sound than wait for it.
    out.wait = section.video && section.nack ? config.frame_wait : config.reorder_wait;
    out.wait_before_key = std::min(out.wait, config.reorder_wait);
    out.start_wait = config.reorder_wait;
    return out;
}

constexpr std::size_t original_number = 2;  // bytes
// Four bytes each where they lie far apart.
constexpr std::size_t most_in_nack = 128;
// Between two requests for the same packet.
constexpr Duration unknown_round_trip = std::chrono::milliseconds(100);
constexpr Duration least_interval = std::chrono::milliseconds(30);
constexpr Duration most_interval = std::chrono::milliseconds(500);
// What resent packets wait for in the sender's pacer differs.
constexpr Duration response_slack = std::chrono::milliseconds(10);

}  // namespace

ReceiveStream::ReceiveStream(ReceiveId id, std::uint32_t ssrc, const Section& section, const SessionConfig& config)
    : id_(id),
      ssrc_(ssrc),
      section_(section),
      config_(config),
      by_packet_(config.sections[section.index].delivery == Delivery::packets),
      nacks_(config.frame_wait),
      buffer_(jitter_options(section, config)) {
    counts_.ssrc = ssrc;
    counts_.mid = section.agreed->mid;
    counts_.kind = section.agreed->kind;
    counts_.rtx_ssrc = section.rtx_source(ssrc);
}

void ReceiveStream::handle_packet(TimePoint now, const proto::rtp::Packet& packet, std::size_t codec, std::size_t bytes,
                                  EventQueue& events) {
    last_packet_ = now;
    const bool first = !tracker_.started();
    const std::uint64_t highest_before = tracker_.highest();
    const auto [sequence, arrival] = tracker_.take(packet.sequence);
    if (arrival == Arrival::stray) {
        ++counts_.packets_discarded;
        return;
    }
    ++counts_.packets_received;
    counts_.bytes_received += packet.payload.size();
    counts_.header_bytes_received += bytes - packet.payload.size();
    // Who resends by RTX sends nothing else again: what comes otherwise was late. Of anybody else it is known until it was asked for.
    const bool by_itself = arrival == Arrival::fresh && !nacks_.first_asked(sequence);
    if (by_itself || counts_.retransmitted_packets_received > 0) reordering_.note_came(now, sequence);
    if (arrival == Arrival::duplicate) {
        ++counts_.packets_duplicated;
        return;
    }
    if (first) events.push(StreamStarted{id_, section_.index, ssrc_});
    if (first || arrival == Arrival::restart) lowest_ = sequence;
    if (arrival == Arrival::restart) {
        nacks_.clear();
        buffer_.restart();
        transit_.reset();
        if (section_.video) request_key_frame(false);
    } else if (!first) {
        note_gap(now, highest_before, sequence);
    }
    note_jitter(now, packet.timestamp, section_.codec(codec).clock_rate);
    accept(now, sequence, packet, packet.payload, codec, false, events);
}

void ReceiveStream::handle_resent(TimePoint now, const proto::rtp::Packet& rtx, std::size_t codec, std::size_t bytes,
                                  EventQueue& events) {
    last_packet_ = now;
    counts_.rtx_ssrc = rtx.ssrc;
    // Without a number it is padding, which probes the way.
    if (rtx.payload.size() < original_number) return;
    const BytesView payload = rtx.payload.subspan(original_number);
    const std::uint64_t highest_before = tracker_.highest();
    const auto taken = tracker_.take_resent(ByteReader(rtx.payload).u16());
    if (!taken || taken->arrival == Arrival::stray) {
        ++counts_.packets_discarded;
        return;
    }
    ++counts_.packets_received;
    ++counts_.retransmitted_packets_received;
    counts_.bytes_received += payload.size();
    counts_.retransmitted_bytes_received += payload.size();
    counts_.header_bytes_received += bytes - payload.size();
    if (taken->arrival == Arrival::duplicate) {
        ++counts_.packets_duplicated;
        return;
    }
    note_response(now, taken->sequence);
    note_gap(now, highest_before, taken->sequence);
    accept(now, taken->sequence, rtx, payload, codec, true, events);
}

// It may answer a later request than the first: then it took less. The least time is not deceived.
void ReceiveStream::note_response(TimePoint now, std::uint64_t sequence) noexcept {
    if (const auto asked = nacks_.first_asked(sequence)) response_ = responses_.add(now, now - *asked);
}

NackList::Pace ReceiveStream::pace(std::optional<Duration> round_trip) const noexcept {
    const Duration interval = response_ ? *response_ + response_slack : round_trip.value_or(unknown_round_trip);
    return {reordering_.wait(), std::clamp(interval, least_interval, most_interval)};
}

void ReceiveStream::note_gap(TimePoint now, std::uint64_t highest_before, std::uint64_t sequence) {
    if (sequence <= highest_before) {
        nacks_.remove(sequence);
        // Overtaken by the first one that came: what is between them is missing as well.
        if (section_.nack && sequence < lowest_ && lowest_ - sequence <= JitterBuffer::most_before_first)
            (void)nacks_.add(now, sequence + 1, lowest_);
        lowest_ = std::min(lowest_, sequence);
        return;
    }
    if (!section_.nack) return;
    reordering_.note_missing(now, highest_before + 1, sequence);
    if (nacks_.add(now, highest_before + 1, sequence)) return;
    if (!by_packet_) buffer_.give_up(sequence - 1);
    if (section_.video) request_key_frame(false);
}

void ReceiveStream::accept(TimePoint now, std::uint64_t sequence, const proto::rtp::Packet& packet, BytesView payload,
                           std::size_t codec, bool resent, EventQueue& events) {
    PacketShape shape;
    if (section_.video && config_.shape && !payload.empty()) shape = config_.shape(section_.codec(codec), payload);
    key_seen_ = key_seen_ || shape.key;
    if (by_packet_) {
        if (shape.key || (!config_.shape && !payload.empty())) key_frames_.answer();
        events.push(PacketReceived{id_, section_.index, codec, sequence, packet.timestamp, packet.marker, resent, now,
                                   Bytes(payload.begin(), payload.end())});
        return;
    }
    BufferedPacket buffered;
    buffered.timestamp = packet.timestamp;
    buffered.marker = packet.marker;
    buffered.resent = resent;
    buffered.shape = shape;
    buffered.codec = codec;
    buffered.arrival = now;
    buffered.payload.assign(payload.begin(), payload.end());
    (void)buffer_.put(sequence, std::move(buffered));
    drain(now, events);
}

void ReceiveStream::drain(TimePoint now, EventQueue& events) {
    while (auto frame = buffer_.pop(now)) {
        times_.add(now);
        ++counts_.frames_delivered;
        if (frame->payloads.size() > 1) {
            ++counts_.frames_assembled;
            counts_.total_assembly_time += frame->last_arrival - frame->first_arrival;
        }
        if (frame->key) ++counts_.key_frames_received;
        // Where nobody can tell, any frame may be one.
        if (frame->key || !config_.shape) key_frames_.answer();
        FrameReceived event;
        event.stream = id_;
        event.section = section_.index;
        event.codec = frame->codec;
        event.timestamp = frame->timestamp;
        event.first_sequence = frame->first_sequence;
        event.key = frame->key;
        event.marker = frame->marker;
        event.packets_missing = frame->packets_missing;
        event.first_arrival = frame->first_arrival;
        event.last_arrival = frame->last_arrival;
        event.resent = frame->resent;
        event.payloads = std::move(frame->payloads);
        events.push(std::move(event));
    }
    nacks_.remove_before(buffer_.next_sequence());
    if (buffer_.misses_key()) request_key_frame(false);
}

// The difference of two packets' spacing at the receiver and at the sender, smoothed; appendix A.8.
void ReceiveStream::note_jitter(TimePoint now, std::uint32_t timestamp, std::uint32_t clock_rate) noexcept {
    if (clock_rate != clock_rate_) transit_.reset();
    clock_rate_ = clock_rate;
    const auto ns = static_cast<std::uint64_t>(now.time_since_epoch().count());
    constexpr std::uint64_t second = 1'000'000'000;
    const auto units = static_cast<std::uint32_t>(ns / second * clock_rate + ns % second * clock_rate / second);
    const std::uint32_t transit = units - timestamp;
    if (transit_) {
        const auto difference = static_cast<std::int32_t>(transit - *transit_);
        jitter_ += (std::abs(static_cast<double>(difference)) - jitter_) / 16;
    }
    transit_ = transit;
}

void ReceiveStream::handle_sender_report(TimePoint now, const proto::rtp::SenderReport& report) noexcept {
    last_report_ = ntp_middle(report.ntp_time);
    report_came_ = now;
    ++counts_.remote_reports;
    counts_.remote_packets_sent = report.packets;
    counts_.remote_bytes_sent = report.bytes;
}

void ReceiveStream::handle_timeout(TimePoint now, EventQueue& events) {
    if (ended_) return;
    if (const auto due = buffer_.deadline(); due && *due <= now) drain(now, events);
    if (now >= last_packet_ + config_.silence_limit) end(now, false, events);
}

void ReceiveStream::handle_goodbye(TimePoint now, EventQueue& events) {
    if (!ended_) end(now, true, events);
}

void ReceiveStream::end(TimePoint now, bool goodbye, EventQueue& events) {
    ended_ = now;
    goodbye_ = goodbye;
    nacks_.clear();
    events.push(StreamEnded{id_, section_.index, goodbye});
}

void ReceiveStream::request_key_frame(bool drops) noexcept {
    if (!section_.video || ended_) return;
    if (drops && !by_packet_) buffer_.await_key();
    // Without an agreed way to ask nobody is asked; a key frame may come by itself.
    if (section_.picture_loss || section_.intra_request) key_frames_.want();
}

void ReceiveStream::take_feedback(TimePoint now, std::optional<Duration> round_trip, std::uint32_t sender,
                                  std::vector<proto::rtp::Rtcp>& out, EventQueue& events) {
    if (ended_) return;
    const NackList::Due due = nacks_.take_due(now, pace(round_trip));
    if (due.given_up) {
        // Who gets what is sent on would find out seconds later that nobody has this packet.
        if (!by_packet_) buffer_.give_up(*due.given_up);
        request_key_frame(false);
        if (!by_packet_) drain(now, events);
    }
    for (std::span<const std::uint16_t> left = due.ask; !left.empty();) {
        const auto some = left.first(std::min(left.size(), most_in_nack));
        left = left.subspan(some.size());
        ++counts_.nack_count;
        counts_.nacked_packets += some.size();
        out.emplace_back(Feedback{RtcpType::transport_feedback, Feedback::nack, sender, ssrc_, proto::rtp::nack_of(some)});
    }
    if (!key_frames_.take_due(now)) return;
    if (section_.picture_loss) {
        ++counts_.pli_count;
        out.emplace_back(Feedback{RtcpType::payload_feedback, Feedback::picture_loss, sender, ssrc_, {}});
        return;
    }
    ++counts_.fir_count;
    // RFC 5104 section 4.3.1.2: a repetition has the same number, and is not answered twice. Where a key frame began to come after the last one, or
    // should have come by now, it was lost: that is another request.
    constexpr std::uint64_t most_repetitions = 4;
    const bool came_in_part = std::exchange(key_seen_, false);
    if (came_in_part || key_frames_.unanswered() % most_repetitions == 1) ++intra_number_;
    const proto::rtp::IntraRequest request{ssrc_, intra_number_};
    // RFC 5104 section 4.3.1.2: the medium is named in the request alone.
    out.emplace_back(Feedback{RtcpType::payload_feedback, Feedback::full_intra_request, sender, 0,
                              proto::rtp::intra_request_of(std::span(&request, 1))});
}

std::optional<TimePoint> ReceiveStream::next_feedback(std::optional<Duration> round_trip) const noexcept {
    if (ended_) return std::nullopt;
    return earlier(nacks_.next(pace(round_trip)), key_frames_.next());
}

std::optional<TimePoint> ReceiveStream::next_timeout() const noexcept {
    if (ended_) return std::nullopt;
    return earlier(buffer_.deadline(), last_packet_ + config_.silence_limit);
}

proto::rtp::ReportBlock ReceiveStream::take_report(TimePoint now) noexcept {
    proto::rtp::ReportBlock out;
    out.ssrc = ssrc_;
    out.fraction_lost = tracker_.take_fraction_lost();
    constexpr std::int64_t most = 0x7fffff;
    out.cumulative_lost = static_cast<std::int32_t>(std::clamp(tracker_.lost(), -most - 1, most));
    // A numbering begins at 65536 here, so that what comes before its first packet has a number.
    constexpr std::uint64_t begin = 65536;
    out.highest_sequence = static_cast<std::uint32_t>(tracker_.highest() - begin);
    out.jitter = static_cast<std::uint32_t>(std::min(jitter_, 4e9));
    out.last_report = last_report_;
    if (last_report_ != 0) out.delay = ntp_interval(now - report_came_);
    return out;
}

bool ReceiveStream::misses(std::uint16_t number) const noexcept {
    return tracker_.started() && nacks_.contains(unwrapped(number, tracker_.highest()));
}

InboundStats ReceiveStream::stats(TimePoint now) const {
    InboundStats out = counts_;
    out.packets_lost = tracker_.lost();
    out.packets_missing = tracker_.missing();
    out.packets_discarded += buffer_.packets_discarded();
    if (clock_rate_ > 0) out.jitter = from_seconds(jitter_ / clock_rate_);
    out.frames_received = buffer_.frames_complete();
    out.frames_dropped = buffer_.frames_dropped();
    out.key_frames_unanswered = key_frames_.unanswered();
    if (section_.video) {
        out.freeze_count = times_.freezes();
        out.total_freezes_duration = times_.frozen();
    }
    out.total_inter_frame_delay = times_.total_delay();
    out.total_squared_inter_frame_delay = times_.total_squared_delay();
    out.frames_per_second = times_.per_second(now);
    if (tracker_.started()) out.last_packet_received = last_packet_;
    return out;
}

}  // namespace volley::streams
