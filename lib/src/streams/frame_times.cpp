#include "streams/frame_times.hpp"

#include <algorithm>
#include <utility>

namespace volley::streams {
namespace {

constexpr Duration second = std::chrono::seconds(1);

}  // namespace

void FrameTimes::add(TimePoint at) {
    while (!last_second_.empty() && (last_second_.front() <= at - second || last_second_.size() >= most_kept))
        last_second_.pop_front();
    last_second_.push_back(at);
    const auto before = std::exchange(last_, at);
    if (!before) return;
    const Duration delay = at - *before;
    total_delay_ += delay;
    total_squared_delay_ += to_seconds(delay) * to_seconds(delay);
    const std::size_t kept = std::min(delays_count_, averaged);
    if (kept >= fewest) {
        const Duration average = delays_sum_ / static_cast<Duration::rep>(kept);
        if (delay >= std::max(3 * average, average + freeze_excess)) {
            ++freezes_;
            frozen_ += delay;
        }
    }
    Duration& place = delays_[delays_count_ % averaged];
    delays_sum_ += delay - place;
    place = delay;
    ++delays_count_;
}

double FrameTimes::per_second(TimePoint now) const noexcept {
    const auto first = std::upper_bound(last_second_.begin(), last_second_.end(), now - second);
    return static_cast<double>(last_second_.end() - first);
}

}  // namespace volley::streams
