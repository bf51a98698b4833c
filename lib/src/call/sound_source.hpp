// What is played over and over: a tone, a chirp each second, or a file.
#pragma once

#include <optional>
#include <string>

#include "sound/pcm.hpp"

namespace volley::call {

/// @param source  `tone`: 440 Hz, a whole number of its waves; `chirp`: one of each kind, a second apart; anything else names a file of at most
/// 64 MiB: WAV, or Opus in Ogg, for which the media plugin is loaded. @return nothing where it cannot be had; `fault` says why, safe to print.
[[nodiscard]] std::optional<sound::Pcm> read_sound(const std::string& source, std::string& fault);

}  // namespace volley::call
