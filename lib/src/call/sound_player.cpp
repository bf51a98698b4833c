#include "call/sound_player.hpp"

#include <span>

namespace volley::call {

void SoundPlayer::begin(TimePoint now, const streams::Session& session, const std::optional<MediaSection>& audio) {
    if (!audio || shared_.audio != AnswerAudio::loops || !session.can_send(audio->index)) return;
    audio_ = audio;
    clock_.start(now);
}

std::optional<TimePoint> SoundPlayer::due() const noexcept {
    if (!audio_) return std::nullopt;
    return clock_.due();
}

void SoundPlayer::play(TimePoint now, streams::Session& session) {
    if (!audio_) return;
    const auto codec = audio_codec_of(session.config().sections[audio_->index].agreed, audio_->codec);
    if (!loop_ && codec) loop_ = shared_.sound->get(*codec);
    if (!loop_ && !told_) {
        if (const auto fault = shared_.sound->fault(); !fault.empty()) {
            told_ = true;
            if (shared_.notice) shared_.notice("no sound is played to calls: " + fault);
        }
    }
    while (clock_.is_due(now)) {
        if (loop_) {
            const auto ticks = static_cast<std::uint64_t>(media::format_of(*codec).frame_ticks());
            const BytesView payload = loop_->packets[clock_.count() % loop_->packets.size()];
            const auto timestamp = static_cast<std::uint32_t>(clock_.count() * ticks);
            (void)session.send_frame(now, audio_->index, {timestamp, audio_->codec, std::span(&payload, 1)});
        }
        clock_.sent(now);
    }
}

}  // namespace volley::call
