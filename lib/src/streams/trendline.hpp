// Whether packets take longer and longer: the sign that more is sent than the way carries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include <volley/time.hpp>

namespace volley::streams {

enum class LinkUse : std::uint8_t {
    normal,
    over,  ///< a queue grows
    under  ///< a queue empties
};

/// The slope of the one-way delay over the last groups of packets against a threshold that adapts.
/// Source: draft-ietf-rmcat-gcc-02 section 5. Deviation: a straight line through the delays of 20 groups, as libwebrtc has it, in the place of
/// the draft's Kalman filter. Thread safety: as a plain value.
class Trendline {
public:
    static constexpr std::size_t window = 20;

    /// One group of packets after another. @param came  of its last packet, on any clock. @param send_step, came_step  since the group before.
    void add(Duration came, Duration send_step, Duration came_step);
    [[nodiscard]] LinkUse use() const noexcept { return use_; }

private:
    struct Point {
        double at;     // ms
        double delay;  // ms, accumulated and smoothed
    };
    [[nodiscard]] double slope() const noexcept;
    void judge(double slope, double step_ms);
    void adapt(double slope, double at_ms) noexcept;

    std::deque<Point> points_;
    std::optional<Duration> first_;
    double accumulated_ = 0;  // ms
    double smoothed_ = 0;     // ms
    std::size_t groups_ = 0;
    double threshold_ = 12.5;  // ms
    std::optional<double> adapted_at_;
    double over_for_ = 0;  // ms
    std::size_t over_count_ = 0;
    double last_slope_ = 0;
    LinkUse use_ = LinkUse::normal;
};

}  // namespace volley::streams
