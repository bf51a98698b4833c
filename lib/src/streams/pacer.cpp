#include "streams/pacer.hpp"

#include <algorithm>

namespace volley::streams {

void Pacer::set_rate(std::uint64_t target) noexcept {
    const double seconds = std::max(to_seconds(limit_), 1e-3);
    rate_ = std::max(factor * static_cast<double>(target), static_cast<double>(frame_bytes_) * 8 / seconds);
}

std::optional<QueuedPacket> Pacer::pop(TimePoint now) {
    const auto take = [](std::deque<QueuedPacket>& queue) {
        const QueuedPacket out = queue.front();
        queue.pop_front();
        return out;
    };
    if (!urgent_.empty()) return take(urgent_);
    const bool waits = paces_ && rate_ > 0 && now < free_at_;
    if (waits || (resends_.empty() && frames_.empty())) return std::nullopt;
    const bool resend = !resends_.empty();
    const QueuedPacket out = take(resend ? resends_ : frames_);
    if (!resend) frame_bytes_ -= out.bytes;
    if (rate_ > 0) free_at_ = std::max(free_at_, now - burst) + from_seconds(static_cast<double>(out.bytes) * 8 / rate_);
    return out;
}

std::optional<TimePoint> Pacer::next() const noexcept {
    if (!urgent_.empty()) return TimePoint::min();
    if (resends_.empty() && frames_.empty()) return std::nullopt;
    return paces_ && rate_ > 0 ? free_at_ : TimePoint::min();
}

void Pacer::clear() noexcept {
    urgent_.clear();
    resends_.clear();
    frames_.clear();
    frame_bytes_ = 0;
}

}  // namespace volley::streams
