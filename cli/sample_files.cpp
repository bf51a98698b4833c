#include "sample_files.hpp"

#include <csignal>
#include <utility>

namespace volley::cli {
namespace {

constexpr std::size_t batch_size = 4096;
constexpr std::size_t most_waiting = 64;  // batches: some 30 MB

}  // namespace

SampleFiles::File::File(const std::string& p, const std::string& s)
    : path(p),
      server(s),
      out(p),
      writer([this](std::string_view block) { return out.write(block); }, report::SampleWriter::format_of(p)) {}

SampleFiles::~SampleFiles() { (void)finish(); }

std::string SampleFiles::open(const std::string& path, const std::string& server) {
    auto& file = files_.emplace_back(path, server);
    if (!file.out.error().empty()) return file.out.error();
    file.writer.header();
    return {};
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
    // Signals are the main thread's: this one inherits that all are blocked.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    writer_ = std::thread([this] { write_batches(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void SampleFiles::hand_on() {
    if (filling_.samples.empty()) return;
    Batch full{filling_.server, filling_.phase, filling_.began, std::exchange(filling_.samples, {})};
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() < most_waiting; });
    waiting_.push_back(std::move(full));
    changed_.notify_all();
}

void SampleFiles::write_batches() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const Batch batch = std::move(waiting_.front());
        waiting_.pop_front();
        changed_.notify_all();
        lock.unlock();
        write(batch);
        lock.lock();
    }
}

void SampleFiles::write(const Batch& batch) {
    for (auto& file : files_) {
        if (!file.server.empty() && file.server != batch.server) continue;
        file.writer.begin(batch.server, batch.phase, batch.began);
        for (const auto& sample : batch.samples) file.writer.add(sample);
    }
}

std::vector<SampleFiles::Failure> SampleFiles::finish() {
    if (writer_.joinable()) {
        hand_on();
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
        }
        changed_.notify_all();
        writer_.join();
    }
    std::vector<Failure> failures;
    for (auto& file : files_) {
        (void)file.writer.finish();  // whose error `out` has kept
        if (const auto& why = file.out.close(); !why.empty()) failures.push_back({file.path, why});
    }
    files_.clear();
    return failures;
}

}  // namespace volley::cli
