#include "call/media_sources.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "call/media_formats.hpp"
#include "call/sound_source.hpp"

namespace volley::call {
namespace {

template <class Codec, class Named>
std::vector<Codec> codecs_of(const std::vector<std::string>& names, std::vector<Codec> all, Named named) {
    if (names.empty()) return all;
    std::vector<Codec> out;
    for (const auto& name : names)
        if (const auto codec = named(name)) out.push_back(*codec);
    return out;
}

}  // namespace

struct MediaSources::State {
    mutable std::mutex mutex;
    std::map<media::VideoCodec, std::shared_ptr<const FrameLoop>> loops;  // nothing in its place: being made, or it cannot be
    std::string fault;
    LoopProgress progress;
};

class MediaSources::Making final : public FrameWork {
public:
    Making(std::shared_ptr<State> state, VideoPlan plan, media::VideoCodec codec)
        : state_(std::move(state)), plan_(std::move(plan)), codec_(codec) {}

    void run() override {
        std::string fault;
        auto loop = make_frame_loop(plan_, codec_, fault, state_->progress);
        const std::scoped_lock lock(state_->mutex);
        state_->loops[codec_] = std::move(loop);
        if (!fault.empty()) state_->fault = std::move(fault);
    }
    void fail(std::string why) override {
        const std::scoped_lock lock(state_->mutex);
        state_->fault = "video cannot be made: " + why;
    }

private:
    std::shared_ptr<State> state_;
    VideoPlan plan_;
    media::VideoCodec codec_;
};

MediaSources::MediaSources(const std::optional<VideoPlan>& video, const std::optional<AudioPlan>& audio, bool plays)
    : video_(video),
      audio_(audio),
      plays_(plays),
      state_(std::make_shared<State>()),
      workers_(FrameWorkers::threads_for_this_machine()) {
    if (video_) {
        using media::VideoCodec;
        video_codecs_ = codecs_of(video_->codecs, std::vector{VideoCodec::vp8, VideoCodec::h264}, video_codec_named);
        if (const auto only = plays_ ? std::nullopt : codec_of_source(*video_, state_->fault)) video_codecs_ = {*only};
    }
    if (audio_) {
        using media::AudioCodec;
        audio_codecs_ =
            codecs_of(audio_->codecs, std::vector{AudioCodec::opus, AudioCodec::g722, AudioCodec::pcmu, AudioCodec::pcma},
                      audio_codec_named);
        if (plays_) return;
        if (auto sound = read_sound(audio_->source, state_->fault)) sound_.emplace(std::move(*sound), workers_);
    }
}

MediaSources::~MediaSources() { state_->progress.stop = true; }

const LoopProgress& MediaSources::progress() const noexcept { return state_->progress; }

std::shared_ptr<const FrameLoop> MediaSources::frames(media::VideoCodec codec) {
    {
        const std::scoped_lock lock(state_->mutex);
        const auto [at, is_new] = state_->loops.try_emplace(codec);
        if (!is_new) return at->second;
    }
    workers_.want(std::make_shared<Making>(state_, *video_, codec));
    return nullptr;
}

std::shared_ptr<const SoundLoop> MediaSources::sound(media::AudioCodec codec) { return sound_ ? sound_->get(codec) : nullptr; }

std::string MediaSources::fault() const {
    {
        const std::scoped_lock lock(state_->mutex);
        if (!state_->fault.empty()) return state_->fault;
    }
    return sound_ ? sound_->fault() : std::string();
}

}  // namespace volley::call
