#include "call/sound_loop.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "media/load.hpp"
#include "sound/resampler.hpp"

namespace volley::call {
namespace {

/// In the codec's format, and of whole packets.
std::vector<std::int16_t> prepared(const sound::Pcm& sound, const media::AudioFormat& format) {
    const sound::Pcm at_rate = sound.rate == format.rate ? sound : sound::resampled(sound, format.rate);
    sound::Pcm out = at_rate.channels == format.channels ? at_rate : sound::with_channels(at_rate, format.channels);
    const auto packet = static_cast<std::size_t>(format.frame_samples()) * static_cast<std::size_t>(format.channels);
    const std::size_t packets = std::max<std::size_t>(1, (out.samples.size() + packet - 1) / packet);
    out.samples.resize(packets * packet, 0);
    return std::move(out.samples);
}

}  // namespace

std::shared_ptr<const SoundLoop> encode_sound(const sound::Pcm& sound, media::AudioCodec codec, std::string& fault,
                                              const std::atomic<bool>& stop) {
    const auto& loaded = media::plugin();
    if (loaded.plugin == nullptr) {
        fault = loaded.fault;
        return nullptr;
    }
    auto encoder = loaded.plugin->make_audio_encoder(codec);
    if (!encoder.made) {
        fault = std::move(encoder.fault);
        return nullptr;
    }
    const auto format = media::format_of(codec);
    const auto samples = prepared(sound, format);
    const auto packet = static_cast<std::size_t>(format.frame_samples()) * static_cast<std::size_t>(format.channels);
    auto out = std::make_shared<SoundLoop>();
    out->codec = codec;
    for (std::size_t at = 0; at < samples.size(); at += packet) {
        if (stop) {
            fault = "stopped";
            return nullptr;
        }
        auto encoded = encoder.made->encode(std::span(samples).subspan(at, packet));
        if (!encoded.fault.empty()) {
            fault = std::move(encoded.fault);
            return nullptr;
        }
        out->packets.push_back(std::move(encoded.bytes));
    }
    return out;
}

struct SoundLoops::State {
    sound::Pcm sound;
    mutable std::mutex mutex;
    std::map<media::AudioCodec, std::shared_ptr<const SoundLoop>> made;  // nothing in its place: being made, or it cannot be
    std::string fault;
    std::atomic<bool> stop = false;
};

class SoundLoops::Encoding final : public FrameWork {
public:
    Encoding(std::shared_ptr<State> state, media::AudioCodec codec) : state_(std::move(state)), codec_(codec) {}

    void run() override {
        std::string fault;
        auto loop = encode_sound(state_->sound, codec_, fault, state_->stop);
        const std::scoped_lock lock(state_->mutex);
        state_->made[codec_] = std::move(loop);
        if (!fault.empty()) state_->fault = std::move(fault);
    }
    void fail(std::string why) override {
        const std::scoped_lock lock(state_->mutex);
        state_->fault = "the sound cannot be encoded: " + why;
    }

private:
    std::shared_ptr<State> state_;
    media::AudioCodec codec_;
};

SoundLoops::SoundLoops(sound::Pcm sound, FrameWorkers& workers) : state_(std::make_shared<State>()), workers_(workers) {
    state_->sound = std::move(sound);
}
SoundLoops::~SoundLoops() { state_->stop = true; }

std::shared_ptr<const SoundLoop> SoundLoops::get(media::AudioCodec codec) {
    {
        const std::scoped_lock lock(state_->mutex);
        const auto [at, is_new] = state_->made.try_emplace(codec);
        if (!is_new) return at->second;
    }
    workers_.want(std::make_shared<Encoding>(state_, codec));
    return nullptr;
}

std::string SoundLoops::fault() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->fault;
}

}  // namespace volley::call
