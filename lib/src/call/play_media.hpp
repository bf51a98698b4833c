// What a server plays to a call that only receives, as WHEP has it: video over and over, and sound.
#pragma once

#include <functional>
#include <memory>

#include "call/answer_media.hpp"
#include "call/frame_loop.hpp"

namespace volley::call {

/// What is played as video in a codec; nothing while it is being made, or where it cannot be.
using FrameSupply = std::function<std::shared_ptr<const FrameLoop>(media::VideoCodec codec)>;

/// @param shared  its sound is played, with AnswerAudio::loops. @param sources  those of the answer. @param inner  for all but media.
/// @param random  outlives the handler, as do `shared` and what `frames` looks into
[[nodiscard]] std::unique_ptr<CallHandler> make_play_handler(const AnswerMedia& shared, FrameSupply frames, CallSources sources,
                                                             RandomSource& random, std::unique_ptr<CallHandler> inner);

}  // namespace volley::call
