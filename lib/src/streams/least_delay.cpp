#include "streams/least_delay.hpp"

#include <algorithm>

namespace volley::streams {

Duration LeastDelay::add(TimePoint now, Duration delay) noexcept {
    if (!began_ || now >= *began_ + window) {
        // After a silence of a whole window nothing is known of the one before.
        before_ = began_ && now < *began_ + 2 * window ? present_ : Duration::max();
        present_ = Duration::max();
        began_ = now;
    }
    present_ = std::min(present_, delay);
    return std::min(present_, before_);
}

}  // namespace volley::streams
