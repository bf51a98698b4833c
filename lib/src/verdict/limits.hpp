// What is refused, and from how many requests on.
#pragma once

#include <cstddef>
#include <vector>

#include "verdict/groups.hpp"

namespace volley::verdict {

struct Limits {
    std::size_t all_right_upto = 1;  ///< the largest burst all of whose repeats were answered right
    std::size_t refused_from = 0;    ///< the smallest above it some of whose requests failed in every repeat; 0: none
    std::size_t answered = 0;  ///< how many were right where some were refused, if it was always as many; a limit of requests
    int status = 0;
    bool closed_in = false;  ///< L is known: L are answered, L + 1 are not, and each was repeated
    std::size_t by_rate =
        0;               ///< so many were all answered, and later as many or fewer all refused: time decides, not their number
    bool stray = false;  ///< some failed, but not above one number
    std::size_t stray_count = 0;
};
/// Bursts on held sockets alone.
[[nodiscard]] Limits limits_of(const std::vector<View>& views);

struct Backlog {
    bool looked = false;      ///< there was a cold burst
    std::size_t n = 0;        ///< its size
    std::size_t delayed = 0;  ///< connects that took about 1, 3, 7 ... s: the SYN was sent again
    std::size_t refused = 0;
    double longest = 0;  ///< seconds
    [[nodiscard]] bool small() const noexcept { return delayed + refused >= 2; }
};
[[nodiscard]] Backlog backlog_of(const std::vector<View>& views, const Limits& limits);

}  // namespace volley::verdict
