// H.264 in RTP, packetization-mode 1: single NAL units, STAP-A and FU-A. Source: RFC 6184 sections 5.3 to 5.8 and 6.3. Everything that is
// read comes from a peer: bounded by most_units and most_picture_bytes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <volley/error.hpp>

#include "base/bytes.hpp"
#include "proto/h264/error.hpp"
#include "proto/h264/nal.hpp"

namespace volley::proto::h264 {

/// Packs one picture, as an encoder gives it (annex B), into payloads of at most `most_payload_bytes`: parameter sets, delimiters and SEI that
/// follow one another share a STAP-A where they fit, what is too large goes in fragments of nearly one size, the rest goes as it is.
/// The marker belongs on the last payload. @return never empty.
/// Errors: Errc::truncated where there is no NAL unit, too_many, too_large, no_room; unsupported for a unit of type 0 or above 23.
[[nodiscard]] Result<std::vector<Bytes>> packetise(BytesView picture, std::size_t most_payload_bytes);

/// What a payload says about itself; all false for what is no payload.
struct Contents {
    bool idr = false;                  ///< a slice of an IDR picture, whole or a part of one
    bool sequence_parameters = false;  ///< SPS
    bool picture_parameters = false;   ///< PPS
    bool delimiter = false;            ///< an access unit delimiter, which stands before all else of its picture
    bool supplemental = false;         ///< supplemental information (SEI) and nothing else
    bool starts_unit = false;          ///< does not go on with a NAL unit of the packet before

    /// Part of a picture that decoding can begin with. Encoders send parameter sets before each IDR picture, so one of them counts, too.
    [[nodiscard]] bool key() const noexcept { return idr || sequence_parameters; }
};
[[nodiscard]] Contents inspect(BytesView payload) noexcept;

/// Puts the payloads of one picture (one timestamp), all of them and in order, together to a byte stream with start codes of four bytes.
/// H.264 does not mark the first packet of a picture: that nothing is missing in front, between and behind is to be known from sequence
/// numbers and the marker of the picture before.
/// Errors: Errc::truncated (also no payload at all), unsupported, no_start, unfinished, too_large, too_many.
[[nodiscard]] Result<Bytes> assemble(std::span<const BytesView> payloads);
[[nodiscard]] Result<Bytes> assemble(std::span<const Bytes> payloads);

}  // namespace volley::proto::h264
