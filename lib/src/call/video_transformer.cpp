#include "call/video_transformer.hpp"

#include <utility>

#include <fmt/format.h>

#include "media/load.hpp"
#include "media/transforms.hpp"

namespace volley::call {
namespace {

constexpr int frames_per_second = 30;  // that bits per frame are reckoned from; what comes sets its own pace
constexpr double video_clock = 90'000;
/// Below this part of the rate that it began with pictures are left out rather than sent over a way that is too narrow for them.
constexpr double narrow_share = 0.5;

}  // namespace

VideoTransformer::VideoTransformer(media::VideoCodec to, std::string transform, int bits_per_second, PictureBudget& budget,
                                   std::function<void()> there_is, Duration catching_up)
    : to_(to),
      transform_name_(std::move(transform)),
      there_is_(std::move(there_is)),
      catching_up_(catching_up),
      share_(budget),
      wide_rate_(bits_per_second),
      bits_per_second_(bits_per_second) {}

bool VideoTransformer::put(media::VideoCodec codec, CodedPicture picture) {
    const std::scoped_lock lock(mutex_);
    if (picture.key) until_key_ = false;
    if (!until_key_ && (waiting_.size() >= most_waiting || waiting_bytes_ + picture.bytes.size() > most_waiting_bytes)) {
        // What waits is old by now, and what came after it is of no use without it.
        counts_.dropped += waiting_.size();
        waiting_.clear();
        waiting_bytes_ = 0;
        until_key_ = !picture.key;
    }
    if (until_key_) {
        ++counts_.dropped;
        return false;
    }
    waiting_bytes_ += picture.bytes.size();
    waiting_.push_back({codec, std::move(picture)});
    return true;
}

void VideoTransformer::abandon() {
    abandoned_ = true;
    const std::scoped_lock lock(mutex_);
    waiting_.clear();
    waiting_bytes_ = 0;
}

void VideoTransformer::force_key() {
    const std::scoped_lock lock(mutex_);
    force_key_ = true;
}

void VideoTransformer::set_bitrate(int bits_per_second) {
    const std::scoped_lock lock(mutex_);
    bitrate_ = bits_per_second;
}

VideoTransformer::Output VideoTransformer::take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(output_, {});
}

TransformCounts VideoTransformer::counts() const {
    const std::scoped_lock lock(mutex_);
    return counts_;
}

VideoTransformer::Work VideoTransformer::take_work() {
    const std::scoped_lock lock(mutex_);
    waiting_bytes_ = 0;
    return {std::exchange(waiting_, {}), std::exchange(force_key_, false), std::exchange(bitrate_, std::nullopt)};
}

bool VideoTransformer::make_encoder() {
    if (given_up_) return false;
    if (encoder_) return true;
    const auto& loaded = media::plugin();
    if (loaded.plugin == nullptr) {
        give_up(loaded.fault);
        return false;
    }
    auto encoder = loaded.plugin->make_video_encoder(to_);
    auto transform = media::make_transform(transform_name_);
    for (const auto* fault : {&encoder.fault, &transform.fault}) {
        if (fault->empty()) continue;
        give_up(*fault);
        return false;
    }
    encoder_ = std::move(encoder.made);
    transform_ = std::move(transform.made);
    return true;
}

void VideoTransformer::give_up(std::string fault) {
    given_up_ = true;
    {
        const std::scoped_lock lock(mutex_);
        output_.fault = std::move(fault);
    }
    there_is_();
}

void VideoTransformer::fail(std::string why) {
    release();
    give_up(std::move(why));
}

void VideoTransformer::release() {
    decoder_.reset();
    encoder_.reset();
    transform_.reset();
    transformed_ = {};
    share_.release();
}

// From the first picture on, whose timestamp may be any.
double VideoTransformer::seconds_at(std::uint32_t timestamp) {
    if (last_timestamp_) ticks_ += static_cast<std::int32_t>(timestamp - *last_timestamp_);
    last_timestamp_ = timestamp;
    return static_cast<double>(ticks_) / video_clock;
}

media::DecodedPicture VideoTransformer::decode(const Waiting& waiting, TransformCounts& counts, Output& out) {
    media::DecodedPicture decoded;
    if (const auto size = size_of_coded(waiting.codec, waiting.picture.bytes)) {
        out.fault = share_.admit(*size);
        given_up_ = !out.fault.empty();
        if (given_up_) return decoded;
    }
    if (!decoder_ || decoding_ != waiting.codec) {
        decoder_.reset();
        auto made = media::plugin().plugin->make_video_decoder(waiting.codec);
        out.fault = std::move(made.fault);
        given_up_ = !made.made;
        if (given_up_) return decoded;
        decoder_ = std::move(made.made);
        decoding_ = waiting.codec;
    }
    decoded = decoder_->decode(waiting.picture.bytes);
    if (!decoded.fault.empty()) {
        ++counts.undecodable;
        out.wants_key = true;
    } else if (!decoded.picture.empty()) {
        ++counts.decoded;
        note_size(decoded.picture, counts);
    }
    return decoded;
}

