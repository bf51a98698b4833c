// One worker's figures while a phase runs: no lock, and no memory that grows with the number of requests.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/plan.hpp"

namespace volley::engine {

/// Counts what one thread sees. The counters alone may be read by another thread while it does.
class Recorder {
public:
    using Batch = std::vector<metrics::Sample>;

    /// @param samples  given full batches of samples; empty: none are kept.
    explicit Recorder(std::function<void(Batch)> samples) : samples_(std::move(samples)) {}

    /// Sets where the time series begins. Bursts keep none.
    void begin_series(TimePoint start) { series_start_ = start; }

    void started(const metrics::Sample& sample);
    /// Takes in a request that has ended. What we ended ourselves says nothing of the server and is left out.
    void ended(const metrics::Sample& sample, const Judgement& judgement, const std::string& step_name);
    void iteration_began() noexcept { add(in_flight_, 1); }
    /// One that we ended ourselves counts as neither done nor wrong.
    void iteration_ended(const metrics::Sample& whole) noexcept;
    void missed(TimePoint planned, std::uint64_t n = 1);
    void saturated(TimePoint planned);
    /// Hands over the samples that are left.
    void flush();

    struct Counts {
        std::uint64_t done = 0;
        std::uint64_t wrong = 0;
        std::uint64_t in_flight = 0;
        std::uint64_t requests = 0;
    };
    /// From any thread.
    [[nodiscard]] Counts counts() const noexcept;

    /// What happened in the last full slice, for a live line.
    struct Glance {
        metrics::CoarseHistogram response;
        Duration lag{};  ///< the latest start since the last glance
    };
    [[nodiscard]] Glance take_glance(TimePoint now);

    PhaseOutcome outcome;

private:
    static void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) noexcept {
        // One writer: no read-modify-write that the bus must see.
        counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    [[nodiscard]] metrics::Slice* slice(TimePoint when);

    std::function<void(Batch)> samples_;
    Batch batch_;
    TimePoint series_start_{};
    Duration latest_start_{};
    metrics::Slice* slice_ = nullptr;  ///< the one that was used last, and its time: dividing for each request would cost more
    TimePoint slice_begin_{};
    TimePoint slice_end_{};
    std::atomic<std::uint64_t> done_{0}, wrong_{0}, in_flight_{0}, requests_{0};
};

}  // namespace volley::engine
