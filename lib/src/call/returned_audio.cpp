#include "call/returned_audio.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <volley/metrics/chirp_resolution.hpp>

#include "media/load.hpp"
#include "sound/pcm.hpp"

namespace volley::call {
namespace {

/// What is missing is filled up with silence as far as this; a longer gap, there or back, is a new beginning.
constexpr std::int64_t longest_gap_seconds = 2;
/// By so much more than time has passed there may be sound and silence: a clock runs fast, and what came late comes at once.
constexpr Duration most_ahead = std::chrono::seconds(1);
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

ReturnedAudio::ReturnedAudio(media::AudioCodec codec, bool listens) : listens_(listens), codec_(codec) {}

void ReturnedAudio::put(Packet packet) {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= most_waiting) {
        ++seen_.dropped;
        return;
    }
    waiting_.push_back(std::move(packet));
}

std::vector<HeardChirp> ReturnedAudio::take_chirps() {
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
        listener_.emplace(chirp_plans(heard_at));
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

/// What was heard so far stays found; the rest of it is not waited for.
void ReturnedAudio::change_codec(media::AudioCodec codec) {
    if (listener_) listener_->flush();
    collect();
    codec_ = codec;
    decoder_.reset();
    resampler_.reset();
    listener_.reset();
    marks_.clear();
    next_timestamp_.reset();
    first_arrival_.reset();
    given_ = 0;
}

void ReturnedAudio::listen(std::vector<std::int16_t> mono, TimePoint arrival) {
    const int rate = media::format_of(codec_).rate;
    const auto begins = static_cast<double>(given_);
    given_ += mono.size();
    listened_ += from_seconds(static_cast<double>(mono.size()) / rate);
    if (!listener_) return;
    std::vector<std::int16_t> at_rate;
    if (resampler_)
        resampler_->process(mono, at_rate);
    else
        at_rate = std::move(mono);
    // By what was given, not by what was heard: the resampler holds some back.
    marks_.push_back({begins * std::min(rate, listening_rate) / rate, arrival});
    while (marks_.size() > 1 && arrival - marks_.front().arrival > marks_kept) marks_.pop_front();
    listener_->hear(at_rate);
}

/// @return false where the packet's place is behind what was heard already.
bool ReturnedAudio::fill_gap(const Packet& packet) {
    if (!next_timestamp_ || packet.stream != stream_) return true;
    const auto format = media::format_of(codec_);
    const std::int64_t gap = static_cast<std::int32_t>(packet.timestamp - *next_timestamp_);
    const std::int64_t longest = longest_gap_seconds * format.rtp_clock;
    if (gap < -longest || gap > longest) return true;
    if (gap < 0) return false;
    const double passed = to_seconds(packet.arrival - *first_arrival_ + most_ahead) - static_cast<double>(given_) / format.rate;
    const auto most = static_cast<std::int64_t>(std::max(0.0, passed) * format.rate);
    const auto missing = static_cast<std::size_t>(std::min(gap * format.rate / format.rtp_clock, most));
    if (missing > 0) listen(std::vector<std::int16_t>(missing, 0), packet.arrival);
    return true;
}

void ReturnedAudio::hear(const Packet& packet, Seen& seen) {
    if (packet.codec && *packet.codec != codec_) change_codec(*packet.codec);
    if (!make_decoder()) return;
    if (!first_arrival_) first_arrival_ = packet.arrival;
    if (!fill_gap(packet)) {
        ++seen.dropped;
        return;
    }
    stream_ = packet.stream;
    const auto format = media::format_of(codec_);
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

/// A chirp's first sample lies in a packet, whose arrival is known. What seems to begin a little before or after a packet does begins with it,
/// as ours do when they are sent: by the packet before, which comes at another time, it would be told wrongly by all of the difference.
void ReturnedAudio::collect() {
    if (!listener_) return;
    std::vector<HeardChirp> found;
    const int rate = std::min(media::format_of(codec_).rate, listening_rate);
    // G.722 moves it by more where what is sent begins anew, and its decoder does not.
    const double exact = to_seconds(2 * metrics::chirp_resolution) * rate;
    while (const auto chirp = listener_->poll()) {
        const double sample = chirp->sample - to_seconds(delay_of(codec_)) * rate;
        const Mark* mark = nullptr;
        for (const auto& one : marks_) {
            if (one.sample > sample + exact) break;
            mark = &one;
        }
        // One that begins with the first sound that came may seem to begin before it.
        if (mark == nullptr && !marks_.empty() && chirp->sample >= marks_.front().sample) mark = &marks_.front();
        if (mark == nullptr) continue;
        const double behind = sample - mark->sample;
        found.push_back({mark->arrival + from_seconds(std::abs(behind) <= exact ? 0 : behind / rate), chirp->which});
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
    for (const auto& packet : packets) hear(packet, seen);
    if (finishing && listener_) listener_->flush();
    collect();
    const std::scoped_lock lock(mutex_);
    running_ = false;
    seen_.decoded += seen.decoded;
    seen_.undecodable += seen.undecodable;
    seen_.dropped += seen.dropped;
    seen_.heard = listened_;
    if (samples_ > 0) seen_.level_db = 10 * std::log10(std::max(square_sum_ / samples_, 1e-12));
}

}  // namespace volley::call
