#include "sample_files.hpp"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include <volley/report/samples.hpp>

#include "out_file.hpp"

namespace volley::cli {
namespace {

constexpr std::size_t batch_size = 4096;
constexpr std::size_t most_waiting = 64;  // batches: some 30 MB
constexpr std::chrono::seconds patience{2};

}  // namespace

/// One file and the thread that writes it.
class SampleFiles::File {
public:
    File(const std::string& path, const std::string& server)
        : path_(path),
          server_(server),
          out_(path),
          writer_([this](std::string_view block) { return put(block); }, report::SampleWriter::format_of(path)) {}
    ~File() { (void)finish(); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    [[nodiscard]] const std::string& error() const noexcept { return out_.error(); }

    void start() {
        // Signals are the main thread's: this one inherits that all are blocked.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread([this] { write_batches(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    /// Never waits for the file.
    void take(const std::shared_ptr<const Batch>& batch) {
        if (!server_.empty() && server_ != batch->server) return;
        offered_ += batch->samples.size();
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.size() == most_waiting) return;  // finish() counts it
            waiting_.push_back(batch);
        }
        changed_.notify_one();
    }

    /// @return what is to be told of the file; no `why`: it is whole
    Failure finish() {
        if (thread_.joinable()) {
            {
                const std::lock_guard lock(mutex_);
                ended_ = true;
            }
            changed_.notify_one();
            thread_.join();
        }
        Failure failure{path_, out_.close(), offered_ - written_};
        if (failure.why.empty() && failure.missing > 0)
            failure.why =
                fmt::format("{} of {} samples are missing: they came faster than they were taken", failure.missing, offered_);
        return failure;
    }

private:
    // --- on the thread ------------------------------------------------------------------------------------------------

    void write_batches() {
        writer_.header();
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
            if (waiting_.empty()) break;
            const auto batch = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            writer_.begin(batch->server, batch->phase, batch->began);
            for (const auto& sample : batch->samples) {
                ++in_block_;
                writer_.add(sample);
            }
            lock.lock();
        }
        lock.unlock();
        (void)writer_.finish();  // whose error `out_` has kept
    }

    bool put(std::string_view block) {
        const bool whole = out_.write_patiently(block, [this](std::chrono::milliseconds stuck) {
            return !ended_.load(std::memory_order_relaxed) || stuck < patience;
        });
        if (whole) written_ += std::exchange(in_block_, 0);
        return whole;
    }

    const std::string path_;
    const std::string server_;
    OutFile out_;
    report::SampleWriter writer_;
    std::thread thread_;
    std::uint64_t offered_ = 0;
    std::uint64_t written_ = 0;   // the thread's, as is in_block_
    std::uint64_t in_block_ = 0;  // given to the writer, and not yet written
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<const Batch>> waiting_;  // under mutex_
    std::atomic<bool> ended_ = false;                   // set under mutex_
};

SampleFiles::SampleFiles() = default;
SampleFiles::~SampleFiles() = default;

std::string SampleFiles::open(const std::string& path, const std::string& server) {
    return files_.emplace_back(std::make_unique<File>(path, server))->error();
}

void SampleFiles::start(run::Observer& observer) {
    if (files_.empty()) return;
    observer.phase_began = [this](const std::string& server, const std::string& phase, TimePoint began) {
        hand_on();
        filling_ = {server, phase, began, {}};
    };
    observer.sample = [this](const metrics::Sample& sample) {
        if (filling_.samples.empty()) filling_.samples.reserve(batch_size);
        filling_.samples.push_back(sample);
        if (filling_.samples.size() == batch_size) hand_on();
    };
    for (auto& file : files_) file->start();
}

void SampleFiles::hand_on() {
    if (filling_.samples.empty()) return;
    const auto full = std::make_shared<const Batch>(
        Batch{filling_.server, filling_.phase, filling_.began, std::exchange(filling_.samples, {})});
    for (auto& file : files_) file->take(full);
}

std::vector<SampleFiles::Failure> SampleFiles::finish() {
    hand_on();
    std::vector<Failure> failures;
    for (auto& file : files_)
        if (auto failure = file->finish(); !failure.why.empty()) failures.push_back(std::move(failure));
    files_.clear();
    return failures;
}

}  // namespace volley::cli
