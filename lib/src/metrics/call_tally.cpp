#include <volley/metrics/call_tally.hpp>

#include <algorithm>

namespace volley::metrics {

std::string_view to_string(CallStage stage) noexcept {
    static constexpr std::array<std::string_view, call_stages> names{"gathered", "http", "ice", "dtls", "sctp", "channel"};
    return names[static_cast<std::size_t>(stage)];
}

namespace {

/// Where a time of a call is found: how long a stage took, or when it was reached.
struct Place {
    std::string_view name;
    CallStage stage;
    bool from_start;
};
constexpr std::array<Place, call_times> places{{{"gather", CallStage::gathered, true},
                                                {"offer_to_answer", CallStage::http, false},
                                                {"ice", CallStage::ice, false},
                                                {"dtls", CallStage::dtls, false},
                                                {"connected", CallStage::dtls, true},
                                                {"dc_open", CallStage::channel, true}}};

const Place& place_of(CallTime time) noexcept { return places[static_cast<std::size_t>(time)]; }

}  // namespace

std::string_view to_string(CallTime time) noexcept { return place_of(time).name; }

std::optional<CallTime> call_time_of(std::string_view name) noexcept {
    for (std::size_t i = 0; i < places.size(); ++i)
        if (places[i].name == name) return static_cast<CallTime>(i);
    return std::nullopt;
}

std::optional<Duration> time_of(CallTime time, TimePoint planned,
                                const std::array<std::optional<TimePoint>, call_stages>& reached) noexcept {
    const auto& place = place_of(time);
    const auto stage = static_cast<std::size_t>(place.stage);
    if (!reached[stage]) return std::nullopt;
    if (place.from_start) return *reached[stage] - planned;
    return *reached[stage] - reached[stage - 1].value_or(planned);
}

const Histogram& CallTally::time(CallTime time) const noexcept {
    const auto& place = place_of(time);
    const auto& stage = stages[static_cast<std::size_t>(place.stage)];
    return place.from_start ? stage.at : stage.took;
}

void CallTally::merge(const CallTally& other) {
    calls += other.calls;
    set_up += other.set_up;
    planned += other.planned;
    missed += other.missed;
    saturated += other.saturated;
    failed += other.failed;
    for (const auto& [kind, n] : other.errors) errors[kind] += n;
    for (std::size_t i = 0; i < call_stages; ++i) {
        stages[i].took.merge(other.stages[i].took);
        stages[i].at.merge(other.stages[i].at);
    }
    from_start.merge(other.from_start);
    start_lag.merge(other.start_lag);
    sent += other.sent;
    answered += other.answered;
    lost += other.lost;
    under_way += other.under_way;
    under_way_longest = std::max(under_way_longest, other.under_way_longest);
    if (ping_timeout == Duration::zero() || (other.ping_timeout > Duration::zero() && other.ping_timeout < ping_timeout))
        ping_timeout = other.ping_timeout;
    late += other.late;
    repeated += other.repeated;
    out_of_order += other.out_of_order;
    strange += other.strange;
    bytes_out += other.bytes_out;
    bytes_in += other.bytes_in;
    if (!other.media) return;
    if (!media) media = std::make_shared<MediaTally>();
    media->merge(*other.media);
}

}  // namespace volley::metrics
