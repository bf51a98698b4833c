// How many descriptors this process has open: what a test opened must be closed at its end.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace volley::test {

/// Counts /proc/self/fd; the descriptor that the counting itself takes is in every count.
inline std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

}  // namespace volley::test
