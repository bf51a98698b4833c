#include "proto/vp8/payload.hpp"

#include <algorithm>

namespace volley::proto::vp8 {
namespace {

// Figure 1 of RFC 7741.
constexpr std::uint8_t extended_flag = 0x80;       // X
constexpr std::uint8_t non_reference_flag = 0x20;  // N
constexpr std::uint8_t start_flag = 0x10;          // S
constexpr std::uint8_t partition_mask = 0x07;      // PID
constexpr std::uint8_t picture_id_flag = 0x80;     // I
constexpr std::uint8_t tl0_flag = 0x40;            // L
constexpr std::uint8_t tid_flag = 0x20;            // T
constexpr std::uint8_t key_index_flag = 0x10;      // K
constexpr std::uint8_t long_flag = 0x80;           // M
constexpr std::uint8_t short_id_mask = 0x7f;

template <class Range>
Result<Bytes> join(const Range& payloads) {
    Bytes out;
    std::optional<std::uint16_t> picture_id;
    bool first = true;
    for (const auto& bytes : payloads) {
        const auto payload = parse(bytes);
        if (!payload) return payload.error();
        if (payload->starts_frame() != first) return first ? Errc::no_start : Errc::second_start;
        if (first)
            picture_id = payload->descriptor.picture_id;
        else if (payload->descriptor.picture_id != picture_id)
            return Errc::mixed_pictures;
        first = false;
        if (payload->data.size() > most_frame_bytes - out.size()) return Errc::too_large;
        out.insert(out.end(), payload->data.begin(), payload->data.end());
    }
    if (first) return Errc::no_start;
    return out;
}

}  // namespace

Result<Payload> parse(BytesView payload) noexcept {
    ByteReader in(payload);
    Payload out;
    Descriptor& d = out.descriptor;
    const std::uint8_t head = in.u8();
    d.non_reference = (head & non_reference_flag) != 0;
    d.starts_partition = (head & start_flag) != 0;
    d.partition = head & partition_mask;
    if ((head & extended_flag) != 0) {
        const std::uint8_t parts = in.u8();
        if ((parts & picture_id_flag) != 0) {
            const std::uint8_t id = in.u8();
            d.long_picture_id = (id & long_flag) != 0;
            d.picture_id = id & short_id_mask;
            if (d.long_picture_id) d.picture_id = static_cast<std::uint16_t>(((id & short_id_mask) << 8) | in.u8());
        }
        if ((parts & tl0_flag) != 0) d.tl0_picture_index = in.u8();
        // One byte for both; what the flag of a half is not set for must be ignored.
        if ((parts & (tid_flag | key_index_flag)) != 0) {
            const std::uint8_t layer = in.u8();
            if ((parts & tid_flag) != 0) {
                d.temporal_layer = static_cast<std::uint8_t>(layer >> 6);
                d.layer_sync = (layer & 0x20U) != 0;
            }
            if ((parts & key_index_flag) != 0) d.key_index = static_cast<std::uint8_t>(layer & 0x1fU);
        }
    }
    out.data = in.rest();
    if (!in.ok() || out.data.empty()) return Errc::truncated;
    d.bytes = payload.size() - out.data.size();
    return out;
}

bool starts_frame(BytesView payload) noexcept {
    const auto parsed = parse(payload);
    return parsed && parsed->starts_frame();
}

bool starts_key_frame(BytesView payload) noexcept {
    const auto parsed = parse(payload);
    return parsed && parsed->starts_key_frame();
}

Result<std::vector<Bytes>> packetise(BytesView frame, std::size_t most_payload_bytes, std::uint16_t picture_id) {
    if (frame.empty()) return Errc::truncated;
    if (frame.size() > most_frame_bytes) return Errc::too_large;
    if (most_payload_bytes <= written_descriptor_bytes) return Errc::no_room;
    const std::size_t room = most_payload_bytes - written_descriptor_bytes;
    const std::size_t count = (frame.size() + room - 1) / room;
    std::vector<Bytes> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t begin = frame.size() * i / count;
        const std::size_t end = frame.size() * (i + 1) / count;
        Bytes& payload = out.emplace_back();
        payload.reserve(written_descriptor_bytes + end - begin);
        payload.push_back(static_cast<std::uint8_t>(i == 0 ? extended_flag | start_flag : extended_flag));
        payload.push_back(picture_id_flag);
        payload.push_back(static_cast<std::uint8_t>(long_flag | ((picture_id >> 8) & short_id_mask)));
        payload.push_back(static_cast<std::uint8_t>(picture_id));
        payload.insert(payload.end(), frame.begin() + static_cast<std::ptrdiff_t>(begin),
                       frame.begin() + static_cast<std::ptrdiff_t>(end));
    }
    return out;
}

bool set_picture_id(std::span<std::uint8_t> payload, std::uint16_t picture_id) noexcept {
    const auto parsed = parse(payload);
    if (!parsed || !parsed->descriptor.picture_id) return false;
    // Behind the byte that says so comes the picture id, whatever else there is.
    constexpr std::size_t at = 2;
    if (parsed->descriptor.long_picture_id) {
        payload[at] = static_cast<std::uint8_t>(long_flag | ((picture_id >> 8) & short_id_mask));
        payload[at + 1] = static_cast<std::uint8_t>(picture_id);
    } else {
        payload[at] = static_cast<std::uint8_t>(picture_id & short_id_mask);
    }
    return true;
}

Result<Bytes> assemble(std::span<const BytesView> payloads) { return join(payloads); }
Result<Bytes> assemble(std::span<const Bytes> payloads) { return join(payloads); }

}  // namespace volley::proto::vp8
