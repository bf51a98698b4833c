// NAL units, what H.264 is made of, and the byte stream in which encoders hand them out. Source: ITU-T H.264 section 7.3.1 and annex B.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <volley/error.hpp>

#include "base/bytes.hpp"
#include "proto/h264/error.hpp"

namespace volley::proto::h264 {

/// nal_unit_type: of units themselves 1 to 23 (table 7-1), of RTP payloads also what lies above (RFC 6184 table 1).
enum class NalType : std::uint8_t {
    slice = 1,
    slice_data_a = 2,
    idr_slice = 5,
    sei = 6,
    sequence_parameters = 7,  ///< SPS
    picture_parameters = 8,   ///< PPS
    access_unit_delimiter = 9,
    stap_a = 24,
    fu_a = 28,
};
/// Of a unit's first byte. The unit must not be empty.
[[nodiscard]] inline NalType type_of(BytesView unit) noexcept { return static_cast<NalType>(unit.front() & 0x1fU); }

/// The most NAL units of one picture that are read or written, and the most bytes.
inline constexpr std::size_t most_units = 1024;
inline constexpr std::size_t most_picture_bytes = std::size_t{8} * 1024 * 1024;

/// Units between start codes of three or four bytes, without zeros behind them. What stands before the first start code is left out, and so
/// is a unit without bytes. @return borrowed from `stream`. Errors: Errc::too_many.
[[nodiscard]] Result<std::vector<BytesView>> split_annex_b(BytesView stream);

/// Whether a byte stream holds a slice of an IDR picture: decoding can begin there, given parameter sets.
[[nodiscard]] bool is_key(BytesView stream) noexcept;

}  // namespace volley::proto::h264
