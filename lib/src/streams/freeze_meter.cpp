#include "streams/freeze_meter.hpp"

#include <algorithm>
#include <utility>

namespace volley::streams {

void FreezeMeter::shown(TimePoint at) noexcept {
    const auto last = std::exchange(last_, at);
    if (!last) return;
    const Duration duration = at - *last;
    if (count_ >= fewest) {
        const Duration mean = sum_ / static_cast<Duration::rep>(std::min(count_, averaged));
        if (duration >= std::max(3 * mean, mean + excess)) {
            ++freezes_;
            total_ += duration;
            longest_ = std::max(longest_, duration);
        }
    }
    Duration& oldest = durations_[count_ % averaged];
    sum_ += duration - oldest;  // which is zero until there are as many
    oldest = duration;
    ++count_;
}

}  // namespace volley::streams
