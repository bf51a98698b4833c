// What a server's processes do over one burst.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include <volley/verdict/observation.hpp>

#include "process/server_processes.hpp"

namespace volley::verify {

/// Reads counts often and all the rest now and then, and keeps the peaks. On a thread of its own: where there are many processes and
/// sockets, one reading of /proc takes tens of milliseconds, and nothing that is timed may wait for that.
/// Thread safety: none; its own thread is started and joined by it. Lifetime: the processes outlive it, and nobody else reads them meanwhile.
class ProcessTape {
public:
    /// Takes the reading before anything is opened.
    explicit ProcessTape(process::ServerProcesses& processes);
    ProcessTape(const ProcessTape&) = delete;
    ProcessTape& operator=(const ProcessTape&) = delete;
    ~ProcessTape();

    /// The burst is about to start: processor time counts from here. Blocks for as long as a reading takes. Throws: std::system_error where there is no thread for it.
    void start();
    /// The last answer is there: takes the last reading, on its own thread. Nothing where start() was not called.
    void finish();
    /// What there was to see, once that reading is there; blocks until then. Throws what the readings threw (std::bad_alloc).
    [[nodiscard]] verdict::Process take();

private:
    void watch();
    void note(const process::ServerProcesses::Counts& counts);
    void note(const process::ServerProcesses::Reading& reading);

    process::ServerProcesses& processes_;
    process::ServerProcesses::Reading before_;
    process::ServerProcesses::Reading first_;
    verdict::Process seen_;
    int most_outgoing_ = 0;

    std::mutex mutex_;
    std::condition_variable wake_;
    bool finished_ = false;  ///< guarded by mutex_
    std::exception_ptr broken_;
    std::thread thread_;
};

}  // namespace volley::verify
