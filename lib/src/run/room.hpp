// Whether this machine has room for so many connections, told before a run instead of in the middle of it.
#pragma once

#include <cstddef>
#include <string>

namespace volley::run {

/// @param connections  open at a time, to one address and port.
/// @param host         that they go to; empty where it is not known, and then only descriptors are counted.
/// @return             in words, why they cannot be had and what to do; empty where they can.
[[nodiscard]] std::string too_little_room(std::size_t connections, const std::string& host);

}  // namespace volley::run
