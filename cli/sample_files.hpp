// The files of samples, written while a run goes on.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <volley/metrics/sample.hpp>
#include <volley/report/samples.hpp>
#include <volley/run/run.hpp>

#include "out_file.hpp"

namespace volley::cli {

/// Takes the samples of a run and writes them on a thread of its own, since packing a block takes milliseconds that would be seen in
/// the times of the requests. Memory is bounded: where the disk is slower than the run, the run waits for it, and its start lag says so.
class SampleFiles {
public:
    SampleFiles() = default;
    SampleFiles(const SampleFiles&) = delete;
    SampleFiles& operator=(const SampleFiles&) = delete;
    ~SampleFiles();

    /// Opens a file, before start(). @param server  whose samples it takes; empty: all
    /// @return why it cannot be opened; empty where it was
    std::string open(const std::string& path, const std::string& server);
    /// Sets what the run is to call; nothing where no file was opened. The observer must be gone before this object.
    void start(run::Observer& observer);

    struct Failure {
        std::string path;
        std::string why;
    };
    /// Writes what is left and closes. @return the files that could not be written as a whole
    [[nodiscard]] std::vector<Failure> finish();

private:
    struct File {
        File(const std::string& p, const std::string& s);
        std::string path;
        std::string server;
        OutFile out;
        report::SampleWriter writer;
    };
    /// Samples of one phase.
    struct Batch {
        std::string server;
        std::string phase;
        TimePoint began{};
        std::vector<metrics::Sample> samples;
    };

    void hand_on();
    void write_batches();
    void write(const Batch& batch);

    std::deque<File> files_;
    Batch filling_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Batch> waiting_;  // under mutex_, as is ended_
    bool ended_ = false;
    std::thread writer_;
};

}  // namespace volley::cli
