#include "call/play_media.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "call/frame_sender.hpp"

namespace volley::call {
namespace {

/// While what is played is still being made, it is looked for again.
constexpr Duration look_again = std::chrono::milliseconds(10);

class PlayHandler final : public CallHandler {
public:
    PlayHandler(const AnswerMedia& shared, FrameSupply frames, CallSources sources, RandomSource& random,
                std::unique_ptr<CallHandler> inner)
        : shared_(shared), frames_(std::move(frames)), sources_(std::move(sources)), random_(random), inner_(std::move(inner)) {}

    void handle(ServerCall& call, TimePoint at, webrtc::PeerEvent& event) override {
        if (const auto* const packet = std::get_if<webrtc::MediaPacket>(&event)) {
            if (!session_) return;
            session_->handle_packet(at, packet->rtcp, packet->bytes);
            work(call, at);
            return;
        }
        if (const auto* const changed = std::get_if<webrtc::PeerStateChanged>(&event))
            if (changed->state == webrtc::PeerState::connected && !session_) begin(call, at);
        inner_->handle(call, at, event);
    }

    [[nodiscard]] std::optional<TimePoint> next_timeout() const override {
        std::optional<TimePoint> when = inner_->next_timeout();
        const auto sooner = [&](std::optional<TimePoint> other) {
            if (other && (!when || *other < *when)) when = other;
        };
        if (session_) sooner(session_->next_timeout());
        if (plays_video_) sooner(sender_ ? sender_->due() : look_for_frames_);
        if (plays_audio_) sooner(clock_.due());
        return when;
    }

    void handle_timeout(ServerCall& call, TimePoint now) override {
        inner_->handle_timeout(call, now);
        if (!session_) return;
        if (const auto due = session_->next_timeout(); due && now >= *due) session_->handle_timeout(now);
        if (plays_video_) play_video(now);
        if (plays_audio_) play_audio(now);
        work(call, now);
    }

private:
    void begin(ServerCall& call, TimePoint now) {
        const auto& agreed = call.peer().agreed();
        if (!agreed) return;
        video_ = video_section(*agreed);
        audio_ = audio_section(*agreed);
        if (!video_ && !audio_) return;
        StreamOptions options;
        options.rate = shared_.rate;
        session_.emplace(make_streams(now, *agreed, sources_, options, random_));
        plays_video_ = video_ && session_->can_send(video_->index);
        plays_audio_ = audio_ && shared_.audio == AnswerAudio::loops && session_->can_send(audio_->index);
        look_for_frames_ = now;
        clock_.start(now);
    }

    void work(ServerCall& call, TimePoint now) {
        while (const auto event = session_->poll_event())
            if (const auto* const wanted = std::get_if<streams::KeyFrameWanted>(&*event); wanted != nullptr && sender_)
                sender_->want_key();
        send_media(now, *session_, call.peer());
    }

    void play_video(TimePoint now) {
        if (!sender_) {
            if (now < look_for_frames_) return;
            const auto codec = video_codec_of(session_->config().sections[video_->index].agreed, video_->codec);
            auto loop = codec ? frames_(*codec) : nullptr;
            look_for_frames_ = now + look_again;
            if (!loop) return;
            sender_.emplace(std::move(loop), now, random_);
        }
        sender_->send_due(now, *session_, *video_);
    }

    void play_audio(TimePoint now) {
        const auto codec = audio_codec_of(session_->config().sections[audio_->index].agreed, audio_->codec);
        if (!sound_ && codec) sound_ = shared_.sound->get(*codec);
        if (!sound_ && !told_sound_) {
            if (const auto fault = shared_.sound->fault(); !fault.empty()) {
                told_sound_ = true;
                if (shared_.notice) shared_.notice("no sound is played to calls: " + fault);
            }
        }
        while (clock_.is_due(now)) {
            if (sound_) {
                const auto ticks = static_cast<std::uint64_t>(media::format_of(*codec).frame_ticks());
                const BytesView payload = sound_->packets[clock_.count() % sound_->packets.size()];
                const auto timestamp = static_cast<std::uint32_t>(clock_.count() * ticks);
                (void)session_->send_frame(now, audio_->index, {timestamp, audio_->codec, std::span(&payload, 1)});
            }
            clock_.sent(now);
        }
    }

    const AnswerMedia& shared_;
    const FrameSupply frames_;
    const CallSources sources_;
    RandomSource& random_;
    std::unique_ptr<CallHandler> inner_;

    std::optional<streams::Session> session_;
    std::optional<MediaSection> video_;
    std::optional<MediaSection> audio_;
    bool plays_video_ = false;
    bool plays_audio_ = false;
    bool told_sound_ = false;  // why there is none
    TimePoint look_for_frames_{};
    std::optional<FrameSender> sender_;
    SoundClock clock_;
    std::shared_ptr<const SoundLoop> sound_;
};

}  // namespace

std::unique_ptr<CallHandler> make_play_handler(const AnswerMedia& shared, FrameSupply frames, CallSources sources,
                                               RandomSource& random, std::unique_ptr<CallHandler> inner) {
    return std::make_unique<PlayHandler>(shared, std::move(frames), std::move(sources), random, std::move(inner));
}

}  // namespace volley::call
