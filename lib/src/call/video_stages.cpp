#include "call/video_stages.hpp"

#include <utility>

namespace volley::call {
namespace {

// Two in front of the transform while a third is decoded, two behind it while a third is encoded.
constexpr std::size_t most_spare = 6;

}  // namespace

VideoStages::VideoStages(Duration catching_up) : catching_up_(catching_up) { spare_.reserve(most_spare); }

bool VideoStages::put(media::VideoCodec codec, CodedPicture picture) {
    if (stopped_) return true;
    if (picture.key) until_key_ = false;
    if (!until_key_ && (waiting_.size() >= most_waiting || waiting_bytes_ + picture.bytes.size() > most_waiting_bytes)) {
        // What waits is old by now, and what came after it is of no use without it.
        dropped_ += waiting_.size();
        waiting_.clear();
        waiting_bytes_ = 0;
        until_key_ = !picture.key;
    }
    if (until_key_) {
        ++dropped_;
        return false;
    }
    waiting_bytes_ += picture.bytes.size();
    waiting_.push_back({codec, std::move(picture), ++last_});
    return true;
}

void VideoStages::stop() noexcept {
    stopped_ = true;
    waiting_.clear();
    waiting_bytes_ = 0;
    decoded_.reset();
    transformed_.reset();
}

VideoStages::Job VideoStages::next(TimePoint now, std::uint64_t last) {
    if (may_release()) {
        released_ = true;
        return ToRelease{std::exchange(spare_, {})};
    }
    if (may_encode()) return take_transformed(now);
    const bool transform = may_transform() && decoded_->number <= last;
    const bool decode = may_decode(now) && waiting_.front().number <= last;
    if (transform && (!decode || now - could_begin_ <= fresh)) return take_decoded();
    if (decode) return take_coded(now);
    return {};
}

bool VideoStages::has_next(TimePoint now) const noexcept {
    return may_release() || may_encode() || may_transform() || may_decode(now);
}

bool VideoStages::may_decode(TimePoint now) const noexcept {
    if (decoding_ || waiting_.empty()) return false;
    if (!decoded_) return true;
    const bool came_together = waiting_.front().picture.came - decoded_->came <= together;
    return !came_together || now - batch_began_ > catching_up_;
}

ToDecode VideoStages::take_coded(TimePoint now) {
    Waiting& first = waiting_.front();
    if (first.number > batch_last_) {
        batch_last_ = waiting_.back().number;
        batch_came_ = waiting_.back().picture.came;
        batch_began_ = now;
    }
    const bool with_newest = batch_came_ - first.picture.came <= together && now - batch_began_ <= catching_up_;
    ToDecode job;
    job.codec = first.codec;
    job.number = first.number;
    job.overtaken = first.number != batch_last_ && !with_newest;
    job.coded = std::move(first.picture);
    if (!job.overtaken) job.into = take_spare();
    waiting_bytes_ -= job.coded.bytes.size();
    waiting_.pop_front();
    decoding_ = true;
    return job;
}

ToTransform VideoStages::take_decoded() {
    ToTransform job = std::move(*decoded_);
    decoded_.reset();
    job.into = take_spare();
    transforming_ = true;
    return job;
}

ToEncode VideoStages::take_transformed(TimePoint now) {
    ToEncode job = std::move(*transformed_);
    transformed_.reset();
    could_begin_ = now;
    encoding_ = true;
    return job;
}

void VideoStages::done(ToDecode&& job, bool shows, TimePoint now) {
    decoding_ = false;
    if (!shows || job.overtaken || stopped_) {
        if (shows && job.overtaken) ++overtaken_;
        keep(std::move(job.into));
        return;
    }
    if (decoded_) {
        ++overtaken_;
        keep(std::move(decoded_->from));
    }
    decoded_.emplace(ToTransform{std::move(job.into), job.coded.timestamp, job.coded.came, job.number, {}});
    could_begin_ = now;
}

void VideoStages::done(ToTransform&& job, bool good, TimePoint now) {
    transforming_ = false;
    could_begin_ = now;
    keep(std::move(job.from));
    if (good && !stopped_)
        transformed_.emplace(ToEncode{std::move(job.into), job.timestamp, job.number});
    else
        keep(std::move(job.into));
}

void VideoStages::done(ToEncode&& job) {
    encoding_ = false;
    keep(std::move(job.from));
}

picture::Picture VideoStages::take_spare() noexcept {
    picture::Picture out;
    if (spare_.empty()) return out;
    out = std::move(spare_.back());
    spare_.pop_back();
    return out;
}

void VideoStages::keep(picture::Picture&& spare) noexcept {
    if (stopped_ || spare.empty() || spare_.size() >= most_spare) return;
    spare_.push_back(std::move(spare));
}

}  // namespace volley::call
