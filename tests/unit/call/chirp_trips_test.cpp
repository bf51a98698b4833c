#include "call/chirp_trips.hpp"

#include <gtest/gtest.h>

#include <volley/metrics/chirp_resolution.hpp>

#include "sound/resampler.hpp"
#include "unit/sound/signals.hpp"

namespace volley::call {
namespace {
using namespace std::chrono_literals;
using sound::added;
using sound::at;
using sound::low_passed;
using sound::noise;
using sound::Samples;
using sound::scaled;

const TimePoint start = TimePoint{} + 1000s;

std::vector<sound::ChirpFound> all_heard(int rate, const Samples& samples) {
    sound::ChirpListener listener(chirp_plans(rate));
    listener.hear(samples);
    listener.flush();
    std::vector<sound::ChirpFound> out;
    while (const auto found = listener.poll()) out.push_back(*found);
    return out;
}

TEST(Chirps, none_is_like_another) {
    for (const int rate : {8000, 16'000}) {
        const auto plans = chirp_plans(rate);
        ASSERT_EQ(plans.size(), chirp_kinds);
        for (std::size_t sent = 0; sent < plans.size(); ++sent)
            for (std::size_t other = 0; other < plans.size(); ++other) {
                const Samples heard = at(3001, sound::chirp(plans[sent]), 16'000);
                EXPECT_EQ(find_chirp(plans[other], heard).has_value(), sent == other) << sent << " " << other << " at " << rate;
            }
    }
}

TEST(Chirps, each_is_told_through_filters_and_noise) {
    const auto plans = chirp_plans(8000);
    for (std::size_t kind = 0; kind < plans.size(); ++kind) {
        const Samples clean = at(3000, sound::chirp(plans[kind]), 8000);
        const double loud = 16'384 / 1.414;
        for (const Samples& samples :
             {clean, added(clean, noise(8000, loud, kind)), scaled(clean, -0.02), low_passed(clean, 1000, 8000),
              added(clean, scaled(low_passed(clean, 800, 8000), -1)), scaled(clean, 20)}) {
            const auto heard = all_heard(8000, samples);
            ASSERT_EQ(heard.size(), 1U) << kind;
            EXPECT_EQ(heard[0].which, kind);
            EXPECT_NEAR(heard[0].sample, 3000, 4);
        }
    }
}

TEST(Chirps, what_is_played_has_each_once_a_second) {
    const auto heard = all_heard(16'000, sound::resampled(chirp_sound(), 16'000).samples);
    ASSERT_EQ(heard.size(), chirp_kinds);
    for (std::size_t i = 0; i < heard.size(); ++i) {
        EXPECT_EQ(heard[i].which, i);
        EXPECT_NEAR(heard[i].sample, static_cast<double>(i) * 16'000, 0.5);
    }
}

/// Chirps over a way, one a second. @return round trips, in the order in which they were told
std::vector<Duration> trips_over(ChirpTrips& trips, Duration way, std::size_t count, std::size_t lost = SIZE_MAX) {
    std::vector<Duration> out;
    std::vector<std::pair<TimePoint, std::size_t>> back;
    std::size_t told = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const TimePoint now = start + static_cast<std::int64_t>(i) * chirp_distance;
        for (; told < back.size() && back[told].first <= now; ++told)
            if (const auto trip = trips.note_heard(back[told].first, back[told].second)) out.push_back(*trip);
        trips.note_sent(now, i % chirp_kinds);
        if (i != lost) back.emplace_back(now + way, i % chirp_kinds);
    }
    for (; told < back.size(); ++told)
        if (const auto trip = trips.note_heard(back[told].first, back[told].second)) out.push_back(*trip);
    return out;
}

TEST(ChirpTrips, a_way_is_told_up_to_the_timeout_and_none_for_another) {
    for (const Duration way : {1ms, 5ms, 200ms, 999ms, 1001ms, 1200ms, 2240ms, 4999ms}) {
        ChirpTrips trips;
        const auto told = trips_over(trips, way, 20, 7);
        EXPECT_EQ(told, std::vector<Duration>(19, way));
        EXPECT_EQ(trips.back(), 19U);
        EXPECT_EQ(trips.slowest(), way);
        trips.finish(true);
        EXPECT_EQ(trips.lost(), 1U);
    }
    for (const Duration way : {5001ms, 5900ms}) {
        ChirpTrips trips;
        EXPECT_TRUE(trips_over(trips, way, 20).empty());
        trips.advance(start + 60s);
        EXPECT_EQ(trips.lost(), 20U);
    }
}

TEST(ChirpTrips, what_is_back_a_little_before_it_was_sent_is_back_sooner_than_can_be_told) {
    ChirpTrips trips;
    trips.note_sent(start, 0);
    EXPECT_EQ(trips.note_heard(start - 2ms, 0), metrics::chirp_resolution);
    trips.note_sent(start + 1s, 1);
    EXPECT_FALSE(trips.note_heard(start + 500ms, 1)) << "that is another's";
    EXPECT_FALSE(trips.note_heard(start + 1100ms, 2)) << "which was not sent";
    EXPECT_EQ(trips.under_way(), 1U);
}

TEST(ChirpTrips, a_chirp_that_was_cut_off_at_the_end_is_none) {
    ChirpTrips trips;
    trips.note_sent(start, 0);
    trips.note_sent(start + 1s, 1);
    trips.stop(start + 1s + 20ms);
    EXPECT_EQ(trips.under_way(), 1U);
    trips.stop(start + 1s + 200ms);
    trips.finish(true);
    EXPECT_EQ(trips.lost(), 1U);
}

TEST(ChirpTrips, what_is_under_way_in_a_call_that_was_cut_short_was_not_sent) {
    ChirpTrips trips;
    trips.note_sent(start, 0);
    trips.finish(false);
    EXPECT_EQ(trips.under_way() + trips.lost() + trips.back(), 0U);
}

}  // namespace
}  // namespace volley::call
