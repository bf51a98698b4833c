#include "engine/recorder.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace volley::engine {

namespace {
constexpr std::size_t examples_kept = 3;
constexpr std::size_t batch_size = 4096;

/// Counts in a slice, where what is full stays full.
void count(std::uint32_t& what, std::uint64_t n = 1) {
    constexpr auto full = std::numeric_limits<std::uint32_t>::max();
    what = n > full - what ? full : what + static_cast<std::uint32_t>(n);
}
}  // namespace

bool needs_curl(const PhasePlan& plan) noexcept {
    if (plan.carriage != Carriage::automatic) return plan.carriage == Carriage::curl;
    const auto& curl = plan.curl;
    return curl.http_version == 10 || curl.http_version == 20 || !curl.proxy.empty() ||
           curl.auth != client::CurlOptions::Auth::none;
}

void PhaseOutcome::merge(const PhaseOutcome& other) {
    tally->merge(*other.tally);
    for (const auto& example : other.examples)
        if (examples.size() < examples_kept) examples.push_back(example);
    planned += other.planned;
    missed += other.missed;
    saturated += other.saturated;
    if (unprepared.empty()) unprepared = other.unprepared;
    if (trouble.empty()) trouble = other.trouble;
}

metrics::Slice* Recorder::slice(TimePoint when) {
    if (when >= slice_begin_ && when < slice_end_) return slice_;
    if (series_start_ == TimePoint{}) return nullptr;
    auto& series = outcome.tally->series;
    slice_ = &series.at(when - series_start_);
    slice_begin_ = when < series_start_ ? series_start_ : when - (when - series_start_) % series.width();
    slice_end_ = slice_begin_ + series.width();
    return slice_;
}

Recorder::Glance Recorder::take_glance(TimePoint now) {
    Glance glance;
    glance.lag = std::exchange(latest_start_, {});
    const auto& series = outcome.tally->series;
    if (series_start_ == TimePoint{} || now < series_start_) return glance;
    const auto index = static_cast<std::size_t>((now - series_start_) / series.width());
    if (index > 0 && index <= series.size()) glance.response = series[index - 1].response;
    return glance;
}

void Recorder::started(const metrics::Sample& sample) {
    if (auto* s = slice(sample.started)) {
        count(s->started);
        const auto in_flight = static_cast<std::uint32_t>(in_flight_.load(std::memory_order_relaxed));
        s->in_flight_max = std::max(s->in_flight_max, in_flight);
    }
    latest_start_ = std::max(latest_start_, sample.start_lag());
}

void Recorder::ended(const metrics::Sample& sample, const Judgement& judgement, const std::string& step_name) {
    if (sample.outcome == metrics::Outcome::cancelled) return;
    outcome.tally->add(sample, judgement.kind);
    add(requests_, 1);
    if (auto* s = slice(sample.done)) {
        count(s->done);
        if (sample.right)
            s->response.record(sample.response_time());
        else
            count(s->wrong);
    }
    if (!sample.right && outcome.examples.size() < examples_kept)
        outcome.examples.push_back(step_name + ": " + judgement.example);
    if (!samples_) return;
    if (batch_.capacity() == 0) batch_.reserve(batch_size);
    batch_.push_back(sample);
    if (batch_.size() == batch_size) flush();
}

void Recorder::iteration_ended(const metrics::Sample& whole) noexcept {
    add(in_flight_, static_cast<std::uint64_t>(-1));
    if (whole.outcome == metrics::Outcome::cancelled) return;
    add(done_, 1);
    if (!whole.right) add(wrong_, 1);
}

void Recorder::missed(TimePoint planned, std::uint64_t n) {
    outcome.missed += n;
    if (auto* s = slice(planned)) count(s->missed, n);
}

void Recorder::saturated(TimePoint planned) {
    ++outcome.saturated;
    if (auto* s = slice(planned)) count(s->saturated);
}

void Recorder::flush() {
    if (samples_ && !batch_.empty()) samples_(std::exchange(batch_, {}));
}

Recorder::Counts Recorder::counts() const noexcept {
    const auto read = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
    return {read(done_), read(wrong_), read(in_flight_), read(requests_)};
}

}  // namespace volley::engine
