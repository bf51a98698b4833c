#include "streams/trendline.hpp"

#include <algorithm>
#include <cmath>

namespace volley::streams {
namespace {

double to_ms(Duration d) noexcept { return to_seconds(d) * 1000; }

constexpr double smoothing = 0.9;
// What makes a slope comparable with the draft's threshold in ms: by how much the delay grew over the last 60 groups, times 4 (libwebrtc).
constexpr std::size_t most_groups = 60;
constexpr double gain = 4;
// Section 5.4: K_u, K_d, the bounds, and how far off a delay is no measure of usual jitter.
constexpr double up = 0.0087;
constexpr double down = 0.039;
constexpr double least_threshold = 6;
constexpr double most_threshold = 600;
constexpr double most_distance = 15;
constexpr double most_step_ms = 100;
// overuse_time_th of the draft.
constexpr double over_for_ms = 10;

}  // namespace

void Trendline::add(Duration came, Duration send_step, Duration came_step) {
    if (!first_) first_ = came;
    groups_ = std::min(groups_ + 1, std::size_t{1000});
    accumulated_ += to_ms(came_step - send_step);
    smoothed_ = smoothing * smoothed_ + (1 - smoothing) * accumulated_;
    const double at = to_ms(came - *first_);
    points_.push_back({at, smoothed_});
    if (points_.size() > window) points_.pop_front();
    if (points_.size() < window) return;
    const double scaled = slope() * static_cast<double>(std::min(groups_, most_groups)) * gain;
    judge(scaled, to_ms(send_step));
    adapt(scaled, at);
}

// Least squares.
double Trendline::slope() const noexcept {
    const auto count = static_cast<double>(points_.size());
    double at = 0;
    double delay = 0;
    for (const Point& point : points_) {
        at += point.at / count;
        delay += point.delay / count;
    }
    double up_sum = 0;
    double across_sum = 0;
    for (const Point& point : points_) {
        up_sum += (point.at - at) * (point.delay - delay);
        across_sum += (point.at - at) * (point.at - at);
    }
    return across_sum > 0 ? up_sum / across_sum : 0;
}

// Sections 5.3 and 5.4: over for a while, in more than one group, and not on the way back.
void Trendline::judge(double slope, double step_ms) {
    if (slope > threshold_) {
        over_for_ += over_count_ == 0 ? step_ms / 2 : step_ms;
        ++over_count_;
        if (over_for_ > over_for_ms && over_count_ > 1 && slope >= last_slope_) {
            over_for_ = 0;
            over_count_ = 0;
            use_ = LinkUse::over;
        }
    } else {
        over_for_ = 0;
        over_count_ = 0;
        use_ = slope < -threshold_ ? LinkUse::under : LinkUse::normal;
    }
    last_slope_ = slope;
}

void Trendline::adapt(double slope, double at_ms) noexcept {
    const double size = std::abs(slope);
    const double step = std::clamp(at_ms - adapted_at_.value_or(at_ms), 0.0, most_step_ms);
    adapted_at_ = at_ms;
    if (size > threshold_ + most_distance) return;
    threshold_ += (size < threshold_ ? down : up) * (size - threshold_) * step;
    threshold_ = std::clamp(threshold_, least_threshold, most_threshold);
}

}  // namespace volley::streams
