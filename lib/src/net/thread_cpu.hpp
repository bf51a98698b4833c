// What a thread has cost.
#pragma once

#include <chrono>

#include <sys/resource.h>

#include <volley/time.hpp>

namespace volley::net {

/// Processor time of the calling thread since its beginning, the system's for it counted.
[[nodiscard]] inline Duration thread_cpu() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    const auto time = [](const timeval& t) { return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec); };
    return time(usage.ru_utime) + time(usage.ru_stime);
}

}  // namespace volley::net
