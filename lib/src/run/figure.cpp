#include "run/figure.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include <volley/metrics/interval.hpp>

#include "report/terminal.hpp"

namespace volley::run {
namespace {

using report::PhaseResult;
using scenario::Threshold;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double value_of(const metrics::Histogram& h, const Threshold& t) {
    if (t.aggregate == "mean") return to_seconds(h.mean());
    if (t.aggregate == "min") return to_seconds(h.min());
    if (t.aggregate == "max") return to_seconds(h.max());
    return to_seconds(h.quantile(quantile_of(t).value_or(0.95)));
}

/// Of times that are known of some, while the others are larger than they all.
Figure times_figure(const Threshold& t, const PhaseResult& phase) {
    const auto& times = times_of(t, phase);
    const std::uint64_t lost = never_back(t, phase);
    if (lost == 0 || t.aggregate == "min") return {value_of(times, t), value_of(times_without_us(t, phase), t), {}};
    const double q = t.aggregate == "max" ? 1 : quantile_of(t).value_or(0.95);
    const auto value = t.aggregate == "mean" ? std::nullopt : metrics::quantile_of(times, q, lost);
    if (value) {
        const auto without_us = metrics::quantile_of(times_without_us(t, phase), q, lost);
        return {to_seconds(*value), without_us ? to_seconds(*without_us) : nan, {}};
    }
    const bool pings = is_answer_time(t);
    const Duration limit = pings ? phase.calls->ping_timeout : Duration::zero();
    std::string why =
        fmt::format("{} of {} {} never came back, so ", report::grouped(lost), report::grouped(times.count() + lost),
                    pings                     ? "pings"
                    : t.metric == "video_rtt" ? "frames"
                                              : "chirps");
    if (t.aggregate == "mean")
        why += "the mean is not known";
    else if (limit > Duration::zero())
        why += t.aggregate + " is no less than the time-out of " + format_duration(limit);
    else
        why += t.aggregate + " is not known";
    return {nan, nan, {}, std::move(why)};
}

Figure latency_figure(const Threshold& t, const PhaseResult& phase) {
    if (phase.tally->right == 0) return {.missing = "no right answer to take it from"};
    return times_figure(t, phase);
}

Figure burst_figure(const Threshold& t, const PhaseResult& phase) {
    if (!phase.burst) return {.missing = "only a burst has it"};
    const auto& b = *phase.burst;
    if (!b.complete)
        return {.missing = fmt::format("{} of {} answers were wrong, so it says nothing", phase.errors(), phase.tally->requests)};
    if (t.metric == "makespan") return {to_seconds(b.makespan), to_seconds(b.makespan - b.own_lag), {}};
    if (b.solo <= Duration::zero()) return {.missing = "the solo time is not known"};
    const double lean = to_seconds(b.makespan - b.own_lag) / to_seconds(b.solo);
    if (t.metric == "solo") return {to_seconds(b.solo), nan, {}};
    if (t.metric == "ratio") return {b.ratio, lean, {}};
    if (t.metric == "overlap") return {b.overlap, lean > 0 ? static_cast<double>(b.n) / lean : nan, {}};
    if (t.metric == "groups") return {static_cast<double>(b.groups.size()), nan, {}};
    if (!b.serial_fraction) return {.missing = "a burst of one has none"};
    return {*b.serial_fraction, (lean - 1) / (static_cast<double>(b.n) - 1), {}};
}

/// `setup` and `loss` are what `volley offer` calls `dc_open` and `lost`.
std::optional<metrics::CallTime> call_time_of(const Threshold& t) {
    return t.metric == "setup" ? metrics::CallTime::dc_open : metrics::call_time_of(t.metric);
}

bool is_ping_count(const Threshold& t) { return t.metric == "answered" || t.metric == "lost" || t.metric == "loss"; }

bool is_of_calls(const Threshold& t) { return call_time_of(t) || is_ping_count(t) || t.metric == "calls_failed"; }

Figure calls_figure(const Threshold& t, const PhaseResult& phase) {
    if (!phase.calls) return {.missing = "only calls have it"};
    const auto& c = *phase.calls;
    if (const auto time = call_time_of(t)) {
        const auto& times = c.time(*time);
        if (times.empty()) return {.missing = *time == metrics::CallTime::dc_open ? "no call was set up" : "no call came so far"};
        return {value_of(times, t), *time == metrics::CallTime::dc_open ? value_of(c.from_start, t) : nan, {}};
    }
    const bool pings = is_ping_count(t);
    const auto part = static_cast<double>(t.metric == "answered" ? c.answered : pings ? c.lost : c.failed);
    if (t.unit != Threshold::Unit::share) return {part, nan, {}};
    const auto whole = static_cast<double>(pings ? c.answered + c.lost : c.calls);
    if (whole == 0) return {.missing = pings ? "no ping was sent" : "no call was made"};
    return {part / whole, nan, {}};
}

/// A number of frames or packets, and the whole that it may be a share of.
struct MediaCount {
    std::string_view metric;
    std::uint64_t metrics::VideoTally::*video = nullptr;
    std::uint64_t metrics::AudioTally::*audio = nullptr;
};
constexpr std::array media_counts{
    MediaCount{"video_sent", &metrics::VideoTally::sent},
    MediaCount{"video_frames", &metrics::VideoTally::returned},
    MediaCount{"video_returned", &metrics::VideoTally::returned},
    MediaCount{"video_lost", &metrics::VideoTally::lost},
    MediaCount{"video_freezes", &metrics::VideoTally::freezes},
    MediaCount{"video_mismatched", &metrics::VideoTally::mismatched},
    MediaCount{"audio_sent", nullptr, &metrics::AudioTally::sent},
    MediaCount{"audio_received", nullptr, &metrics::AudioTally::received},
    MediaCount{"audio_lost", nullptr, &metrics::AudioTally::lost},
};

const MediaCount* media_count_of(const Threshold& t) {
    const auto at = std::ranges::find(media_counts, std::string_view(t.metric), &MediaCount::metric);
    return at == media_counts.end() ? nullptr : &*at;
}

bool is_media_time(const Threshold& t) { return is_media_round_trip(t) || t.metric == "first_frame"; }

bool is_of_video(const Threshold& t) { return t.metric == "first_frame" || t.metric.starts_with("video_"); }

Figure media_figure(const Threshold& t, const PhaseResult& phase) {
    const bool video = is_of_video(t);
    const auto* media = phase.calls ? phase.calls->media.get() : nullptr;
    if (media == nullptr || (video ? media->video.calls + media->video.players : media->audio.calls) == 0)
        return {.missing = video ? "no call sent video" : "no call sent audio"};
    if (is_media_time(t)) {
        const bool trips = is_media_round_trip(t);
        const auto& times = trips ? times_of(t, phase) : media->video.first_frame;
        if (times.empty()) return {.missing = video ? "no frame came back" : "no chirp came back"};
        if (!trips) return {value_of(times, t), nan, {}};
        auto figure = times_figure(t, phase);
        figure.without_us = nan;
        return figure;
    }
    const auto& count = *media_count_of(t);
    // What is missing is known by the packets around it: of what never came nobody can tell how much was to come.
    if (t.metric == "audio_lost" && media->audio.received + media->audio.lost == 0)
        return {.missing = media->audio.sent == 0
                               ? "no audio came, so what was lost is not known"
                               : fmt::format("none of {} packets of audio came back, so what was lost is not known",
                                             report::grouped(media->audio.sent))};
    auto part = static_cast<double>(video ? media->video.*count.video : media->audio.*count.audio);
    if (t.metric == "video_frames") part += static_cast<double>(media->video.played);
    if (t.unit != Threshold::Unit::share) return {part, nan, {}};
    const auto whole = static_cast<double>(video ? media->video.sent : media->audio.received + media->audio.lost);
    if (whole == 0) return {.missing = video ? "no frame was sent" : "no audio came"};
    return {part / whole, nan, {}};
}

bool is_time(const Threshold& t) {
    return is_answer_time(t) || is_media_time(t) || t.metric == "makespan" || t.metric == "solo" || call_time_of(t).has_value();
}

constexpr int usual_digits = 3;

std::string in_words(const Threshold& t, double value, int digits = usual_digits) {
    if (is_time(t)) return format_duration(from_seconds(value));
    if (t.unit == Threshold::Unit::share || t.metric == "serial_fraction") return fmt::format("{:.{}g} %", value * 100, digits);
    if (value == std::floor(value) && std::abs(value) < 1e15) return fmt::format("{:.0f}", value);
    return fmt::format("{:.{}g}", value, digits);
}

}  // namespace

bool is_answer_time(const Threshold& t) {
    return t.metric == "latency" || t.metric == "service" || t.metric == "rtt" || t.metric == "dc_rtt";
}

bool is_of_transform(const Threshold& t) { return t.metric == "video_transform"; }

bool is_media_round_trip(const Threshold& t) { return t.metric == "video_rtt" || t.metric == "audio_rtt"; }

bool is_count(const Threshold& t) {
    return t.metric == "errors" || t.metric == "right" || t.metric == "requests" || t.metric == "missed" ||
           t.metric == "saturated" || t.metric == "calls_failed" || is_ping_count(t) || media_count_of(t) != nullptr;
}

const metrics::Histogram& times_of(const Threshold& t, const PhaseResult& phase) {
    static const metrics::Histogram none{};
    const auto* media = phase.calls ? phase.calls->media.get() : nullptr;
    if (t.metric == "video_rtt") return media ? media->video.round_trip : none;
    if (t.metric == "audio_rtt") return media ? media->audio.round_trip : none;
    return t.metric == "service" ? phase.tally->service : phase.tally->response;
}

const metrics::Histogram& times_without_us(const Threshold& t, const PhaseResult& phase) {
    return is_media_round_trip(t) || t.metric == "service" ? times_of(t, phase) : phase.tally->from_start;
}

std::uint64_t never_back(const Threshold& t, const PhaseResult& phase) {
    if (!phase.calls) return 0;
    if (is_answer_time(t)) return phase.calls->lost;
    const auto* media = phase.calls->media.get();
    if (media == nullptr) return 0;
    if (t.metric == "video_rtt") return media->video.lost;
    return t.metric == "audio_rtt" ? media->audio.chirps - media->audio.chirps_back : 0;
}

std::optional<double> quantile_of(const Threshold& t) {
    if (!t.aggregate.starts_with('p')) return std::nullopt;
    double percent = 0;
    const auto [end, bad] = std::from_chars(t.aggregate.data() + 1, t.aggregate.data() + t.aggregate.size(), percent);
    if (bad != std::errc{}) return std::nullopt;
    return percent / 100;
}

Figure figure_of(const Threshold& t, const PhaseResult& phase) {
    const double all = static_cast<double>(phase.tally->requests + phase.saturated);
    const bool share = t.unit == Threshold::Unit::share;
    const auto counted_of = [&](std::uint64_t n, double whole) -> Figure {
        if (!share) return {static_cast<double>(n), nan, {}};
        if (whole == 0) return {.missing = "there was no request"};
        return {static_cast<double>(n) / whole, nan, {}};
    };
    const auto counted = [&](std::uint64_t n) { return counted_of(n, all); };
    // Starts that were not made are none of the requests: their share is one of the plan, where there was one.
    const auto starts = [&](std::uint64_t n) {
        return counted_of(n, phase.planned > 0 ? static_cast<double>(phase.planned) : all);
    };
    if (is_of_transform(t)) return {.missing = "it is no number"};
    if (is_answer_time(t)) return latency_figure(t, phase);
    if (t.metric == "errors") return counted(phase.errors());
    if (t.metric == "right") return counted(phase.tally->right);
    if (t.metric == "requests") return counted(phase.tally->requests);
    if (t.metric == "missed") return starts(phase.missed);
    if (t.metric == "saturated") return starts(phase.saturated);
    if (is_of_calls(t)) return calls_figure(t, phase);
    if (is_media_time(t) || media_count_of(t) != nullptr) return media_figure(t, phase);
    return burst_figure(t, phase);
}

std::string measured_words(const Threshold& t, double value) {
    constexpr int most_digits = 9;
    int digits = usual_digits;
    while (digits < most_digits && value != t.amount && in_words(t, value, digits) == in_words(t, t.amount, digits)) ++digits;
    return in_words(t, value, digits);
}

std::string by_how_much(const Threshold& t, double value) {
    const double off = value - t.amount;
    if (off == 0) return fmt::format("is {} exactly", in_words(t, t.amount));
    std::string text = fmt::format("{} {} by {}", off > 0 ? "over" : "under", in_words(t, t.amount), in_words(t, std::abs(off)));
    if (t.amount > 0 && off > 0) text += fmt::format(" ({:.3g} times it)", value / t.amount);
    return text;
}

std::string limit_words(const Threshold& t) { return in_words(t, t.amount); }

}  // namespace volley::run
