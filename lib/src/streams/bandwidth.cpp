#include "streams/bandwidth.hpp"

#include <algorithm>
#include <cmath>

namespace volley::streams {
namespace {

// The draft's eta and beta (section 5.5).
constexpr double growth = 1.08;
constexpr double decrease = 0.85;
constexpr double first_growth = 1.5;
constexpr Duration most_delay = std::chrono::milliseconds(500);
// Section 5.2: packets that leave within so long are one group.
constexpr Duration burst = std::chrono::milliseconds(5);
// Section 5.5: no more than so much above what arrives.
constexpr double most_above = 1.5;
constexpr double above_extra = 10'000;  // bits per second
// Near the rate at which the way was full once it grows by about a packet in each response time.
constexpr double near = 0.9;
constexpr double packet_bits = 1200 * 8;
// Section 6.
constexpr double much_loss = 0.1;
constexpr double little_loss = 0.02;
constexpr double loss_growth = 1.05;
constexpr Duration loss_interval = std::chrono::milliseconds(200);

}  // namespace

// --- what arrives ----------------------------------------------------------------------------------------------------

void ArrivalRate::add(Duration came, std::size_t bytes) {
    constexpr std::size_t most = 4096;
    // A clock that jumps begins anew.
    if (!came_.empty() && (came < came_.back().at - 4 * window || came > came_.back().at + 20 * window)) {
        came_.clear();
        bytes_ = 0;
    }
    if (!came_.empty()) came = std::max(came, came_.back().at);
    came_.push_back({came, bytes});
    bytes_ += bytes;
    while (came_.front().at <= came - window || came_.size() > most) {
        bytes_ -= came_.front().bytes;
        came_.pop_front();
    }
}

std::optional<double> ArrivalRate::get() const noexcept {
    constexpr Duration least = std::chrono::milliseconds(100);
    if (came_.size() < 3) return std::nullopt;
    const Duration span = came_.back().at - came_.front().at;
    if (span < least) return std::nullopt;
    // The first packet begins the time in which the others came.
    return static_cast<double>(bytes_ - came_.front().bytes) * 8 / to_seconds(span);
}

// --- the rate --------------------------------------------------------------------------------------------------------

BandwidthEstimator::BandwidthEstimator(const RateLimits& limits) noexcept : limits_(limits), rate_(0) {
    limits_.max = std::max(limits_.max, limits_.min);
    rate_ = clamped(static_cast<double>(limits_.start));
}

double BandwidthEstimator::clamped(double rate) const noexcept {
    return std::clamp(rate, static_cast<double>(limits_.min), static_cast<double>(limits_.max));
}

double BandwidthEstimator::grown(double rate, double per_second, double seconds) const noexcept {
    return clamped(rate * std::pow(per_second, std::clamp(seconds, 0.0, 1.0)));
}

void BandwidthEstimator::add_to_group(const PacketResult& result) {
    const Duration came = *result.came;
    if (group_ && result.sent < group_->first_sent) return;  // overtaken: its group is judged already
    if (group_ && result.sent <= group_->first_sent + burst) {
        group_->last_sent = std::max(group_->last_sent, result.sent);
        group_->last_came = std::max(group_->last_came, came);
        return;
    }
    if (group_ && last_group_) {
        const Duration send_step = group_->last_sent - last_group_->last_sent;
        const Duration came_step = group_->last_came - last_group_->last_came;
        // A clock that jumps says nothing of a queue.
        constexpr Duration most_step = std::chrono::seconds(3);
        if (came_step > -most_step && came_step < most_step && send_step < most_step)
            trend_.add(group_->last_came, send_step, came_step);
    }
    if (group_) last_group_ = group_;
    group_ = Group{result.sent, result.sent, came};
}

void BandwidthEstimator::handle_feedback(TimePoint now, std::span<const PacketResult> results,
                                         std::optional<Duration> round_trip) {
    bool any = false;
    for (const PacketResult& result : results) {
        if (!result.came) continue;
        any = true;
        const Duration delay = now - result.sent;
        delayed_ = delay > least_delay_.add(now, delay) + most_delay;
        arrivals_.add(*result.came, result.bytes);
        add_to_group(result);
    }
    if (!any) return;
    has_feedback_ = true;
    update_delay_based(now, round_trip);
}

// The states increase, hold and decrease of section 5.5.
void BandwidthEstimator::update_delay_based(TimePoint now, std::optional<Duration> round_trip) {
    const double seconds = updated_ ? to_seconds(now - *updated_) : 0;
    updated_ = now;
    const LinkUse use = delayed_ ? LinkUse::over : trend_.use();
    const auto arriving = arrivals_.get();
    const Duration response = round_trip.value_or(std::chrono::milliseconds(100)) + std::chrono::milliseconds(100);
    if (use == LinkUse::over) {
        starting_ = false;
        // What was sent since the last time is still under way.
        if (decreased_ && now < *decreased_ + response) return;
        decreased_ = now;
        // So little arrives that nobody can say how much.
        const double full = arriving.value_or(rate_ / 2);
        constexpr double weight = 0.3;
        full_at_ = full_at_ && full > *full_at_ / most_above && full < *full_at_ * most_above
                       ? *full_at_ + weight * (full - *full_at_)
                       : full;
        rate_ = clamped(std::min(rate_, decrease * full));
        return;
    }
    // A queue that empties is left to do so.
    if (use == LinkUse::under) return;
    const double cap = arriving ? most_above * *arriving + above_extra : rate_;
    if (rate_ >= cap) return;
    if (full_at_ && arriving && *arriving > *full_at_ * most_above) full_at_.reset();
    double next = 0;
    if (starting_)
        next = grown(rate_, first_growth, seconds);
    else if (full_at_ && rate_ > near * decrease * *full_at_ && rate_ < *full_at_ / near)
        next = clamped(rate_ + std::min(seconds, 1.0) * std::max(packet_bits / to_seconds(response), 4000.0));
    else
        next = grown(rate_, growth, seconds);
    rate_ = std::max(rate_, std::min(next, cap));
}

void BandwidthEstimator::handle_loss(TimePoint now, double fraction) noexcept {
    if (loss_handled_ && now < *loss_handled_ + loss_interval) return;
    const double seconds = loss_handled_ ? to_seconds(now - *loss_handled_) : 1;
    loss_handled_ = now;
    const double current = static_cast<double>(target());
    if (fraction > much_loss) {
        loss_cap_ = clamped(current * (1 - 0.5 * fraction));
        starting_ = false;
        return;
    }
    if (fraction > little_loss) return;
    if (loss_cap_) {
        loss_cap_ = *loss_cap_ * loss_growth;
        if (*loss_cap_ > most_above * rate_) loss_cap_.reset();
    }
    if (!has_feedback_ && !remote_cap_ && !loss_cap_) rate_ = grown(rate_, growth, seconds);
}

void BandwidthEstimator::handle_estimate(TimePoint /*now*/, std::uint64_t bits_per_second) noexcept {
    remote_cap_ = bits_per_second;
    if (!has_feedback_) rate_ = clamped(static_cast<double>(bits_per_second));
}

std::uint64_t BandwidthEstimator::target() const noexcept {
    double out = rate_;
    if (loss_cap_) out = std::min(out, *loss_cap_);
    if (remote_cap_) out = std::min(out, static_cast<double>(*remote_cap_));
    return static_cast<std::uint64_t>(clamped(out));
}

}  // namespace volley::streams
