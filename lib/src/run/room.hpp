// Whether this machine has room for so many connections, told before a run instead of in the middle of it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace volley::run {

/// What a phase takes at a time.
struct Need {
    std::size_t connections = 0;     ///< to each origin
    std::vector<std::string> hosts;  ///< of the origins, one each
    std::size_t threads = 1;         ///< that make the load
};

/// @return  in words, why it cannot be had and what to do; empty where it can.
[[nodiscard]] std::string too_little_room(const Need& need);

}  // namespace volley::run
