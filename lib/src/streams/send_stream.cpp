#include "streams/send_stream.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "proto/rtp/extensions.hpp"
#include "streams/rtcp_reports.hpp"
#include "streams/sequence_tracker.hpp"

namespace volley::streams {
namespace {

using proto::rtp::ExtensionElement;

// Nobody's round trip is so short that it asks for the same packet more often.
constexpr Duration least_resend_interval = std::chrono::milliseconds(10);
// A numbering that is passed on may leave such gaps and come so late; what is further off begins anew.
constexpr std::uint64_t most_passed_ahead = 3000;
constexpr std::uint64_t most_passed_behind = 1000;
// Numbers that are left for packets that the first one overtook.
constexpr std::uint64_t room_before = 32;
constexpr std::size_t abs_send_time_bytes = 3;
constexpr std::size_t transport_bytes = 2;
constexpr std::size_t extension_header = 4;

std::uint32_t new_ssrc(RandomSource& random) {
    for (;;)
        if (const auto out = static_cast<std::uint32_t>(random.next()); out != 0) return out;
}

void put_bytes(std::uint8_t* to, std::uint32_t value, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<std::uint8_t>(value >> 8 * (count - 1 - i));
}

}  // namespace

void ResendBudget::earn(TimePoint now, std::size_t bytes) noexcept {
    if (!began_ || now >= *began_ + window) {
        sent_before_ = began_ ? static_cast<double>(sent_) / to_seconds(now - *began_) : 0;
        began_ = now;
        sent_ = 0;
    }
    sent_ += bytes;
}

void ResendBudget::refill(TimePoint now, std::uint64_t bits_per_second) noexcept {
    const double per_second = std::max(static_cast<double>(bits_per_second) / 8, sent_before_);
    if (filled_) left_ += per_second * to_seconds(now - *filled_);
    left_ = std::min(left_, std::max(least_burst, per_second / 2));
    filled_ = now;
}

bool ResendBudget::spend(std::size_t bytes) noexcept {
    if (left_ < static_cast<double>(bytes)) return false;
    left_ -= static_cast<double>(bytes);
    return true;
}

// Numbers begin below 32768: a receiver that misses the first packets cannot know of a rollover, which SRTP counts (RFC 3711 section 3.3.1).
SendStream::SendStream(const Section& section, const SessionConfig& config, RandomSource& random)
    : section_(section),
      config_(config),
      ssrc_(config.sections[section.index].ssrc.value_or(new_ssrc(random))),
      next_(65536 + random.below(32768)),
      first_(next_),
      lowest_(next_),
      rtx_next_(static_cast<std::uint16_t>(random.below(32768))),
      with_mid_(make_extension(section, true)),
      without_mid_(make_extension(section, false)) {
    const bool resends =
        std::any_of(section.rtx_types.begin(), section.rtx_types.end(), [](const auto& type) { return type.has_value(); });
    if (resends) rtx_ssrc_ = config.sections[section.index].rtx_ssrc.value_or(new_ssrc(random));
    counts_.ssrc = ssrc_;
    counts_.mid = section.agreed->mid;
    counts_.kind = section.agreed->kind;
    counts_.rtx_ssrc = rtx_ssrc_;
}

SendStream::Extension SendStream::make_extension(const Section& section, bool with_mid) {
    constexpr std::array<std::uint8_t, abs_send_time_bytes> zeros{};
    std::vector<ExtensionElement> elements;
    if (section.abs_send_time_id != 0) elements.push_back({section.abs_send_time_id, zeros});
    if (section.transport_cc && section.transport_cc_id != 0)
        elements.push_back({section.transport_cc_id, BytesView(zeros).first(transport_bytes)});
    constexpr std::size_t most_mid = 255;
    const ExtensionElement mid{section.mid_id, bytes_of(section.agreed->mid)};
    const bool has_mid = mid.id != 0 && !mid.data.empty() && mid.data.size() <= most_mid;
    if (with_mid && has_mid) elements.push_back(mid);
    Extension out;
    if (elements.empty()) return out;
    // Packets without the mid have the form of those with it, so that no receiver has to expect both.
    auto data = proto::rtp::write_elements(elements, out.profile, !has_mid || proto::rtp::fits_one_byte(mid));
    if (!data) return out;
    out.data = std::move(*data);
    proto::rtp::ExtensionReader reader({out.profile, out.data});
    while (const auto element = reader.next()) {
        const auto at = static_cast<std::size_t>(element->data.data() - out.data.data());
        if (element->id == section.abs_send_time_id) out.abs_send_time_at = at;
        if (element->id == section.transport_cc_id) out.transport_at = at;
    }
    return out;
}

// --- queueing --------------------------------------------------------------------------------------------------------

bool SendStream::put(TimePoint now, std::uint64_t sequence, std::uint32_t timestamp, std::size_t codec, bool marker,
                     BytesView payload) {
    KeptPacket* const kept = history_.put(now, sequence);
    if (kept == nullptr) return false;
    const Extension& extension = needs_mid_ ? with_mid_ : without_mid_;
    proto::rtp::Packet packet;
    packet.marker = marker;
    packet.payload_type = section_.codec(codec).payload_type;
    packet.sequence = static_cast<std::uint16_t>(sequence);
    packet.timestamp = timestamp;
    packet.ssrc = ssrc_;
    packet.has_extension = !extension.data.empty();
    packet.extension = {extension.profile, extension.data};
    packet.payload = payload;
    packet.padding = payload.empty() ? 1 : 0;
    kept->bytes.resize(proto::rtp::written_bytes(packet));
    kept->payload_at = kept->bytes.size() - payload.size() - packet.padding;
    kept->codec = codec;
    if (proto::rtp::write(packet, kept->bytes)) return true;
    kept->sequence.reset();
    return false;
}

void SendStream::note_frame(TimePoint now, std::uint32_t timestamp, std::size_t codec, std::size_t bytes) {
    last_timestamp_ = timestamp;
    last_timestamp_at_ = now;
    clock_rate_ = section_.codec(codec).clock_rate;
    // W3C: 2.5 times the average of the frames so far.
    if (counts_.frames_sent > 0 && bytes * counts_.frames_sent * 2 >= frame_bytes_ * 5) ++counts_.huge_frames_sent;
    frame_bytes_ += bytes;
    ++counts_.frames_sent;
    times_.add(now);
}

bool SendStream::add_frame(TimePoint now, const FrameToSend& frame, Pacer& pacer) {
    const auto unfit = [](BytesView payload) { return payload.empty() || payload.size() > Session::most_payload; };
    if (!section_.carries(frame.codec) || frame.payloads.empty() ||
        std::any_of(frame.payloads.begin(), frame.payloads.end(), unfit))
        return false;
    const std::size_t count = frame.payloads.size();
    if (!(section_.video ? pacer.takes_frame(count) : pacer.takes_urgent(count))) {
        ++counts_.frames_refused;
        return false;
    }
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t sequence = next_++;
        const BytesView payload = frame.payloads[i];
        bytes += payload.size();
        // RFC 3551 section 4.1: of audio a marker says that a talkspurt begins.
        if (!put(now, sequence, frame.timestamp, frame.codec, section_.video && i + 1 == count, payload)) continue;
        const QueuedPacket queued{section_.index, sequence, history_.find(sequence)->bytes.size(), false};
        if (section_.video)
            pacer.add_frame_packet(queued);
        else
            pacer.add_urgent(queued);
    }
    passed_offset_.reset();
    note_frame(now, frame.timestamp, frame.codec, bytes);
    return true;
}

