// What asking for missing packets again brings and costs, over ways that lose and reorder. The seed decides everything.
#include <algorithm>
#include <iostream>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "support/stream_pair.hpp"

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TestCamera;

struct Seen {
    std::uint64_t sent = 0;     // frames
    std::uint64_t back = 0;     // frames that came back
    std::uint64_t freezes = 0;  // of what came back
    std::uint64_t packets = 0;  // both ways, as everything from here on
    std::uint64_t lost = 0;
    std::uint64_t asked = 0;
    std::uint64_t resent = 0;
    std::uint64_t in_vain = 0;  // came twice
    void add(const Seen& o) {
        sent += o.sent;
        back += o.back;
        freezes += o.freezes;
        packets += o.packets;
        lost += o.lost;
        asked += o.asked;
        resent += o.resent;
        in_vain += o.in_vain;
    }
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << seen.back << " of " << seen.sent << " frames back, " << seen.freezes << " freezes; " << seen.lost << " of "
               << seen.packets << " packets lost, " << seen.asked << " asked for, " << seen.resent << " resent, " << seen.in_vain
               << " in vain";
}

// A way whose losses are those of packets that are sent for the first time: what is asked for comes, and so does each request.
test::WayModel losing_once(const test::LinkModel& link, std::uint64_t seed) {
    test::WayModel out{link};
    out.link.loss = 0;
    out.loses = [random = std::mt19937_64(seed), loss = link.loss](bool rtcp, BytesView bytes) mutable {
        constexpr std::uint8_t no_marker = 0x7f;
        return !rtcp && (bytes[1] & no_marker) == test::video_type && std::uniform_real_distribution<>(0, 1)(random) < loss;
    };
    return out;
}

enum class Losses : std::uint8_t { of_all, of_first_packets };

// There and back by way of a server that sends each frame back as it comes.
Seen call(std::uint64_t seed, const test::LinkModel& link, std::uint64_t rate, Losses losses) {
    const SessionConfig config = test::session_config({test::agreed_video()});
    const bool once = losses == Losses::of_first_packets;
    test::StreamPair pair(config, config, once ? losing_once(link, 2 * seed) : test::WayModel{link},
                          once ? losing_once(link, 2 * seed + 1) : test::WayModel{link}, seed);
    TestCamera camera(pair, pair.first(), 0, rate);
    test::TestMirror mirror(pair, pair.second(), 0, rate);
    Seen out;
    pair.on_first([&](SessionEvent& event) {
        if (std::holds_alternative<KeyFrameWanted>(event)) camera.want_key();
        if (std::holds_alternative<FrameReceived>(event)) ++out.back;
    });
    pair.on_second([&](SessionEvent& event) { mirror.handle(event); });
    camera.start();
    pair.run_for(seconds(10));
    camera.stop();
    pair.run_for(seconds(3));
    EXPECT_EQ(pair.fault(), "");
    out.sent = camera.frames();
    for (Session* const session : {&pair.first(), &pair.second()}) {
        const auto sent = *session->outbound_stats(pair.now(), 0);
        out.packets += sent.packets_sent;
        out.resent += sent.retransmitted_packets_sent;
        for (const auto& [id, in] : session->inbound_stats(pair.now())) {
            if (session == &pair.first()) out.freezes += in.freeze_count;
            out.asked += in.nacked_packets;
            out.lost += static_cast<std::uint64_t>(std::max<std::int64_t>(in.packets_lost, 0));
            out.in_vain += in.packets_duplicated;
        }
    }
    return out;
}

Seen calls(const test::LinkModel& link, std::uint64_t rate, Losses losses = Losses::of_all) {
    Seen out;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) out.add(call(seed, link, rate, losses));
    std::cout << out << std::endl;
    return out;
}

constexpr std::uint64_t usual = 400'000;
constexpr std::uint64_t fast =
    1'500'000;  // more than what the way is estimated to take, as where a server sends on what it is sent

TEST(Resending, over_a_clean_way_nothing_is_asked_for) {
    for (const Duration jitter : {Duration(), Duration(milliseconds(5))}) {
        const Seen seen = calls({0, 0, 0, milliseconds(20), jitter}, fast);
        EXPECT_EQ(seen.back, seen.sent);
        EXPECT_EQ(seen.asked, 0U);
        EXPECT_EQ(seen.freezes, 0U);
    }
}

TEST(Resending, what_is_only_late_is_seldom_asked_for) {
    for (const std::uint64_t rate : {usual, fast}) {
        const Seen seen = calls({0, 0, 0, {}, milliseconds(100)}, rate);
        EXPECT_EQ(seen.back, seen.sent);
        EXPECT_EQ(seen.freezes, 0U);
        EXPECT_LT(seen.in_vain, seen.packets * 15 / 100);
    }
}

TEST(Resending, where_all_comes_in_order_each_loss_costs_a_request) {
    for (const std::uint64_t rate : {usual, fast}) {
        const Seen seen = calls({0.05, 0, 0, milliseconds(20), {}}, rate);
        EXPECT_GT(seen.back, seen.sent * 99 / 100);
        EXPECT_LT(seen.asked, seen.lost * 115 / 100);  // a request or what it asks for is lost in a tenth of all
        EXPECT_LT(seen.in_vain, seen.lost / 50);
        EXPECT_LT(seen.freezes, 20 * 2U);
    }
}

// What is lost costs a round trip, which is a freeze by itself where it takes long enough. More than that are those that come of a request or a resent
// packet that is lost or late in its turn.
TEST(Resending, losses_and_jitter_make_hardly_more_freezes_than_a_round_trip_for_each_loss_does) {
    for (const std::uint64_t rate : {usual, fast})
        for (const Duration delay : {Duration(), Duration(milliseconds(20))}) {
            const test::LinkModel link{0.05, 0, 0, delay, milliseconds(100)};
            const Seen seen = calls(link, rate);
            const Seen least = calls(link, rate, Losses::of_first_packets);
            EXPECT_GT(seen.back, seen.sent * 98 / 100);
            EXPECT_LT(seen.freezes, least.freezes * 17 / 10);
            EXPECT_LT(seen.in_vain, 10 * seen.lost);
        }
}

}  // namespace
}  // namespace volley::streams
