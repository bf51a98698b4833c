// The sound that a server plays to one call.
#pragma once

#include <memory>
#include <optional>

#include <volley/time.hpp>

#include "call/answer_media.hpp"
#include "call/media_streams.hpp"
#include "call/sound_loop.hpp"
#include "streams/session.hpp"

namespace volley::call {

/// AnswerMedia::sound from its beginning, over and over. On the loop's thread.
class SoundPlayer {
public:
    /// @param shared  outlives the player
    explicit SoundPlayer(const AnswerMedia& shared) noexcept : shared_(shared) {}

    /// Plays from `now` on: where the server has a sound to play, and the call takes one.
    void begin(TimePoint now, const streams::Session& session, const std::optional<MediaSection>& audio);
    [[nodiscard]] std::optional<TimePoint> due() const noexcept;
    /// Hands what is due to the session. Why there is nothing to play is told once.
    void play(TimePoint now, streams::Session& session);

private:
    const AnswerMedia& shared_;
    std::optional<MediaSection> audio_;  // nothing: none is played
    SoundClock clock_;
    std::shared_ptr<const SoundLoop> loop_;
    bool told_ = false;  // why there is none
};

}  // namespace volley::call
