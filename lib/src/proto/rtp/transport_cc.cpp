#include "proto/rtp/transport_cc.hpp"

#include <algorithm>
#include <span>

namespace volley::proto::rtp {
namespace {

// Section 3.1.1.
enum class Status : std::uint8_t { missing = 0, small = 1, large = 2, reserved = 3 };

constexpr std::size_t word = 4;
constexpr std::uint16_t vector_flag = 0x8000;
constexpr std::uint16_t two_bits_flag = 0x4000;
constexpr std::size_t most_run = 0x1fff;
constexpr std::size_t one_bit_statuses = 14;
constexpr std::size_t two_bit_statuses = 7;

// The statuses of one chunk, no more than are left to `count` (sections 3.1.3 and 3.1.4).
void read_chunk(std::uint16_t chunk, std::size_t count, std::vector<Status>& statuses) {
    const std::size_t left = count - statuses.size();
    if ((chunk & vector_flag) == 0) {
        statuses.insert(statuses.end(), std::min<std::size_t>(chunk & most_run, left), static_cast<Status>(chunk >> 13 & 3));
        return;
    }
    const bool two_bits = (chunk & two_bits_flag) != 0;
    const std::size_t fields = std::min(left, two_bits ? two_bit_statuses : one_bit_statuses);
    for (std::size_t i = 0; i < fields; ++i) {
        const std::size_t shift = two_bits ? 2 * (two_bit_statuses - 1 - i) : one_bit_statuses - 1 - i;
        statuses.push_back(static_cast<Status>(chunk >> shift & (two_bits ? 3 : 1)));
    }
}

Status status_of(const std::optional<std::int16_t>& delta) noexcept {
    if (!delta) return Status::missing;
    return *delta >= 0 && *delta <= 0xff ? Status::small : Status::large;
}

// @return how many statuses it wrote.
std::size_t write_chunk(std::span<const Status> statuses, ByteWriter& out) {
    const auto other = std::find_if(statuses.begin(), statuses.end(), [&](Status s) { return s != statuses.front(); });
    const std::size_t run = std::min(static_cast<std::size_t>(other - statuses.begin()), most_run);
    const auto small_ones = statuses.first(std::min(statuses.size(), one_bit_statuses));
    const bool one_bit = std::find(small_ones.begin(), small_ones.end(), Status::large) == small_ones.end();
    // A run is worth a chunk where it holds no less than the vector would.
    if (run == statuses.size() || run >= (one_bit ? one_bit_statuses : two_bit_statuses)) {
        out.u16(static_cast<std::uint16_t>(static_cast<unsigned>(statuses.front()) << 13 | run));
        return run;
    }
    const std::size_t fields = std::min(statuses.size(), one_bit ? one_bit_statuses : two_bit_statuses);
    unsigned chunk = one_bit ? vector_flag : vector_flag | two_bits_flag;
    for (std::size_t i = 0; i < fields; ++i) {
        const std::size_t shift = one_bit ? one_bit_statuses - 1 - i : 2 * (two_bit_statuses - 1 - i);
        chunk |= static_cast<unsigned>(statuses[i]) << shift;
    }
    out.u16(static_cast<std::uint16_t>(chunk));
    return fields;
}

}  // namespace

Result<TransportFeedbackSpan> transport_feedback_span(const Feedback& feedback) noexcept {
    if (feedback.type != RtcpType::transport_feedback || feedback.format != Feedback::transport_wide) return Errc::bad_field;
    ByteReader in(feedback.control);
    TransportFeedbackSpan out;
    out.base_sequence = in.u16();
    out.count = in.u16();
    if (!in.ok()) return Errc::truncated;
    return out;
}

Result<TransportFeedback> transport_feedback(const Feedback& feedback) {
    if (feedback.type != RtcpType::transport_feedback || feedback.format != Feedback::transport_wide) return Errc::bad_field;
    ByteReader in(feedback.control);
    TransportFeedback out;
    out.base_sequence = in.u16();
    const std::size_t count = in.u16();
    const std::uint32_t times = in.u32();
    if (!in.ok()) return Errc::truncated;
    if (count == 0) return Errc::bad_field;
    if (count > most_transport_statuses) return Errc::too_many;
    constexpr std::int32_t sign = 0x800000;  // of 24 bits
    const auto reference = static_cast<std::int32_t>(times >> 8);
    out.reference_time = (reference ^ sign) - sign;
    out.count = static_cast<std::uint8_t>(times);
    std::vector<Status> statuses;
    statuses.reserve(count);
    while (statuses.size() < count) {
        const std::uint16_t chunk = in.u16();
        if (!in.ok()) return Errc::truncated;
        read_chunk(chunk, count, statuses);
    }
    out.deltas.reserve(count);
    for (const Status status : statuses) {
        switch (status) {
            case Status::missing:
                out.deltas.emplace_back();
                break;
            case Status::small:
                out.deltas.emplace_back(in.u8());
                break;
            case Status::large:
                out.deltas.emplace_back(static_cast<std::int16_t>(in.u16()));
                break;
            case Status::reserved:
                return Errc::bad_field;
        }
    }
    if (!in.ok()) return Errc::truncated;
    return out;
}

Bytes transport_feedback_of(const TransportFeedback& feedback) {
    const std::span deltas = std::span(feedback.deltas).first(std::min(feedback.deltas.size(), most_transport_statuses));
    std::vector<Status> statuses;
    statuses.reserve(deltas.size());
    for (const auto& delta : deltas) statuses.push_back(status_of(delta));
    ByteWriter out;
    out.u16(feedback.base_sequence);
    out.u16(static_cast<std::uint16_t>(deltas.size()));
    out.u32(static_cast<std::uint32_t>(feedback.reference_time) << 8 | feedback.count);
    for (std::span<const Status> left = statuses; !left.empty();) left = left.subspan(write_chunk(left, out));
    for (std::size_t i = 0; i < deltas.size(); ++i) {
        if (statuses[i] == Status::small) out.u8(static_cast<std::uint8_t>(*deltas[i]));
        if (statuses[i] == Status::large) out.u16(static_cast<std::uint16_t>(*deltas[i]));
    }
    out.zeros((word - out.size() % word) % word);
    return out.take();
}

}  // namespace volley::proto::rtp
