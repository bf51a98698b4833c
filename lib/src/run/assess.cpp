#include <volley/run/assess.hpp>

#include <algorithm>
#include <array>
#include <string_view>

#include "run/evidence.hpp"

namespace volley::run {

using scenario::Threshold;

Assessment assess(const Threshold& threshold, const report::PhaseResult& phase) {
    const std::array parts{&phase};
    return assess(threshold, phase, parts);
}

Assessment assess(const Threshold& threshold, const report::PhaseResult& phase,
                  std::span<const report::PhaseResult* const> parts) {
    const Figure figure = figure_of(threshold, phase);
    if (phase.interrupted || !figure.missing.empty()) return Assessment::unsure;
    if (!figure.beyond.empty()) return Assessment::fail;
    if (!phase.inconclusive.empty() && !is_count(threshold)) return Assessment::unsure;
    const auto evidence = weigh(threshold, phase, figure, parts);
    if (evidence.measured == Assessment::pass)
        return starts_were_made(phase) || threshold.metric == "missed" ? Assessment::pass : Assessment::unsure;
    const bool fails = evidence.measured == Assessment::fail && evidence.without_us == Assessment::fail;
    return fails ? Assessment::fail : Assessment::unsure;
}

namespace {

/// Numbers that only rise while a phase runs, and so may still reach what is asked of them.
bool may_still_hold(const Threshold& t) {
    static constexpr std::array<std::string_view, 7> rising{"requests",       "right",      "video_sent",    "video_frames",
                                                            "video_returned", "audio_sent", "audio_received"};
    const bool rises = t.unit == Threshold::Unit::number && std::ranges::find(rising, std::string_view(t.metric)) != rising.end();
    return rises && t.op != Threshold::Op::less && t.op != Threshold::Op::less_equal;
}

}  // namespace

LiveThreshold::LiveThreshold(const Threshold& threshold)
    : aborts_(threshold.abort && !may_still_hold(threshold)), persist_(threshold.persist.value_or(Duration::zero())) {}

bool LiveThreshold::feed(Duration now, Assessment assessment, std::uint64_t samples) noexcept {
    if (!aborts_ || aborted_) return aborted_;
    if (assessment != Assessment::fail) {
        failing_since_.reset();
        return false;
    }
    if (!failing_since_) failing_since_ = now;
    aborted_ = samples >= fewest_samples && now - *failing_since_ >= persist_;
    return aborted_;
}

}  // namespace volley::run
