// When each start of an open phase is due, whatever becomes of the others.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <volley/load/random.hpp>
#include <volley/time.hpp>

namespace volley::load {

/// The rate goes linearly from `from` to `to`; equal: it is constant. A rate of 0 is allowed at either end, and at both for a pause.
struct Stage {
    Rate from;
    Rate to;
    Duration length{};
};

/// Steps of the same length, one for each rate.
[[nodiscard]] std::vector<Stage> staircase(std::span<const Rate> rates, Duration length);

/// Reads `100/s..600/s`, where one of both may be 0; a single `500/s` gives it twice. Errors: as parse_rate.
[[nodiscard]] Result<std::pair<Rate, Rate>> parse_rate_range(std::string_view text) noexcept;

/// How starts follow each other: evenly, or independently of each other as those of many users do.
enum class Arrivals { uniform, poisson };

/// The planned starts of an open phase, one after the other. With R(t) the integral of the rate from 0 to t, uniform arrival k (from
/// 0) is due when R reaches k; a Poisson process of rate 1 is mapped through the same inverse of R, which gives the exact process
/// with that changing rate. Source: Lewis, Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", 1979, section 1;
/// Cinlar, "Introduction to Stochastic Processes", 1975, chapter 4.7. The same seed gives the same arrivals on every machine.
/// Thread safety: as a plain value.
class ArrivalSchedule {
public:
    /// @param stages  one after the other. What cannot be (a negative length, a rate below 0 or not a number) counts as 0; rates
    ///                over 10,000,000/s as that.
    /// @param seed    for Arrivals::poisson.
    /// @param most    ends the schedule after so many arrivals.
    ArrivalSchedule(std::span<const Stage> stages, Arrivals arrivals, std::uint64_t seed,
                    std::optional<std::uint64_t> most = std::nullopt);

    /// Offset of the next arrival from the start of the phase: from 0 to length(), never less than the one before. Nothing at the
    /// end, and again after it, until extend(). Allocates nothing.
    std::optional<Duration> next() noexcept;
    /// Passes over the next n arrivals.
    void skip(std::uint64_t n) noexcept;

    /// How many arrivals there are from the first to the last: exact for uniform ones, the expected number for Poisson ones.
    [[nodiscard]] std::uint64_t total() const noexcept;
    /// How many of them next() and skip() have passed.
    [[nodiscard]] std::uint64_t passed() const noexcept { return passed_; }
    [[nodiscard]] Duration length() const noexcept;

    /// Goes on for `more` at the rate that the last stage ended with, also after next() gave nothing. The most that was asked for stays.
    void extend(Duration more);

private:
    /// A stage, where it begins, and the integral of the rate at its two ends.
    struct Piece {
        Stage stage;
        Duration start{};
        double before = 0;
        double after = 0;
    };
    void append(Stage stage);
    [[nodiscard]] double area() const noexcept { return pieces_.empty() ? 0 : pieces_.back().after; }
    [[nodiscard]] bool at_end() const noexcept;
    void pass() noexcept;

    std::vector<Piece> pieces_;
    Arrivals arrivals_;
    Random random_;
    std::uint64_t most_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t passed_ = 0;
    std::size_t piece_ = 0;  ///< that the last arrival was in
    double due_ = 0;         ///< the value of R that the next arrival waits for
    Duration last_{};
};

/// The share of one worker among n: arrivals r, r + n, r + 2n and so on of one schedule, so that all together make the same process
/// for any n.
class Striped {
public:
    /// @param worker  from 0 to below `workers`. Both come from the program itself; a worker beyond has nothing to do.
    Striped(ArrivalSchedule schedule, std::uint64_t worker, std::uint64_t workers) noexcept;

    /// As ArrivalSchedule::next(), of this worker's arrivals.
    std::optional<Duration> next() noexcept;
    /// As total(), of this worker's arrivals.
    [[nodiscard]] std::uint64_t total() const noexcept;
    /// As ArrivalSchedule::extend(); all workers must extend by the same.
    void extend(Duration more) { schedule_.extend(more); }
    [[nodiscard]] const ArrivalSchedule& schedule() const noexcept { return schedule_; }

private:
    ArrivalSchedule schedule_;
    std::uint64_t worker_;
    std::uint64_t workers_;
};

}  // namespace volley::load
