// The ways in which a view sleeps, right and wrong.
#pragma once

#include <memory>

#include <volley/time.hpp>
#include <volley/view.hpp>

#include "app/nap_threads.hpp"
#include "appfile/model.hpp"

namespace volley::app {

/// How `sleep` spends its time. One of block, convoy, cpu and threads at most.
struct SleepWays {
    Duration usual = std::chrono::seconds(1);  ///< where the request asks for none
    double block = 0;                     ///< this share on the loop's thread; each answer goes out before the next does the same
    double cpu = 0;                       ///< the same, computing: so much processor time
    bool convoy = false;                  ///< all of it on the loop's thread; requests that came meanwhile are answered together
    std::shared_ptr<NapThreads> threads;  ///< all of it on a thread of these
};

[[nodiscard]] SleepWays ways_of(const appfile::Faults& faults, Duration usual = std::chrono::seconds(1));

/// Sleeps. What block and cpu leave is awaited.
/// Throws: std::system_error when the system has no more threads.
[[nodiscard]] view::awaitable<void> sleep_as(SleepWays ways, Duration time);

}  // namespace volley::app
