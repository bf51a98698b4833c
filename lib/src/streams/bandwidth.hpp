// How much may be sent: by the delay of packets where the peer tells when they came, by what its reports say is lost, by what it asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include <volley/time.hpp>

#include "streams/least_delay.hpp"
#include "streams/session.hpp"
#include "streams/transport_wide.hpp"
#include "streams/trendline.hpp"

namespace volley::streams {

/// What arrives at the peer, over the last half second.
class ArrivalRate {
public:
    static constexpr Duration window = std::chrono::milliseconds(500);

    void add(Duration came, std::size_t bytes);
    /// Bits per second; nothing before there is enough to go by.
    [[nodiscard]] std::optional<double> get() const noexcept;

private:
    struct Came {
        Duration at;
        std::size_t bytes;
    };
    std::deque<Came> came_;  // ascending
    std::size_t bytes_ = 0;
};

/// The rate for all that is sent. Source: draft-ietf-rmcat-gcc-02.
/// Deviations: instead of probing with padding the rate grows by half in a second until the way is full for the first time, and from then on
/// as the draft has it; a delay of half a second above the least one of the last 15 to 30 s is a full way whatever its slope; losses lower the rate and lift what they have lowered, but do not raise it by themselves; without transport-wide
/// feedback the peer's REMB is the rate, and without that it grows by 8 % in a second while nothing is lost.
/// Thread safety: as a plain value.
class BandwidthEstimator {
public:
    explicit BandwidthEstimator(const RateLimits& limits) noexcept;

    void handle_feedback(TimePoint now, std::span<const PacketResult> results, std::optional<Duration> round_trip);
    /// @param fraction  of the packets that reports speak of, 0 to 1.
    void handle_loss(TimePoint now, double fraction) noexcept;
    void handle_estimate(TimePoint now, std::uint64_t bits_per_second) noexcept;
    /// Bits per second, within the limits.
    [[nodiscard]] std::uint64_t target() const noexcept;

private:
    struct Group {
        TimePoint first_sent;
        TimePoint last_sent;
        Duration last_came;
    };
    void add_to_group(const PacketResult& result);
    void update_delay_based(TimePoint now, std::optional<Duration> round_trip);
    [[nodiscard]] double grown(double rate, double per_second, double seconds) const noexcept;
    [[nodiscard]] double clamped(double rate) const noexcept;

    RateLimits limits_;
    double rate_;                     // by delay, or by what stands in for it
    std::optional<double> loss_cap_;  // nothing: losses have not lowered it
    std::optional<std::uint64_t> remote_cap_;
    bool has_feedback_ = false;
    bool starting_ = true;  // the way was never full

    ArrivalRate arrivals_;
    Trendline trend_;
    LeastDelay least_delay_;  // from sending to its feedback
    bool delayed_ = false;    // the last one took far longer
    std::optional<Group> group_;
    std::optional<Group> last_group_;
    std::optional<TimePoint> updated_;
    std::optional<TimePoint> decreased_;
    std::optional<double> full_at_;  // what arrived when the way was full, averaged
    std::optional<TimePoint> loss_handled_;
};

}  // namespace volley::streams
