// What /proc says of the server.
#pragma once

#include <cstddef>
#include <vector>

#include "verdict/groups.hpp"

namespace volley::verdict {

struct Workings {
    bool seen = false;
    int threads_base = 0;   ///< before the first burst of two or more
    int threads_grown = 0;  ///< at most, over that
    int processes = 0;
    int processes_grown = 0;   ///< at most, over that
    bool proxy = false;        ///< it opened connections itself while it answered: it is not the one that works
    std::size_t grown_in = 0;  ///< the burst in which most threads came
};
[[nodiscard]] Workings workings_of(const std::vector<View>& views);

/// Did processor time, or waiting for a processor, take up what the burst took beyond one request?
/// @param growth  seconds beyond S that are to be explained
[[nodiscard]] bool is_cpu_bound(const View& view, double growth);

/// Did waiting for a processor that others had take up what the burst took beyond one request? Then it says nothing about the server.
[[nodiscard]] bool is_starved(const View& view, double growth);

/// Could the turns of so many workers be nothing but computing that others kept from the processor? Each worker computed or waited for it
/// through much of what the burst took beyond one request, and waiting was a good part of that. A pool that computes on a quiet machine does
/// not wait; one that sleeps on a busy machine waits when it wakes up, and no longer.
[[nodiscard]] bool may_be_contention(const View& view, double growth, std::size_t workers);

/// Processor time and waiting for it, per request, in seconds.
[[nodiscard]] double processor_time(const View& view);

}  // namespace volley::verdict