bool SendStream::add_packet(TimePoint now, const PacketToSend& packet, Pacer& pacer) {
    const bool unfit = !section_.carries(packet.codec) || (packet.payload.empty() && !packet.sequence) ||
                       packet.payload.size() > Session::most_passed_payload;
    if (unfit || !pacer.takes_urgent(1) || !pass(now, packet, pacer)) {
        ++counts_.packets_refused;
        return false;
    }
    return true;
}

bool SendStream::pass(TimePoint now, const PacketToSend& packet, Pacer& pacer) {
    const bool begins = packets_ == 0 && next_ == first_;
    if (begins && packet.sequence) {
        next_ += room_before;
        lowest_ = next_;
    }
    std::uint64_t sequence = next_;
    if (packet.sequence) {
        sequence = passed_offset_ ? *packet.sequence + *passed_offset_ : next_;
        // Overtaken by the first one that was passed on: there is no number for it.
        if (passed_offset_ && sequence < first_ && first_ - sequence <= most_passed_behind) return false;
        if (passed_offset_ &&
            (sequence > passed_highest_ + most_passed_ahead || sequence + most_passed_behind < passed_highest_)) {
            passed_offset_.reset();
            sequence = next_;
        }
        if (!passed_offset_) {
            passed_offset_ = sequence - *packet.sequence;
            passed_highest_ = sequence;
        }
        passed_highest_ = std::max(passed_highest_, sequence);
    } else {
        passed_offset_.reset();
    }
    if (history_.find(sequence) != nullptr) return true;  // it is there, or was sent
    next_ = std::max(next_, sequence + 1);
    lowest_ = std::min(lowest_, sequence);
    if (!put(now, sequence, packet.timestamp, packet.codec, packet.marker, packet.payload)) return false;
    pacer.add_urgent({section_.index, sequence, history_.find(sequence)->bytes.size(), false});
    passed_bytes_ += packet.payload.size();
    if (!packet.payload.empty() && (packet.marker || !section_.video))
        note_frame(now, packet.timestamp, packet.codec, std::exchange(passed_bytes_, 0));
    return true;
}

