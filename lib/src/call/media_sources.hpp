// What the calls of a plan send, made once for all of them.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <volley/call/offer.hpp>

#include "call/frame_loop.hpp"
#include "call/frame_workers.hpp"
#include "call/sound_loop.hpp"

namespace volley::call {

/// What the calls of a plan send, made once, and the threads that see to what comes back. Thread safety: every member from any thread.
class MediaSources {
public:
    /// @param plays  nothing is sent: see CallPlan::plays()
    MediaSources(const std::optional<VideoPlan>& video, const std::optional<AudioPlan>& audio, bool plays = false);
    MediaSources(const MediaSources&) = delete;
    MediaSources& operator=(const MediaSources&) = delete;
    ~MediaSources();  ///< what is being made is left unfinished

    [[nodiscard]] FrameWorkers& workers() noexcept { return workers_; }
    [[nodiscard]] const std::optional<VideoPlan>& video() const noexcept { return video_; }
    [[nodiscard]] const std::optional<AudioPlan>& audio() const noexcept { return audio_; }
    [[nodiscard]] bool plays() const noexcept { return plays_; }
    /// Codecs that are offered, in this order.
    [[nodiscard]] const std::vector<media::VideoCodec>& video_codecs() const noexcept { return video_codecs_; }
    [[nodiscard]] const std::vector<media::AudioCodec>& audio_codecs() const noexcept { return audio_codecs_; }
    /// What is sent; nothing while it is being made, which asking begins, and where it cannot be.
    [[nodiscard]] std::shared_ptr<const FrameLoop> frames(media::VideoCodec codec);
    [[nodiscard]] std::shared_ptr<const SoundLoop> sound(media::AudioCodec codec);
    /// Chirps are sent and listened for.
    [[nodiscard]] bool chirps() const noexcept { return audio_ && !plays_ && audio_->source == "chirp"; }
    /// Whether nobody has asked before: the pictures of one call are looked at.
    [[nodiscard]] bool is_first_look() noexcept { return !looked_.exchange(true); }
    /// Why something cannot be sent; empty where everything can.
    [[nodiscard]] std::string fault() const;
    /// Of the video that is being made.
    [[nodiscard]] const LoopProgress& progress() const noexcept;

private:
    struct State;
    class Making;

    const std::optional<VideoPlan> video_;
    const std::optional<AudioPlan> audio_;
    const bool plays_;
    std::vector<media::VideoCodec> video_codecs_;
    std::vector<media::AudioCodec> audio_codecs_;
    std::shared_ptr<State> state_;  // shared with the work that goes on
    std::atomic<bool> looked_ = false;
    FrameWorkers workers_;
    std::optional<SoundLoops> sound_;
};

}  // namespace volley::call