void VideoTransformer::note_size(const picture::PictureView& decoded, TransformCounts& counts) {
    if (decoded_width_ > 0 && (decoded.width != decoded_width_ || decoded.height != decoded_height_)) {
        ++counts.resized;
        counts.sizes = fmt::format("{}x{} to {}x{}", decoded_width_, decoded_height_, decoded.width, decoded.height);
    }
    decoded_width_ = decoded.width;
    decoded_height_ = decoded.height;
}

void VideoTransformer::run() {
    const Work work = take_work();
    if (abandoned_) {
        release();
        return;
    }
    if (!make_encoder()) return;
    if (work.bitrate && *work.bitrate != bits_per_second_) {
        bits_per_second_ = *work.bitrate;
        if (width_ > 0) (void)encoder_->set_bitrate(bits_per_second_);
    }
    TransformCounts counts;
    Output out;
    key_owed_ = key_owed_ || work.force_key;
    const TimePoint began = Clock::now();
    for (const auto& picture : work.pictures) {
        const TimePoint at = Clock::now();
        const auto decoded = decode(picture, counts, out);
        counts.decoding += Clock::now() - at;
        if (given_up_ || abandoned_) break;
        if (!decoded.fault.empty() || decoded.picture.empty()) continue;
        const auto& newest = work.pictures.back();
        const bool with_newest = newest.picture.came - picture.picture.came <= together && at - began <= catching_up_;
        if (&picture == &newest || with_newest)
            transform(decoded.picture, picture.picture, counts, out);
        else
            ++counts.overtaken;
        if (given_up_) break;
    }
    if (given_up_ || abandoned_) release();
    const bool tells = !out.pictures.empty() || out.wants_key || !out.fault.empty();
    {
        const std::scoped_lock lock(mutex_);
        for (auto& picture : out.pictures) output_.pictures.push_back(std::move(picture));
        output_.wants_key = output_.wants_key || out.wants_key;
        if (!out.fault.empty()) output_.fault = std::move(out.fault);
        counts_.decoded += counts.decoded;
        counts_.undecodable += counts.undecodable;
        counts_.resized += counts.resized;
        if (!counts.sizes.empty()) counts_.sizes = std::move(counts.sizes);
        counts_.overtaken += counts.overtaken;
        counts_.encoded += counts.encoded;
        counts_.left_out += counts.left_out;
        counts_.decoding += counts.decoding;
        counts_.transforming += counts.transforming;
        counts_.encoding += counts.encoding;
    }
    if (tells) there_is_();
}

void VideoTransformer::transform(const picture::PictureView& view, const CodedPicture& coded, TransformCounts& counts,
                                 Output& out) {
    const TimePoint began = Clock::now();
    if (auto fault = transform_->apply(view, seconds_at(coded.timestamp), transformed_); !fault.empty()) {
        given_up_ = true;
        out.fault = std::move(fault);
        return;
    }
    const TimePoint transformed = Clock::now();
    counts.transforming += transformed - began;
    const bool narrow = bits_per_second_ < narrow_share * wide_rate_;
    if (transformed_.width() != width_ || transformed_.height() != height_ || narrow != narrow_) {
        const media::VideoSettings settings{transformed_.width(), transformed_.height(), frames_per_second, bits_per_second_,
                                            narrow};
        if (auto fault = encoder_->configure(settings); !fault.empty()) {
            given_up_ = true;
            out.fault = std::move(fault);
            return;
        }
        width_ = transformed_.width();
        height_ = transformed_.height();
        narrow_ = narrow;
    }
    const bool force = std::exchange(key_owed_, false);
    auto encoded = encoder_->encode(transformed_.view(), coded.timestamp, force);
    counts.encoding += Clock::now() - transformed;
    if (!encoded.fault.empty()) {
        given_up_ = true;
        out.fault = std::move(encoded.fault);
        return;
    }
    if (encoded.bytes.empty()) {
        ++counts.left_out;
        key_owed_ = force;
        return;
    }
    ++counts.encoded;
    out.pictures.push_back({std::move(encoded.bytes), coded.timestamp, encoded.key});
}

}  // namespace volley::call