// --- sending ---------------------------------------------------------------------------------------------------------

void SendStream::stamp(TimePoint now, Bytes& packet, std::size_t payload_at, SendLog& log) const {
    constexpr std::size_t data_at = proto::rtp::header_bytes + extension_header;
    if (payload_at <= data_at) return;
    // In either one the same elements come first, after heads of the same form.
    const Extension& extension = with_mid_;
    if (section_.abs_send_time_id != 0) {
        // Seconds with 18 bits behind the point, and six before it.
        const auto time = static_cast<std::uint32_t>(ntp_time(now, config_.ntp_offset) >> 14 & 0xffffff);
        put_bytes(packet.data() + data_at + extension.abs_send_time_at, time, abs_send_time_bytes);
    }
    if (section_.transport_cc)
        put_bytes(packet.data() + data_at + extension.transport_at, log.add(now, packet.size()), transport_bytes);
}

// RFC 4588 section 4: the packet with another source, number and payload type, its own number before its payload.
BytesView SendStream::make_resent(const KeptPacket& packet, std::uint8_t type, Bytes& scratch) {
    constexpr std::uint8_t marker = 0x80;
    const BytesView bytes = packet.bytes;
    const BytesView head = bytes.first(packet.payload_at);
    const BytesView payload = bytes.subspan(packet.payload_at);
    scratch.assign(head.begin(), head.end());
    scratch.insert(scratch.end(), bytes.begin() + 2, bytes.begin() + 4);
    scratch.insert(scratch.end(), payload.begin(), payload.end());
    scratch[1] = static_cast<std::uint8_t>((bytes[1] & marker) | type);
    put_bytes(scratch.data() + 2, rtx_next_++, 2);
    put_bytes(scratch.data() + 8, *rtx_ssrc_, 4);
    return payload;
}

std::optional<OutPacket> SendStream::send(TimePoint now, const QueuedPacket& queued, SendLog& log, Bytes& scratch) {
    KeptPacket* const packet = history_.find(queued.sequence);
    if (packet == nullptr) return std::nullopt;
    const std::size_t payload = packet->bytes.size() - packet->payload_at;
    counts_.bytes_sent += payload;
    counts_.header_bytes_sent += packet->payload_at;
    ++counts_.packets_sent;
    if (!queued.resend) {
        packet->sent = now;
        counts_.total_packet_send_delay += now - packet->queued;
        ++packets_;
        octets_ += payload;
        stamp(now, packet->bytes, packet->payload_at, log);
        return OutPacket{false, false, packet->bytes};
    }
    packet->resending = false;
    packet->resent = now;
    ++counts_.retransmitted_packets_sent;
    counts_.retransmitted_bytes_sent += payload;
    const auto type = section_.rtx_type(packet->codec);
    if (!type) {
        // As it was, to the last bit: one keystream must not be used for two packets (RFC 3711 section 9.1).
        ++packets_;
        octets_ += payload;
        return OutPacket{false, true, packet->bytes};
    }
    (void)make_resent(*packet, *type, scratch);
    stamp(now, scratch, packet->payload_at, log);
    return OutPacket{false, false, scratch};
}

