// Sound in a file: RIFF WAVE. Source: IBM and Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (1991); the extensible
// format as Microsoft's mmreg.h has it.
#pragma once

#include "base/bytes.hpp"
#include "base/file_fault.hpp"
#include "sound/pcm.hpp"

namespace volley::sound {

/// Reads the sound of a whole file: PCM of 8, 16, 24 and 32 bits, float of 32 and 64, mu-law and A-law (ITU-T G.711), also behind the
/// extensible format. A data chunk that says to be longer than the file is taken as far as it goes: recorders that were cut off leave such.
/// Bounds: pcm.hpp's rates and channels; 100 million samples.
[[nodiscard]] FileResult<Pcm> read_wav(BytesView file);

/// A file of 16-bit PCM.
[[nodiscard]] Bytes write_wav(const Pcm& sound);

/// One byte of G.711 as a sample.
[[nodiscard]] std::int16_t from_mu_law(std::uint8_t code) noexcept;
[[nodiscard]] std::int16_t from_a_law(std::uint8_t code) noexcept;

}  // namespace volley::sound
