// Calls over ways that carry only so much: what the sender makes of what its peer tells.
#include <variant>

#include <gtest/gtest.h>

#include "support/stream_pair.hpp"

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TestCamera;

class RatedCall {
public:
    RatedCall(const test::SectionChoice& choice, double bits_per_second, RateLimits rate, std::uint64_t seed,
              Duration most_queue = milliseconds(300))
        : pair(config(choice, rate), config(choice, rate), way(bits_per_second, most_queue), {{0, 0, 0, milliseconds(20), {}}},
               seed),
          camera(pair, pair.first(), 0, pair.first().target_bitrate()) {
        pair.on_first([this](SessionEvent& event) {
            if (std::holds_alternative<KeyFrameWanted>(event)) camera.want_key();
            // As much as an encoder would, which keeps a little below.
            if (const auto* target = std::get_if<TargetBitrateChanged>(&event)) camera.rate = target->bits_per_second * 9 / 10;
        });
        pair.on_second([this](SessionEvent& event) {
            if (std::holds_alternative<FrameReceived>(event)) ++frames;
        });
        camera.start();
    }

    static SessionConfig config(const test::SectionChoice& choice, RateLimits rate) {
        SessionConfig out = test::session_config({test::agreed_video(choice)});
        out.rate = rate;
        out.receive_cap = 900'000;
        return out;
    }
    static test::WayModel way(double bits_per_second, Duration most_queue) {
        test::WayModel out;
        out.link.delay = milliseconds(20);
        out.bits_per_second = bits_per_second;
        out.most_queue = most_queue;
        return out;
    }

    test::StreamPair pair;
    TestCamera camera;
    std::uint64_t frames = 0;
};

constexpr RateLimits limits{300'000, 50'000, 4'000'000};

TEST(Rate, climbs_past_half_of_the_way_within_ten_seconds) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        RatedCall call({}, 3e6, limits, seed);
        call.pair.run_for(seconds(10));
        EXPECT_GT(call.pair.first().target_bitrate(), 1'500'000U) << "seed " << seed;
        EXPECT_EQ(call.pair.fault(), "");
        EXPECT_GT(call.frames, 280U);
        EXPECT_GT(call.pair.second().transport_stats().transport_feedback_sent, 80U);
        EXPECT_EQ(call.pair.second().transport_stats().remb_sent, 0U);
    }
}

TEST(Rate, stays_within_what_the_way_carries) {
    for (const double carries : {500e3, 1e6, 2e6}) {
        RatedCall call({}, carries, limits, 3);
        call.pair.run_for(seconds(15));
        double sum = 0;
        for (int i = 0; i < 30; ++i) {
            call.pair.run_for(seconds(1));
            sum += static_cast<double>(call.pair.first().target_bitrate());
        }
        EXPECT_GT(sum / 30, 0.5 * carries) << carries;
        EXPECT_LT(sum / 30, 1.15 * carries) << carries;
        const auto stats = call.pair.second().inbound_stats(call.pair.now()).at(0).second;
        EXPECT_LT(static_cast<double>(stats.packets_lost), 0.05 * static_cast<double>(stats.packets_received)) << carries;
        EXPECT_GT(call.frames, 45U * 25) << carries;
    }
}

TEST(Rate, backs_off_where_the_way_gets_narrow) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        RatedCall call({}, 3e6, limits, seed);
        call.pair.run_for(seconds(12));
        call.pair.there().model().bits_per_second = 500e3;
        call.pair.run_for(seconds(8));
        double sum = 0;
        for (int i = 0; i < 10; ++i) {
            call.pair.run_for(seconds(1));
            sum += static_cast<double>(call.pair.first().target_bitrate());
        }
        EXPECT_LT(sum / 10, 560e3) << "seed " << seed;
        EXPECT_GT(sum / 10, 150e3) << "seed " << seed;
    }
}

TEST(Rate, losses_lower_it_where_they_are_all_that_is_told) {
    test::SectionChoice choice;
    choice.feedback = {"nack", "nack pli"};
    RatedCall call(choice, 0, {1'000'000, 50'000, 4'000'000}, 1);
    call.pair.there().set_link({0.3, 0, 0, milliseconds(20), {}});
    call.pair.run_for(seconds(10));
    const std::uint64_t low = call.pair.first().target_bitrate();
    EXPECT_LT(low, 400'000U);
    call.pair.there().set_link({0, 0, 0, milliseconds(20), {}});
    call.pair.run_for(seconds(30));
    EXPECT_GT(call.pair.first().target_bitrate(), 2 * low);
}

TEST(Rate, is_what_the_peer_asks_for_where_that_was_agreed_on_alone) {
    test::SectionChoice choice;
    choice.feedback = {"nack", "nack pli", "goog-remb"};
    RatedCall call(choice, 0, limits, 1);
    call.pair.run_for(seconds(2));
    EXPECT_EQ(call.pair.first().target_bitrate() / 1000, 900U);
    EXPECT_EQ(call.pair.first().transport_stats().remote_estimate.value_or(0) / 1000, 900U);
    EXPECT_EQ(call.pair.second().transport_stats().transport_feedback_sent, 0U);
}

TEST(Rate, frames_are_spread_so_that_a_short_queue_holds_them) {
    for (const bool pace : {true, false}) {
        SessionConfig config = test::session_config({test::agreed_video()});
        config.pace = pace;
        config.rate = {1'000'000, 1'000'000, 1'000'000};
        test::WayModel way;
        way.link.delay = milliseconds(10);
        way.bits_per_second = 10e6;
        way.most_queue = milliseconds(5);
        test::StreamPair pair(config, config, way, {{0, 0, 0, milliseconds(10), {}}}, 1);
        TestCamera camera(pair, pair.first(), 0, 1'000'000);
        camera.start();
        pair.run_for(milliseconds(30));
        for (int i = 0; i < 20; ++i) {
            camera.want_key();
            pair.run_for(milliseconds(100));
        }
        const auto stats = pair.second().inbound_stats(pair.now()).at(0).second;
        if (pace) {
            EXPECT_EQ(stats.packets_lost, 0);
        } else {
            EXPECT_GT(stats.packets_lost, 20);
        }
    }
}

}  // namespace
}  // namespace volley::streams