// --- what the peer says ----------------------------------------------------------------------------------------------

void SendStream::handle_nack(TimePoint now, std::span<const std::uint16_t> numbers, Duration round_trip, ResendBudget& budget,
                             Pacer& pacer) {
    ++counts_.nack_count;
    counts_.nacked_packets += numbers.size();
    for (const std::uint16_t number : numbers) {
        KeptPacket* const packet = history_.find(unwrapped(number, next_));
        if (packet == nullptr || (packet->sent && now >= *packet->sent + History::keep)) {
            ++counts_.nacked_unknown;
            continue;
        }
        const bool lately = packet->resent && now < *packet->resent + std::max(round_trip / 2, least_resend_interval);
        if (packet->resending || !packet->sent || lately) continue;
        if (!pacer.takes_resend() || !budget.spend(packet->bytes.size())) continue;
        packet->resending = true;
        pacer.add_resend({section_.index, *packet->sequence, packet->bytes.size(), true});
    }
}

void SendStream::handle_picture_loss() noexcept {
    ++counts_.pli_count;
    orders_.picture_loss();
}

void SendStream::handle_intra_request(std::uint32_t requester, std::uint8_t number) {
    ++counts_.fir_count;
    orders_.intra_request(requester, number);
}

std::optional<Duration> SendStream::handle_report(TimePoint now, const proto::rtp::ReportBlock& block) {
    needs_mid_ = false;
    ++remote_.reports;
    remote_.packets_lost = block.cumulative_lost;
    remote_.fraction_lost = block.fraction_lost / 256.0;
    if (clock_rate_ > 0) remote_.jitter = from_seconds(static_cast<double>(block.jitter) / clock_rate_);
    // Its upper half counts rollovers from the receiver's first packet on, which is of our first rollover or of none.
    const std::uint64_t highest = unwrapped(static_cast<std::uint16_t>(block.highest_sequence), next_);
    if (highest >= lowest_ && highest < next_) {
        const auto received = static_cast<std::int64_t>(highest - lowest_ + 1) - block.cumulative_lost;
        remote_.packets_received = static_cast<std::uint64_t>(std::max<std::int64_t>(received, 0));
    }
    // RFC 3550 section 6.4.1. A report that we did not send, or that says more than can be, tells nothing.
    if (std::find(reports_.begin(), reports_.end(), block.last_report) == reports_.end()) return std::nullopt;
    const std::uint32_t since = ntp_middle(ntp_time(now, config_.ntp_offset)) - block.last_report;
    if (block.delay > since) return std::nullopt;
    const Duration round_trip = from_ntp_interval(since - block.delay);
    remote_.round_trip_time = round_trip;
    remote_.total_round_trip_time += round_trip;
    ++remote_.round_trip_time_measurements;
    return round_trip;
}

proto::rtp::SenderReport SendStream::make_report(TimePoint now) {
    constexpr std::size_t most_reports = 8;
    proto::rtp::SenderReport out;
    out.ssrc = ssrc_;
    out.ntp_time = ntp_time(now, config_.ntp_offset);
    const double since = to_seconds(now - last_timestamp_at_) * clock_rate_;
    out.rtp_time = last_timestamp_ + static_cast<std::uint32_t>(static_cast<std::uint64_t>(std::max(since, 0.0)));
    out.packets = static_cast<std::uint32_t>(packets_);
    out.bytes = static_cast<std::uint32_t>(octets_);
    if (reports_.size() >= most_reports) reports_.pop_front();
    reports_.push_back(ntp_middle(out.ntp_time));
    return out;
}

OutboundStats SendStream::stats(TimePoint now) const {
    OutboundStats out = counts_;
    out.frames_per_second = times_.per_second(now);
    return out;
}

}  // namespace volley::streams
