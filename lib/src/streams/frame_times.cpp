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
    freezes_.shown(at);
    const auto before = std::exchange(last_, at);
    if (!before) return;
    const Duration delay = at - *before;
    total_delay_ += delay;
    total_squared_delay_ += to_seconds(delay) * to_seconds(delay);
}

double FrameTimes::per_second(TimePoint now) const noexcept {
    const auto first = std::upper_bound(last_second_.begin(), last_second_.end(), now - second);
    return static_cast<double>(last_second_.end() - first);
}

}  // namespace volley::streams
