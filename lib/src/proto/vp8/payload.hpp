// VP8 in RTP: the payload descriptor, frames into payloads and back. Source: RFC 7741. Everything that is read comes from a peer: nothing
// here takes more memory than a frame of most_frame_bytes, or throws but for memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <volley/error.hpp>

#include "base/bytes.hpp"
#include "proto/vp8/error.hpp"

namespace volley::proto::vp8 {

/// The largest frame that is put together.
inline constexpr std::size_t most_frame_bytes = std::size_t{8} * 1024 * 1024;

/// Numbers of pictures count up to this and go on at 0: 15 bits.
inline constexpr std::uint16_t picture_id_mask = 0x7fff;

/// What stands in front of the frame's bytes in every packet (section 4.2).
struct Descriptor {
    bool non_reference = false;     ///< N: no other frame needs this one
    bool starts_partition = false;  ///< S
    std::uint8_t partition = 0;     ///< PID, 0 to 7
    std::optional<std::uint16_t> picture_id;
    bool long_picture_id = false;                   ///< M: of 15 bits, not 7
    std::optional<std::uint8_t> tl0_picture_index;  ///< TL0PICIDX
    std::optional<std::uint8_t> temporal_layer;     ///< TID, 0 to 3
    bool layer_sync = false;                        ///< Y; means something beside a TID only
    std::optional<std::uint8_t> key_index;          ///< KEYIDX, 0 to 31
    std::size_t bytes = 0;                          ///< how long it is

    /// The packet is the first of its frame.
    [[nodiscard]] bool starts_frame() const noexcept { return starts_partition && partition == 0; }
};

/// One payload, taken apart. `data` is borrowed from it and never empty.
struct Payload {
    Descriptor descriptor;
    BytesView data;

    [[nodiscard]] bool starts_frame() const noexcept { return descriptor.starts_frame(); }
    /// The packet is the first of a key frame. Of a later packet nobody can tell.
    [[nodiscard]] bool starts_key_frame() const noexcept { return starts_frame() && (data.front() & 1U) == 0; }
};

/// Reserved bits are not looked at. Errors: Errc::truncated.
[[nodiscard]] Result<Payload> parse(BytesView payload) noexcept;

/// parse() for who only asks that; false for what is no payload.
[[nodiscard]] bool starts_frame(BytesView payload) noexcept;
[[nodiscard]] bool starts_key_frame(BytesView payload) noexcept;

/// The bytes that packetise() puts in front of each piece.
inline constexpr std::size_t written_descriptor_bytes = 4;

/// Cuts a frame into payloads of at most `most_payload_bytes`, as few as can be and of nearly one size, each with a picture id of 15 bits (the
/// upper bit of `picture_id` is left out) and no other optional part. Partitions are not looked at: S stands on the first packet, which is
/// partition 0, and the others count as its continuation, as section 4.4 allows.
/// @return never empty. Errors: Errc::truncated for an empty frame, too_large, no_room.
[[nodiscard]] Result<std::vector<Bytes>> packetise(BytesView frame, std::size_t most_payload_bytes, std::uint16_t picture_id);

/// Changes the picture id of a payload where it stands, of 7 bits where it has no more: streams that were encoded once are sent again and again.
/// @return false, and nothing is changed, where there is none.
bool set_picture_id(std::span<std::uint8_t> payload, std::uint16_t picture_id) noexcept;

/// Puts the payloads of one frame, all of them and in order, together again.
/// Errors: those of parse(), Errc::no_start, second_start, mixed_pictures, too_large. That none is missing in between or at the end is to be
/// known from sequence numbers and the marker. No payload at all: no_start.
[[nodiscard]] Result<Bytes> assemble(std::span<const BytesView> payloads);
[[nodiscard]] Result<Bytes> assemble(std::span<const Bytes> payloads);

}  // namespace volley::proto::vp8
