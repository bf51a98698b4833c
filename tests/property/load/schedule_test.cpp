#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <volley/load/schedule.hpp>

namespace volley::load {
namespace {

/// Up to 5 stages, each up to 2 s and 2,000/s, often at rest at an end.
std::vector<Stage> any_stages() {
    const auto rate = [] {
        return Rate{
            *rc::gen::oneOf(rc::gen::just(0.0), rc::gen::map(rc::gen::inRange(0, 2'000'000), [](int n) { return n / 1e3; }))};
    };
    std::vector<Stage> stages(*rc::gen::inRange<std::size_t>(1, 6));
    for (auto& s : stages) {
        s.from = rate();
        s.to = *rc::gen::arbitrary<bool>() ? s.from : rate();
        s.length = Duration(*rc::gen::inRange<Duration::rep>(0, 2'000'000'000));
    }
    return stages;
}

Arrivals any_arrivals() { return *rc::gen::element(Arrivals::uniform, Arrivals::poisson); }

std::vector<Duration> all(ArrivalSchedule schedule) {
    std::vector<Duration> out;
    while (const auto next = schedule.next()) out.push_back(*next);
    return out;
}

RC_GTEST_PROP(Schedule, is_monotone_and_stays_within_the_phase, ()) {
    const auto stages = any_stages();
    const ArrivalSchedule schedule(stages, any_arrivals(), *rc::gen::arbitrary<std::uint64_t>());
    const auto arrivals = all(schedule);
    RC_ASSERT(std::ranges::is_sorted(arrivals));
    if (arrivals.empty()) return;
    RC_ASSERT(arrivals.front() >= Duration::zero());
    RC_ASSERT(arrivals.back() <= schedule.length());
}

RC_GTEST_PROP(Schedule, has_as_many_arrivals_as_the_rate_gives, ()) {
    const auto stages = any_stages();
    double area = 0;
    for (const auto& s : stages) area += (s.from.per_second + s.to.per_second) / 2 * to_seconds(s.length);
    const ArrivalSchedule uniform(stages, Arrivals::uniform, 0);
    const auto n = all(uniform).size();
    RC_ASSERT(n == uniform.total());
    RC_ASSERT(static_cast<double>(n) >= area - 1e-6);
    RC_ASSERT(static_cast<double>(n) < area + 1);
    // Chebyshev would do for one; over many runs of many cases six deviations and a few for small numbers never come.
    const ArrivalSchedule poisson(stages, Arrivals::poisson, *rc::gen::arbitrary<std::uint64_t>());
    const auto drawn = static_cast<double>(all(poisson).size());
    RC_ASSERT(std::abs(drawn - area) <= 6 * std::sqrt(area) + 20);
}

RC_GTEST_PROP(Schedule, ends_at_the_count_that_it_was_given, ()) {
    const auto stages = any_stages();
    const auto arrivals = any_arrivals();
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto most = *rc::gen::inRange<std::uint64_t>(0, 3000);
    auto whole = all(ArrivalSchedule(stages, arrivals, seed));
    if (whole.size() > most) whole.resize(most);
    RC_ASSERT(all(ArrivalSchedule(stages, arrivals, seed, most)) == whole);
}

RC_GTEST_PROP(Schedule, the_stripes_of_any_number_of_workers_make_the_same_process, ()) {
    const auto stages = any_stages();
    const auto arrivals = any_arrivals();
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto workers = *rc::gen::inRange<std::uint64_t>(1, 9);
    const ArrivalSchedule schedule(stages, arrivals, seed);
    const Duration more(*rc::gen::inRange<Duration::rep>(0, 500'000'000));
    ArrivalSchedule extended = schedule;
    auto whole = all(extended);
    while (extended.next()) {
    }
    extended.extend(more);
    while (const auto next = extended.next()) whole.push_back(*next);

    std::vector<Duration> together(whole.size(), Duration(-1));
    std::size_t given = 0;
    std::uint64_t planned = 0;
    for (std::uint64_t r = 0; r < workers; ++r) {
        Striped striped(schedule, r, workers);
        planned += striped.total();
        std::uint64_t k = r;
        const auto take = [&] {
            while (const auto next = striped.next()) {
                RC_ASSERT(k < together.size());
                together[k] = *next;
                k += workers;
                ++given;
            }
        };
        take();
        striped.extend(more);
        take();
    }
    RC_ASSERT(given == whole.size());
    RC_ASSERT(together == whole);
    RC_ASSERT(planned == schedule.total());
}

RC_GTEST_PROP(Schedule, a_stripe_of_nobody_is_empty, ()) {
    Striped striped(ArrivalSchedule(any_stages(), any_arrivals(), 1), 3, *rc::gen::inRange<std::uint64_t>(0, 4));
    RC_ASSERT(striped.total() == 0U);
    RC_ASSERT(!striped.next());
}

}  // namespace
}  // namespace volley::load
