#include "call/chirp_trips.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <volley/metrics/chirp_resolution.hpp>

namespace volley::call {
namespace {

constexpr int sending_rate = 48'000;
/// Codecs of others may hold back less than ours: what seems to be back earlier than it was sent by no more is back sooner than can be told.
constexpr Duration inexactness = std::chrono::milliseconds(10);

// Two of the same slope lie in different bands, so that none is like another one later or earlier.
constexpr std::array<std::pair<double, double>, chirp_kinds> sweeps{
    {{500, 3000}, {3000, 500}, {500, 1750}, {3000, 1750}, {1750, 3000}, {1750, 500}}};

}  // namespace

std::vector<sound::ChirpPlan> chirp_plans(int rate) {
    std::vector<sound::ChirpPlan> out;
    for (const auto& [from, to] : sweeps) {
        auto& plan = out.emplace_back();
        plan.rate = rate;
        plan.from_hz = from;
        plan.to_hz = to;
    }
    return out;
}

sound::Pcm chirp_sound() {
    sound::Pcm out;
    out.rate = sending_rate;
    for (const auto& plan : chirp_plans(sending_rate)) {
        const std::size_t begin = out.samples.size();
        const auto chirp = sound::chirp(plan);
        out.samples.insert(out.samples.end(), chirp.begin(), chirp.end());
        out.samples.resize(begin + static_cast<std::size_t>(sending_rate), 0);
    }
    return out;
}

void ChirpTrips::note_sent(TimePoint at, std::size_t kind) {
    advance(at);
    under_way_.push_back({at, kind});
}

std::optional<Duration> ChirpTrips::note_heard(TimePoint at, std::size_t kind) {
    const auto sent = std::find_if(under_way_.begin(), under_way_.end(), [&](const Sent& one) {
        return one.kind == kind && at + inexactness >= one.at && at - one.at <= timeout;
    });
    if (sent == under_way_.end()) return std::nullopt;
    const Duration trip = at > sent->at ? at - sent->at : metrics::chirp_resolution;
    under_way_.erase(sent);
    ++back_;
    slowest_ = std::max(slowest_, trip);
    return trip;
}

void ChirpTrips::advance(TimePoint now) {
    // What came at the last moment may still be listened to.
    constexpr Duration listening = std::chrono::seconds(1);
    while (!under_way_.empty() && now - under_way_.front().at > timeout + listening) {
        under_way_.pop_front();
        ++lost_;
    }
}

void ChirpTrips::stop(TimePoint now) {
    // As long as a chirp is, and what codecs hold back.
    constexpr Duration whole = std::chrono::milliseconds(140);
    while (!under_way_.empty() && now - under_way_.back().at < whole) under_way_.pop_back();
}

void ChirpTrips::finish(bool had_time) {
    if (had_time) lost_ += under_way_.size();
    under_way_.clear();
}

}  // namespace volley::call
