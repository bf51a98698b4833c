// A server that stands still now and then: whole bursts come late, though others of that size do not.
#pragma once

#include <cstddef>
#include <vector>

#include "verdict/groups.hpp"

namespace volley::verdict {

/// For how many seconds all answers of a burst were held up together, the first as much as the last; 0: they were not, or by ourselves.
[[nodiscard]] double held_up(const View& view, const Solo& solo);

/// The same, for longer than any part of each request that is done one at a time would explain.
[[nodiscard]] bool is_stalled(const View& view, const Solo& solo);

struct Stalls {
    std::size_t held_up = 0;  ///< bursts
    std::size_t bursts = 0;   ///< of so many
    double longest = 0;       ///< seconds
};

/// @param flat_upto  so many requests are known to overlap
[[nodiscard]] Stalls stalls_of(const std::vector<View>& views, const Solo& solo, std::size_t flat_upto);

}  // namespace volley::verdict
