#include "call/returned_audio.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "media/load.hpp"
#include "sound/pcm.hpp"

namespace volley::call {
namespace {

constexpr int sending_rate = 48'000;
/// What is missing is filled up with silence as far as this; a longer gap is a new beginning.
constexpr std::uint32_t longest_gap_seconds = 2;
constexpr double full_scale = 32'768;
constexpr Duration marks_kept = std::chrono::seconds(10);

std::vector<std::int16_t> mono_of(std::vector<std::int16_t> samples, int channels) {
    if (channels == 1) return samples;
    std::vector<std::int16_t> out(samples.size() / static_cast<std::size_t>(channels));
    for (std::size_t i = 0; i < out.size(); ++i) {
        int sum = 0;
        for (int c = 0; c < channels; ++c) sum += samples[i * static_cast<std::size_t>(channels) + static_cast<std::size_t>(c)];
        out[i] = static_cast<std::int16_t>(sum / channels);
    }
    return out;
}

}  // namespace

sound::ChirpPlan chirp_plan(int rate) {
    sound::ChirpPlan plan;
    plan.rate = rate;
    return plan;
}

sound::Pcm chirp_second() {
    sound::Pcm out;
    out.rate = sending_rate;
    out.samples = sound::chirp(chirp_plan(sending_rate));
    out.samples.resize(static_cast<std::size_t>(sending_rate), 0);
    return out;
}

ReturnedAudio::ReturnedAudio(media::AudioCodec codec, bool listens) : codec_(codec), listens_(listens) {}

void ReturnedAudio::put(Bytes payload, std::uint32_t timestamp, TimePoint arrival) {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= most_waiting) {
        ++seen_.dropped;
        return;
    }
    waiting_.push_back({std::move(payload), timestamp, arrival});
}

std::vector<TimePoint> ReturnedAudio::take_chirps() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(chirps_, {});
}

ReturnedAudio::Seen ReturnedAudio::seen() const {
    const std::scoped_lock lock(mutex_);
    return seen_;
}

bool ReturnedAudio::idle() const {
    const std::scoped_lock lock(mutex_);
    return !running_ && waiting_.empty();
}

void ReturnedAudio::finish() {
    const std::scoped_lock lock(mutex_);
    finishing_ = true;
}

bool ReturnedAudio::make_decoder() {
    if (given_up_) return false;
    if (decoder_) return true;
    const auto& loaded = media::plugin();
    std::string fault = loaded.fault;
    if (loaded.plugin != nullptr) {
        auto made = loaded.plugin->make_audio_decoder(codec_);
        decoder_ = std::move(made.made);
        fault = std::move(made.fault);
    }
    if (!decoder_) {
        fail(std::move(fault));
        return false;
    }
    if (listens_) {
        const int rate = media::format_of(codec_).rate;
        const int heard_at = std::min(rate, listening_rate);
        if (rate != heard_at) resampler_.emplace(rate, heard_at);
        listener_.emplace(chirp_plan(heard_at));
    }
    return true;
}

void ReturnedAudio::fail(std::string why) {
    given_up_ = true;
    decoder_.reset();
    const std::scoped_lock lock(mutex_);
    running_ = false;
    seen_.fault = std::move(why);
}

void ReturnedAudio::listen(std::vector<std::int16_t> mono, TimePoint arrival) {
    if (!listener_) return;
    std::vector<std::int16_t> at_rate;
    if (resampler_)
        resampler_->process(mono, at_rate);
    else
        at_rate = std::move(mono);
    // What the resampler gives out lags behind what it is given, by a whole number of nothing that matters: under a millisecond.
    marks_.push_back({static_cast<double>(listener_->heard()), arrival});
    while (marks_.size() > 1 && arrival - marks_.front().arrival > marks_kept) marks_.pop_front();
    listener_->hear(at_rate);
}

void ReturnedAudio::hear(const Packet& packet, Seen& seen) {
    const auto format = media::format_of(codec_);
    if (next_timestamp_) {
        const auto gap = static_cast<std::int32_t>(packet.timestamp - *next_timestamp_);
        if (gap < 0) {
            ++seen.dropped;
            return;
        }
        if (gap > 0 && static_cast<std::uint32_t>(gap) <= longest_gap_seconds * static_cast<std::uint32_t>(format.rtp_clock)) {
            const auto missing = static_cast<std::size_t>(static_cast<std::int64_t>(gap) * format.rate / format.rtp_clock);
            listen(std::vector<std::int16_t>(missing, 0), packet.arrival);
        }
    }
    auto decoded = decoder_->decode(packet.payload);
    if (!decoded.fault.empty()) {
        ++seen.undecodable;
        return;
    }
    ++seen.decoded;
    const auto frames = static_cast<std::int64_t>(decoded.samples.size()) / format.channels;
    next_timestamp_ = packet.timestamp + static_cast<std::uint32_t>(frames * format.rtp_clock / format.rate);
    for (const std::int16_t sample : decoded.samples) {
        const double value = sample / full_scale;
        square_sum_ += value * value;
    }
    samples_ += static_cast<double>(decoded.samples.size());
    listen(mono_of(std::move(decoded.samples), format.channels), packet.arrival);
}

/// A chirp's first sample lies in a packet, whose arrival is known.
void ReturnedAudio::collect() {
    if (!listener_) return;
    std::vector<TimePoint> found;
    const int rate = std::min(media::format_of(codec_).rate, listening_rate);
    while (const auto chirp = listener_->poll()) {
        const Mark* mark = nullptr;
        for (const auto& one : marks_) {
            if (one.sample > chirp->sample) break;
            mark = &one;
        }
        if (mark != nullptr) found.push_back(mark->arrival + from_seconds((chirp->sample - mark->sample) / rate));
    }
    const std::scoped_lock lock(mutex_);
    chirps_.insert(chirps_.end(), found.begin(), found.end());
}

void ReturnedAudio::run() {
    std::deque<Packet> packets;
    bool finishing = false;
    {
        const std::scoped_lock lock(mutex_);
        packets.swap(waiting_);
        running_ = true;
        finishing = finishing_;
    }
    Seen seen;
    if (make_decoder()) {
        for (const auto& packet : packets) hear(packet, seen);
        if (finishing && listener_) listener_->flush();
        collect();
    }
    const std::scoped_lock lock(mutex_);
    running_ = false;
    seen_.decoded += seen.decoded;
    seen_.undecodable += seen.undecodable;
    seen_.dropped += seen.dropped;
    if (samples_ > 0) seen_.level_db = 10 * std::log10(std::max(square_sum_ / samples_, 1e-12));
}

}  // namespace volley::call
