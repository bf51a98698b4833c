// What a server does with a call that has video or audio, beside its data channels.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "call/media_streams.hpp"
#include "call/server_port.hpp"
#include "call/sound_loop.hpp"

namespace volley::call {

class FrameWorkers;
class PictureBudget;

/// The transform that is none: packets go back as they came, not decoded.
inline constexpr std::string_view reflect_transform = "reflect";

/// What is played to the peer.
enum class AnswerAudio : std::uint8_t {
    none,   ///< nothing; what comes is received
    echo,   ///< what it sends
    loops,  ///< AnswerMedia::sound
};

/// What the calls of a server share.
struct AnswerMedia {
    FrameWorkers* workers = nullptr;
    PictureBudget* pictures = nullptr;  ///< that are decoded; outlives the workers
    AnswerAudio audio = AnswerAudio::echo;
    SoundLoops* sound = nullptr;  ///< with AnswerAudio::loops
    streams::RateLimits rate{.start = 800'000, .min = 100'000, .max = 2'500'000};
    /// Has ServerPort::wake() called on the loop's thread. Called from any thread, also when the call is over.
    std::function<void(std::uint64_t call)> wake;
    /// Told what a person should know, on the loop's thread: a transform that fails. May be empty.
    std::function<void(const std::string& text)> notice;
};

/// Video comes back through `transform`, audio as `shared` has it; everything else goes to `inner`.
/// @param sources  those of the answer. @param record_to  a file of WebM or Matroska for what comes; empty: none
/// @param random   outlives the handler, as does `shared`
[[nodiscard]] std::unique_ptr<CallHandler> make_media_handler(const AnswerMedia& shared, std::string transform,
                                                              CallSources sources, std::string record_to, RandomSource& random,
                                                              std::unique_ptr<CallHandler> inner);

}  // namespace volley::call
