#include "proto/rtp/packet.hpp"

#include <algorithm>

namespace volley::proto::rtp {
namespace {

constexpr std::uint8_t version = 2;
constexpr std::uint8_t padding_flag = 0x20;
constexpr std::uint8_t extension_flag = 0x10;
constexpr std::uint8_t marker_flag = 0x80;
constexpr std::size_t word = 4;

// Writes numbers to the front of bytes that have been measured to hold them.
class Cursor {
public:
    explicit Cursor(std::span<std::uint8_t> out) noexcept : out_(out) {}

    void u8(std::uint8_t value) noexcept {
        out_[0] = value;
        out_ = out_.subspan(1);
    }
    void u16(std::uint16_t value) noexcept {
        u8(static_cast<std::uint8_t>(value >> 8));
        u8(static_cast<std::uint8_t>(value));
    }
    void u32(std::uint32_t value) noexcept {
        u16(static_cast<std::uint16_t>(value >> 16));
        u16(static_cast<std::uint16_t>(value));
    }
    void bytes(BytesView value) noexcept {
        std::copy(value.begin(), value.end(), out_.begin());
        out_ = out_.subspan(value.size());
    }
    void zeros(std::size_t count) noexcept {
        std::fill_n(out_.begin(), count, std::uint8_t{0});
        out_ = out_.subspan(count);
    }

private:
    std::span<std::uint8_t> out_;
};

}  // namespace

Result<Packet> parse(BytesView bytes) noexcept {
    ByteReader in(bytes);
    const std::uint8_t first = in.u8();
    const std::uint8_t second = in.u8();
    Packet out;
    out.sequence = in.u16();
    out.timestamp = in.u32();
    out.ssrc = in.u32();
    if (!in.ok()) return Errc::truncated;
    if (first >> 6 != version) return Errc::bad_version;
    out.marker = (second & marker_flag) != 0;
    out.payload_type = static_cast<std::uint8_t>(second & ~marker_flag);
    out.contributor_count = first & 0x0f;
    for (std::uint8_t i = 0; i < out.contributor_count; ++i) out.contributors[i] = in.u32();
    out.has_extension = (first & extension_flag) != 0;
    if (out.has_extension) {
        out.extension.profile = in.u16();
        out.extension.data = in.bytes(word * in.u16());
    }
    if (!in.ok()) return Errc::truncated;
    out.payload = in.rest();
    if ((first & padding_flag) == 0) return out;
    if (out.payload.empty() || out.payload.back() == 0 || out.payload.back() > out.payload.size()) return Errc::bad_padding;
    out.padding = out.payload.back();
    out.payload = out.payload.first(out.payload.size() - out.padding);
    return out;
}

std::size_t written_bytes(const Packet& packet) noexcept {
    return header_bytes + word * packet.contributor_count + (packet.has_extension ? word + packet.extension.data.size() : 0) +
           packet.payload.size() + packet.padding;
}

Result<std::size_t> write(const Packet& packet, std::span<std::uint8_t> out) noexcept {
    constexpr std::size_t most_words = 65535;
    const std::size_t extension = packet.has_extension ? packet.extension.data.size() : 0;
    if (packet.payload_type >= marker_flag || packet.contributor_count > Packet::most_contributors || extension % word != 0 ||
        extension / word > most_words)
        return Errc::bad_field;
    const std::size_t size = written_bytes(packet);
    if (size > out.size()) return Errc::no_room;
    Cursor to(out);
    to.u8(static_cast<std::uint8_t>(version << 6 | (packet.padding != 0 ? padding_flag : 0) |
                                    (packet.has_extension ? extension_flag : 0) | packet.contributor_count));
    to.u8(static_cast<std::uint8_t>((packet.marker ? marker_flag : 0) | packet.payload_type));
    to.u16(packet.sequence);
    to.u32(packet.timestamp);
    to.u32(packet.ssrc);
    for (std::uint8_t i = 0; i < packet.contributor_count; ++i) to.u32(packet.contributors[i]);
    if (packet.has_extension) {
        to.u16(packet.extension.profile);
        to.u16(static_cast<std::uint16_t>(extension / word));
        to.bytes(packet.extension.data);
    }
    to.bytes(packet.payload);
    if (packet.padding != 0) {
        to.zeros(packet.padding - 1U);
        to.u8(packet.padding);
    }
    return size;
}

}  // namespace volley::proto::rtp
