#include "call/play_media.hpp"

#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "call/frame_sender.hpp"
#include "call/sound_player.hpp"
#include "streams/deadlines.hpp"

namespace volley::call {
namespace {

/// While what is played is still being made, it is looked for again.
constexpr Duration look_again = std::chrono::milliseconds(10);

class PlayHandler final : public CallHandler {
public:
    PlayHandler(const AnswerMedia& shared, FrameSupply frames, CallSources sources, RandomSource& random,
                std::unique_ptr<CallHandler> inner)
        : shared_(shared),
          frames_(std::move(frames)),
          sources_(std::move(sources)),
          random_(random),
          inner_(std::move(inner)),
          sound_(shared) {}

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
        auto when = streams::earlier(inner_->next_timeout(), sound_.due());
        if (session_) when = streams::earlier(when, session_->next_timeout());
        if (plays_video_) when = streams::earlier(when, sender_ ? sender_->due() : look_for_frames_);
        return when;
    }

    void handle_timeout(ServerCall& call, TimePoint now) override {
        inner_->handle_timeout(call, now);
        if (!session_) return;
        if (const auto due = session_->next_timeout(); due && now >= *due) session_->handle_timeout(now);
        if (plays_video_) play_video(now);
        sound_.play(now, *session_);
        work(call, now);
    }

private:
    void begin(ServerCall& call, TimePoint now) {
        const auto& agreed = call.peer().agreed();
        if (!agreed) return;
        video_ = video_section(*agreed);
        if (!video_ && !audio_section(*agreed)) return;
        StreamOptions options;
        options.rate = shared_.rate;
        session_.emplace(make_streams(now, *agreed, sources_, options, random_));
        plays_video_ = video_ && session_->can_send(video_->index);
        look_for_frames_ = now;
        sound_.begin(now, *session_, audio_section(*agreed));
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

    const AnswerMedia& shared_;
    const FrameSupply frames_;
    const CallSources sources_;
    RandomSource& random_;
    std::unique_ptr<CallHandler> inner_;

    std::optional<streams::Session> session_;
    std::optional<MediaSection> video_;
    bool plays_video_ = false;
    TimePoint look_for_frames_{};
    std::optional<FrameSender> sender_;
    SoundPlayer sound_;
};

}  // namespace

std::unique_ptr<CallHandler> make_play_handler(const AnswerMedia& shared, FrameSupply frames, CallSources sources,
                                               RandomSource& random, std::unique_ptr<CallHandler> inner) {
    return std::make_unique<PlayHandler>(shared, std::move(frames), std::move(sources), random, std::move(inner));
}

}  // namespace volley::call
