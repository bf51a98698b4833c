#include <volley/load/schedule.hpp>

#include <algorithm>
#include <cmath>

namespace volley::load {
namespace {

constexpr double highest_rate = 1e7;  // as parse_rate's

Rate sane(Rate rate) noexcept { return {rate.per_second > 0 ? std::min(rate.per_second, highest_rate) : 0}; }

Duration sum(Duration a, Duration b) noexcept { return a > Duration::max() - b ? Duration::max() : a + b; }

/// 1.1 s of 50/s are a little over 55 in binary, and the sum over stages may be a little off in either direction: what is this near to
/// an end lies behind it.
double just_before(double end) noexcept { return end - 1e-9 - end * 1e-14; }

/// When the integral of a stage's rate reaches `area`, in seconds from its start: the root of at^2 + bt = area, written so that
/// nothing cancels when the ramp is flat.
double time_of(const Stage& stage, double area) noexcept {
    if (!(area > 0)) return 0;
    const double b = stage.from.per_second;
    const double slope = (stage.to.per_second - b) / to_seconds(stage.length);
    const double discriminant = std::max(b * b + 2 * slope * area, 0.0);
    return 2 * area / (b + std::sqrt(discriminant));
}

}  // namespace

std::vector<Stage> staircase(std::span<const Rate> rates, Duration length) {
    std::vector<Stage> stages;
    stages.reserve(rates.size());
    for (const Rate rate : rates) stages.push_back({rate, rate, length});
    return stages;
}

Result<std::pair<Rate, Rate>> parse_rate_range(std::string_view text) noexcept {
    const auto dots = text.find("..");
    if (dots == std::string_view::npos) {
        const auto rate = parse_rate(text);
        if (!rate) return rate.error();
        return std::pair(*rate, *rate);
    }
    const auto end = [](std::string_view part) -> Result<Rate> {
        auto rate = parse_rate(part);
        // A ramp may begin or end at rest, which no rate of its own may.
        if (!rate && rate.error() == ParseErrc::out_of_range && part.find_first_of("123456789") == std::string_view::npos)
            return Rate{};
        return rate;
    };
    const auto from = end(text.substr(0, dots));
    if (!from) return from.error();
    const auto to = end(text.substr(dots + 2));
    if (!to) return to.error();
    if (from->per_second == 0 && to->per_second == 0) return ParseErrc::out_of_range;
    return std::pair(*from, *to);
}

ArrivalSchedule::ArrivalSchedule(std::span<const Stage> stages, Arrivals arrivals, std::uint64_t seed,
                                 std::optional<std::uint64_t> most)
    : arrivals_(arrivals), random_(seed) {
    if (most) most_ = *most;
    pieces_.reserve(stages.size() + 1);
    for (const auto& stage : stages) append(stage);
    if (arrivals_ == Arrivals::poisson) due_ = random_.exponential();
}

void ArrivalSchedule::append(Stage stage) {
    stage.from = sane(stage.from);
    stage.to = sane(stage.to);
    const Duration start = length();
    // Ends that lie beyond the clock cannot be planned for.
    stage.length = std::clamp(stage.length, Duration::zero(), Duration::max() - start);
    const double before = area();
    const double mean = (stage.from.per_second + stage.to.per_second) / 2;
    pieces_.push_back({stage, start, before, before + mean * to_seconds(stage.length)});
}

Duration ArrivalSchedule::length() const noexcept {
    return pieces_.empty() ? Duration::zero() : sum(pieces_.back().start, pieces_.back().stage.length);
}

bool ArrivalSchedule::at_end() const noexcept { return passed_ >= most_ || !(due_ < just_before(area())); }

void ArrivalSchedule::pass() noexcept {
    ++passed_;
    due_ = arrivals_ == Arrivals::uniform ? static_cast<double>(passed_) : due_ + random_.exponential();
}

std::optional<Duration> ArrivalSchedule::next() noexcept {
    if (at_end()) return std::nullopt;
    while (piece_ + 1 < pieces_.size() && due_ >= just_before(pieces_[piece_].after)) ++piece_;
    const Piece& piece = pieces_[piece_];
    const Duration within = from_seconds(time_of(piece.stage, due_ - piece.before));
    last_ = std::max(last_, piece.start + std::min(within, piece.stage.length));
    pass();
    return last_;
}

void ArrivalSchedule::skip(std::uint64_t n) noexcept {
    if (arrivals_ == Arrivals::uniform) {
        const std::uint64_t all = total();
        passed_ += std::min(n, all > passed_ ? all - passed_ : 0);
        due_ = static_cast<double>(passed_);
        return;
    }
    for (; n > 0 && !at_end(); --n) pass();
}

std::uint64_t ArrivalSchedule::total() const noexcept {
    constexpr double countable = 1e18;
    const double planned = arrivals_ == Arrivals::uniform ? std::ceil(std::max(just_before(area()), 0.0)) : std::round(area());
    return std::min(most_, static_cast<std::uint64_t>(std::min(planned, countable)));
}

void ArrivalSchedule::extend(Duration more) {
    if (pieces_.empty() || more <= Duration::zero()) return;
    const Rate rate = pieces_.back().stage.to;
    if (pieces_.back().stage.from == rate && pieces_.back().stage.length > Duration::zero()) {
        more = sum(pieces_.back().stage.length, more);
        pieces_.pop_back();
    }
    append({rate, rate, more});
}

Striped::Striped(ArrivalSchedule schedule, std::uint64_t worker, std::uint64_t workers) noexcept
    : schedule_(std::move(schedule)), worker_(worker), workers_(std::max<std::uint64_t>(workers, 1)) {}

std::optional<Duration> Striped::next() noexcept {
    if (worker_ >= workers_) return std::nullopt;
    // Seen from where it stands, not from the last one that it gave: after extend() there may be more to pass over than before.
    const std::uint64_t at = schedule_.passed() % workers_;
    const std::uint64_t ahead = worker_ >= at ? worker_ - at : workers_ - at + worker_;
    schedule_.skip(ahead);
    // Where the end came first, less was skipped, and next() gives nothing.
    return schedule_.next();
}

std::uint64_t Striped::total() const noexcept {
    const std::uint64_t all = schedule_.total();
    return worker_ >= workers_ || all <= worker_ ? 0 : (all - worker_ - 1) / workers_ + 1;
}

}  // namespace volley::load
