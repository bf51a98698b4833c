// How much memory there is for this process: the machine's, or what its control groups leave of it, as in a container.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace volley::call {

/// What a file holds; nothing where there is none, or it cannot be read.
using FileReader = std::function<std::optional<std::string>(const std::string& path)>;

/// The least limit, in bytes, of a process's own control groups and those that they stand in; nothing where none has one. What is not there or makes no
/// sense sets no limit. Source: cgroups(7); `memory.max` of version 2, `memory.limit_in_bytes` of version 1.
/// @param groups  /proc/self/cgroup. @param read  for files below /sys/fs/cgroup.
[[nodiscard]] std::optional<std::uint64_t> least_memory_limit(std::string_view groups, const FileReader& read);

/// Bytes; 0: it is not known.
[[nodiscard]] std::uint64_t usable_memory();

}  // namespace volley::call
