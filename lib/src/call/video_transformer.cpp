#include "call/video_transformer.hpp"

#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "media/load.hpp"
#include "media/transforms.hpp"

namespace volley::call {
namespace {

constexpr int frames_per_second = 30;  // that bits per frame are reckoned from; what comes sets its own pace
constexpr double video_clock = 90'000;
/// Below this part of the rate that it began with pictures are left out rather than sent over a way that is too narrow for them.
constexpr double narrow_share = 0.5;
/// The transform that would copy each picture: it is the encoder's as it is.
constexpr std::string_view untransformed = "none";

bool says_something(const VideoTransformer::Output& output) {
    return !output.pictures.empty() || output.wants_key || !output.fault.empty();
}

void add(TransformCounts& to, TransformCounts&& from) {
    to.decoded += from.decoded;
    to.undecodable += from.undecodable;
    to.resized += from.resized;
    if (!from.sizes.empty()) to.sizes = std::move(from.sizes);
    to.encoded += from.encoded;
    to.left_out += from.left_out;
    to.decoding += from.decoding;
    to.transforming += from.transforming;
    to.encoding += from.encoding;
}

}  // namespace

VideoTransformer::VideoTransformer(media::VideoCodec to, std::string transform, int bits_per_second, PictureBudget& budget,
                                   std::function<void()> there_is, Duration catching_up)
    : to_(to),
      transform_name_(std::move(transform)),
      there_is_(std::move(there_is)),
      stages_(catching_up),
      share_(budget),
      wide_rate_(bits_per_second),
      bits_per_second_(bits_per_second) {}

bool VideoTransformer::put(media::VideoCodec codec, CodedPicture picture) {
    const std::scoped_lock lock(mutex_);
    return stages_.put(codec, std::move(picture));
}

void VideoTransformer::abandon() {
    const std::scoped_lock lock(mutex_);
    stages_.stop();
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
    TransformCounts out = counts_;
    out.overtaken = stages_.overtaken();
    out.dropped = stages_.dropped();
    return out;
}

// --- who does what

void VideoTransformer::run() {
    std::unique_lock lock(mutex_);
    // What comes in the meantime is work of the next run: others wait for this thread.
    const std::uint64_t last = stages_.last();
    for (;;) {
        const TimePoint now = Clock::now();
        VideoStages::Job job = stages_.next(now, last);
        const bool more = stages_.has_next(now);
        lock.unlock();
        if (std::holds_alternative<std::monostate>(job)) {
            if (more) want_again();
            return;
        }
        std::visit([&](auto& one) { carry_out(std::move(one), more); }, job);
        lock.lock();
    }
}

void VideoTransformer::carry_out(std::monostate /*none*/, bool /*more*/) {}

void VideoTransformer::carry_out(ToRelease /*memory*/, bool /*more*/) { release(); }

template <class Job>
void VideoTransformer::carry_out(Job job, bool more) {
    Said said;
    TransformCounts counts;
    const auto hand_back = [&] {
        if constexpr (std::is_same_v<Job, ToEncode>)
            stages_.done(std::move(job));
        else
            stages_.done(std::move(job), said.good, Clock::now());
    };
    try {
        if (more) want_again();
        said = carry_out_stage(job, counts);
    } catch (...) {
        const std::scoped_lock lock(mutex_);
        stages_.stop();
        hand_back();
        throw;
    }
    bool tells = false;
    {
        const std::scoped_lock lock(mutex_);
        hand_back();
        tells = !says_something(output_);  // else it was told, and is not taken yet
        add(counts_, std::move(counts));
        if (!said.fault.empty()) give_up(std::move(said.fault));
        if (!said.picture.bytes.empty()) output_.pictures.push_back(std::move(said.picture));
        output_.wants_key = output_.wants_key || said.wants_key;
        tells = tells && says_something(output_);
    }
    if (tells) there_is_();
}

void VideoTransformer::give_up(std::string fault) {
    stages_.stop();
    if (!std::exchange(gave_up_, true)) output_.fault = std::move(fault);
}

void VideoTransformer::fail(std::string why) {
    VideoStages::Job job;
    {
        const std::scoped_lock lock(mutex_);
        give_up(std::move(why));
        job = stages_.next(Clock::now(), 0);
    }
    if (std::holds_alternative<ToRelease>(job)) release();
    there_is_();
}

void VideoTransformer::release() {
    decoder_.reset();
    encoder_.reset();
    transform_.reset();
    share_.release();
}

// --- decoding

std::string VideoTransformer::make_encoder() {
    if (encoder_) return {};
    const auto& loaded = media::plugin();
    if (loaded.plugin == nullptr) return loaded.fault;
    auto encoder = loaded.plugin->make_video_encoder(to_);
    if (!encoder.fault.empty()) return encoder.fault;
    if (transform_name_ != untransformed) {
        auto transform = media::make_transform(transform_name_);
        if (!transform.fault.empty()) return transform.fault;
        transform_ = std::move(transform.made);
    }
    encoder_ = std::move(encoder.made);
    return {};
}

std::string VideoTransformer::make_decoder(media::VideoCodec codec) {
    if (decoder_ && decoding_ == codec) return {};
    decoder_.reset();
    auto made = media::plugin().plugin->make_video_decoder(codec);
    if (!made.made) return made.fault;
    decoder_ = std::move(made.made);
    decoding_ = codec;
    return {};
}

VideoTransformer::Said VideoTransformer::carry_out_stage(ToDecode& job, TransformCounts& counts) {
    const TimePoint began = Clock::now();
    Said out;
    // Here, since nothing else begins before a picture was decoded.
    out.fault = make_encoder();
    if (!out.fault.empty()) return out;
    if (const auto size = size_of_coded(job.codec, job.coded.bytes)) out.fault = share_.admit(*size);
    if (out.fault.empty()) out.fault = make_decoder(job.codec);
    if (!out.fault.empty()) return out;
    const auto decoded = decoder_->decode(job.coded.bytes);
    if (!decoded.fault.empty()) {
        ++counts.undecodable;
        out.wants_key = true;
    } else if (!decoded.picture.empty()) {
        ++counts.decoded;
        note_size(decoded.picture, counts);
        // The decoder's own picture is there until the next one is decoded.
        if (!job.overtaken) job.into.copy_from(decoded.picture);
        out.good = true;
    }
    counts.decoding += Clock::now() - began;
    return out;
}

void VideoTransformer::note_size(const picture::PictureView& decoded, TransformCounts& counts) {
    if (decoded_width_ > 0 && (decoded.width != decoded_width_ || decoded.height != decoded_height_)) {
        ++counts.resized;
        counts.sizes = fmt::format("{}x{} to {}x{}", decoded_width_, decoded_height_, decoded.width, decoded.height);
    }
    decoded_width_ = decoded.width;
    decoded_height_ = decoded.height;
}

// --- transforming

// From the first picture on, whose timestamp may be any.
double VideoTransformer::seconds_at(std::uint32_t timestamp) {
    if (last_timestamp_) ticks_ += static_cast<std::int32_t>(timestamp - *last_timestamp_);
    last_timestamp_ = timestamp;
    return static_cast<double>(ticks_) / video_clock;
}

VideoTransformer::Said VideoTransformer::carry_out_stage(ToTransform& job, TransformCounts& counts) {
    const TimePoint began = Clock::now();
    Said out;
    if (transform_)
        out.fault = transform_->apply(job.from.view(), seconds_at(job.timestamp), job.into);
    else
        std::swap(job.from, job.into);
    out.good = out.fault.empty();
    counts.transforming += Clock::now() - began;
    return out;
}

// --- encoding

std::string VideoTransformer::configure(const picture::Picture& picture, std::optional<int> bitrate) {
    const bool other_rate = bitrate && *bitrate != bits_per_second_;
    if (other_rate) bits_per_second_ = *bitrate;
    const bool narrow = bits_per_second_ < narrow_share * wide_rate_;
    if (picture.width() == width_ && picture.height() == height_ && narrow == narrow_) {
        if (other_rate) (void)encoder_->set_bitrate(bits_per_second_);
        return {};
    }
    const media::VideoSettings settings{picture.width(), picture.height(), frames_per_second, bits_per_second_, narrow};
    if (auto fault = encoder_->configure(settings); !fault.empty()) return fault;
    width_ = picture.width();
    height_ = picture.height();
    narrow_ = narrow;
    return {};
}

VideoTransformer::Said VideoTransformer::carry_out_stage(ToEncode& job, TransformCounts& counts) {
    const TimePoint began = Clock::now();
    std::optional<int> bitrate;
    {
        const std::scoped_lock lock(mutex_);
        key_owed_ = std::exchange(force_key_, false) || key_owed_;
        bitrate = std::exchange(bitrate_, std::nullopt);
    }
    Said out;
    out.fault = configure(job.from, bitrate);
    if (!out.fault.empty()) return out;
    auto encoded = encoder_->encode(job.from.view(), job.timestamp, key_owed_);
    counts.encoding += Clock::now() - began;
    out.fault = std::move(encoded.fault);
    if (!out.fault.empty()) return out;
    if (encoded.bytes.empty()) {
        ++counts.left_out;
        return out;
    }
    key_owed_ = false;
    ++counts.encoded;
    out.picture = {std::move(encoded.bytes), job.timestamp, encoded.key};
    return out;
}

}  // namespace volley::call
