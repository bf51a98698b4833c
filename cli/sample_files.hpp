// The files of samples, written while a run goes on.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <volley/metrics/sample.hpp>
#include <volley/run/run.hpp>

namespace volley::cli {

/// Takes the samples of a run and writes each file on a thread of its own, since packing a block takes milliseconds that would be seen
/// in the times of the requests. Neither the run nor the end of the program waits for a disk or a reader that is too slow: memory is
/// bounded, and what finds no room is left out and counted.
class SampleFiles {
public:
    SampleFiles();
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
        std::uint64_t missing = 0;  ///< samples that are not in the file
    };
    /// Writes what is left and closes. Waits for a slow reader for as long as it takes something every two seconds.
    /// @return the files that could not be written as a whole
    [[nodiscard]] std::vector<Failure> finish();

private:
    class File;
    /// Samples of one phase.
    struct Batch {
        std::string server;
        std::string phase;
        TimePoint began{};
        std::vector<metrics::Sample> samples;
    };

    void hand_on();

    std::deque<std::unique_ptr<File>> files_;
    Batch filling_;
};

}  // namespace volley::cli
