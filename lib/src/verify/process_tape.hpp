// What a server's processes do over one burst.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/verdict/observation.hpp>

#include "net/task_group.hpp"
#include "process/server_processes.hpp"

namespace volley::verify {

/// Reads counts often and all the rest now and then, and keeps the peaks.
/// Thread safety: none. Lifetime: the processes outlive it; from start() on, stop() must be awaited.
class ProcessTape {
public:
    /// Takes the reading before anything is opened.
    ProcessTape(const boost::asio::any_io_executor& executor, process::ServerProcesses& processes);

    /// The burst is about to start: processor time counts from here. Blocks for as long as a reading takes.
    void start();
    /// The last answer is there.
    boost::asio::awaitable<verdict::Process> stop();

private:
    boost::asio::awaitable<void> tick();
    void note(const process::ServerProcesses::Counts& counts);
    void note(const process::ServerProcesses::Reading& reading);

    process::ServerProcesses& processes_;
    net::TaskGroup tasks_;
    process::ServerProcesses::Reading before_;
    process::ServerProcesses::Reading first_;
    verdict::Process seen_;
    int most_outgoing_ = 0;
};

}  // namespace volley::verify
