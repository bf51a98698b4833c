#include "call/frame_sender.hpp"

#include <cmath>
#include <utility>

#include "call/frame_trips.hpp"
#include "proto/vp8/payload.hpp"

namespace volley::call {
namespace {

constexpr double video_clock = 90'000;

}  // namespace

FrameSender::FrameSender(std::shared_ptr<const FrameLoop> loop, TimePoint first_due, RandomSource& random)
    : loop_(std::move(loop)),
      first_due_(first_due),
      base_(static_cast<std::uint32_t>(random.next())),
      dither_(random.next()),
      picture_id_(static_cast<std::uint16_t>(random.next() & proto::vp8::picture_id_mask)) {}

TimePoint FrameSender::due() const noexcept {
    return first_due_ + from_seconds(static_cast<double>(frame_) / loop_->frames_per_second);
}

void FrameSender::send_due(TimePoint now, streams::Session& session, const MediaSection& section,
                           const std::function<void(const Sent&)>& sent) {
    if (now - due() > most_late) {
        const auto next = static_cast<std::uint64_t>(to_seconds(now - first_due_) * loop_->frames_per_second);
        place_ = (place_ + static_cast<std::size_t>(next - frame_)) % loop_->frames.size();
        frame_ = next;
        key_wanted_ = true;
    }
    while (now >= due()) {
        if (key_wanted_) {
            place_ = loop_->key_from(place_);
            key_wanted_ = false;
        }
        send(now, session, section, sent);
        ++frame_;
        place_ = (place_ + 1) % loop_->frames.size();
    }
}

void FrameSender::send(TimePoint now, streams::Session& session, const MediaSection& section,
                       const std::function<void(const Sent&)>& sent) {
    const LoopFrame& frame = loop_->frames[place_];
    if (frame.payloads.empty()) return;
    const auto ticks = std::llround(static_cast<double>(frame_) * video_clock / loop_->frames_per_second);
    const std::uint32_t timestamp = base_ + static_cast<std::uint32_t>(ticks) + timestamp_dither(dither_, frame_);
    std::vector<BytesView> views;
    if (loop_->codec == media::VideoCodec::vp8) {
        payloads_.assign(frame.payloads.begin(), frame.payloads.end());
        for (auto& payload : payloads_) (void)proto::vp8::set_picture_id(payload, picture_id_);
        picture_id_ = static_cast<std::uint16_t>((picture_id_ + 1) & proto::vp8::picture_id_mask);
        views.assign(payloads_.begin(), payloads_.end());
    } else {
        views.assign(frame.payloads.begin(), frame.payloads.end());
    }
    if (!session.send_frame(now, section.index, {timestamp, section.codec, views}))
        key_wanted_ = true;
    else if (sent)
        sent({frame_, place_, timestamp, due()});
}

}  // namespace volley::call
