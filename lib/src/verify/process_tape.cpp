#include "verify/process_tape.hpp"

#include <algorithm>

namespace volley::verify {

namespace {

constexpr auto count_every = std::chrono::milliseconds(10);
constexpr int counts_per_look = 20;
/// The first look comes early, so that short bursts get one too.
constexpr int first_look = 4;

}  // namespace

ProcessTape::ProcessTape(process::ServerProcesses& processes)
    : processes_(processes), before_(processes.look()), first_(before_) {
    seen_.threads_before = seen_.threads_peak = before_.counts.threads;
    seen_.processes_before = seen_.processes_peak = before_.counts.processes;
    seen_.descriptors_before = seen_.descriptors_peak = before_.descriptors;
    seen_.rss_before = seen_.rss_peak = before_.rss;
    most_outgoing_ = before_.outgoing;
}

ProcessTape::~ProcessTape() {
    finish();
    if (thread_.joinable()) thread_.join();
}

void ProcessTape::note(const process::ServerProcesses::Counts& counts) {
    seen_.threads_peak = std::max(seen_.threads_peak, counts.threads);
    seen_.processes_peak = std::max(seen_.processes_peak, counts.processes);
}

void ProcessTape::note(const process::ServerProcesses::Reading& reading) {
    note(reading.counts);
    seen_.descriptors_peak = std::max(seen_.descriptors_peak, reading.descriptors);
    seen_.rss_peak = std::max(seen_.rss_peak, reading.rss);
    most_outgoing_ = std::max(most_outgoing_, reading.outgoing);
}

void ProcessTape::start() {
    first_ = processes_.look();
    note(first_);
    thread_ = std::thread([this] {
        try {
            watch();
        } catch (...) {
            broken_ = std::current_exception();
        }
    });
}

void ProcessTape::watch() {
    std::unique_lock lock(mutex_);
    for (int i = 1; !wake_.wait_for(lock, count_every, [&] { return finished_; }); ++i) {
        lock.unlock();
        if (i % counts_per_look == first_look)
            note(processes_.look());
        else
            note(processes_.counts());
        lock.lock();
    }
    const auto last = processes_.look();
    note(last);
    // Of processes that ended meanwhile and were not waited for the time is gone: never count backwards.
    seen_.cpu = std::max(Duration{}, last.cpu - first_.cpu);
    seen_.run_delay = std::max(Duration{}, last.run_delay - first_.run_delay);
    seen_.upstream = most_outgoing_ - before_.outgoing;
}

void ProcessTape::finish() {
    {
        const std::lock_guard lock(mutex_);
        finished_ = true;
    }
    wake_.notify_one();
}

verdict::Process ProcessTape::take() {
    finish();
    if (thread_.joinable()) thread_.join();
    if (broken_) std::rethrow_exception(broken_);
    return seen_;
}

}  // namespace volley::verify
