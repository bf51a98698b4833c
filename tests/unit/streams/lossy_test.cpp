// Calls over networks that lose, delay, reorder and duplicate. The seed decides everything.
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "support/stream_pair.hpp"

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TestCamera;

// Takes the frames of a video stream as a decoder would: whole, in order, and nothing without what it is made from.
class Viewer {
public:
    void handle(const SessionEvent& event) {
        const auto* frame = std::get_if<FrameReceived>(&event);
        if (frame == nullptr) return;
        const std::string fault = test::frame_fault(*frame);
        if (!fault.empty()) complain(fault);
        const std::uint32_t number = test::test_frame_number(frame->payloads);
        if (last_ && number <= *last_) complain("out of order");
        if (!frame->key && (!last_ || number != *last_ + 1)) complain("without the frame before it");
        if (frame->packets_missing > 0 && !frame->key) complain("goes on without a key frame");
        if (!last_ && !frame->key) complain("begins without a key frame");
        last_ = number;
        ++frames_;
    }
    [[nodiscard]] std::uint32_t frames() const { return frames_; }
    [[nodiscard]] std::optional<std::uint32_t> last() const { return last_; }
    [[nodiscard]] const std::string& fault() const { return fault_; }

private:
    void complain(const std::string& what) {
        if (fault_.empty()) fault_ = what + " after " + std::to_string(frames_) + " frames";
    }

    std::optional<std::uint32_t> last_;
    std::uint32_t frames_ = 0;
    std::string fault_;
};

struct Outcome {
    std::uint32_t sent = 0;
    std::uint32_t seen = 0;
    InboundStats in;
    OutboundStats out;
};

Outcome call(std::uint64_t seed, const test::SectionChoice& choice, test::LinkModel link, Duration duration,
             std::uint64_t rate = 400'000) {
    SessionConfig config = test::session_config({test::agreed_video(choice)});
    test::StreamPair pair(config, config, {link}, {link}, seed);
    TestCamera camera(pair, pair.first(), 0, rate);
    Viewer viewer;
    pair.on_second([&](SessionEvent& event) { viewer.handle(event); });
    pair.on_first([&](SessionEvent& event) {
        if (std::holds_alternative<KeyFrameWanted>(event)) camera.want_key();
    });
    camera.start();
    pair.run_for(duration);
    camera.stop();
    pair.run_for(seconds(3));
    EXPECT_EQ(pair.fault(), "");
    EXPECT_EQ(viewer.fault(), "");
    Outcome out{camera.frames(), viewer.frames(), {}, *pair.first().outbound_stats(pair.now(), 0)};
    for (const auto& [id, stats] : pair.second().inbound_stats(pair.now())) out.in = stats;
    EXPECT_EQ(out.in.frames_delivered, out.seen);
    EXPECT_GE(out.in.frames_received, out.in.frames_delivered);
    EXPECT_LE(out.in.retransmitted_packets_received, out.in.packets_received);
    return out;
}

TEST(LossyCall, over_a_good_network_every_frame_comes_and_nothing_is_asked_for) {
    const Outcome outcome = call(1, {}, {0, 0, 0, milliseconds(20), {}}, seconds(10));
    EXPECT_EQ(outcome.seen, outcome.sent);
    EXPECT_GT(outcome.sent, 290U);
    EXPECT_EQ(outcome.in.nack_count, 0U);
    EXPECT_EQ(outcome.in.pli_count, 0U);
    EXPECT_EQ(outcome.in.packets_lost, 0);
    EXPECT_EQ(outcome.in.freeze_count, 0U);
    EXPECT_EQ(outcome.out.retransmitted_packets_sent, 0U);
    EXPECT_NEAR(outcome.in.frames_per_second, 0, 1);
    EXPECT_EQ(outcome.in.packets_received, outcome.out.packets_sent);
    EXPECT_EQ(outcome.in.bytes_received, outcome.out.bytes_sent);
    EXPECT_EQ(outcome.in.header_bytes_received, outcome.out.header_bytes_sent);
}

TEST(LossyCall, whatever_the_network_does_frames_are_whole_in_order_and_can_be_decoded) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        test::SeededRandom random(seed * 977);
        test::SectionChoice choice;
        choice.rtx = seed % 2 == 0;
        if (seed % 5 == 0) choice.feedback = {"nack pli"};  // nothing is resent
        test::LinkModel link;
        link.loss = random.uniform() * 0.15;
        link.duplicate = random.uniform() * 0.05;
        link.delay = milliseconds(random.below(80));
        link.jitter = milliseconds(random.below(40));
        const Outcome outcome = call(seed, choice, link, seconds(6));
        if (seed % 5 == 0) {
            EXPECT_EQ(outcome.in.nack_count, 0U);
        } else {
            // Each loss costs a round trip or two, not a frame.
            EXPECT_GT(outcome.seen, outcome.sent * 3 / 4)
                << "loss " << link.loss << " delay " << link.delay.count() / 1'000'000 << " nacks " << outcome.in.nack_count
                << " asked " << outcome.in.nacked_packets << " resent " << outcome.out.retransmitted_packets_sent << " pli "
                << outcome.in.pli_count << " dropped " << outcome.in.frames_dropped << " frames " << outcome.in.frames_received
                << " unknown " << outcome.out.nacked_unknown << " rtx " << choice.rtx << " disc " << outcome.in.packets_discarded;
        }
        if (HasFailure()) break;
    }
}

TEST(LossyCall, with_little_loss_nearly_every_frame_comes_by_being_resent) {
    std::uint64_t sent = 0;
    std::uint64_t seen = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        test::SectionChoice choice;
        choice.rtx = seed % 2 == 0;
        const Outcome outcome = call(seed, choice, {0.03, 0, 0, milliseconds(25), milliseconds(5)}, seconds(6));
        sent += outcome.sent;
        seen += outcome.seen;
        EXPECT_GT(outcome.out.retransmitted_packets_sent, 0U);
        EXPECT_EQ(outcome.in.retransmitted_packets_received > 0, choice.rtx);
        EXPECT_NEAR(static_cast<double>(outcome.in.nack_count), static_cast<double>(outcome.out.nack_count),
                    static_cast<double>(outcome.in.nack_count) / 3 + 5);
    }
    EXPECT_GT(static_cast<double>(seen), 0.995 * static_cast<double>(sent));
}

TEST(LossyCall, reordering_alone_costs_no_frame) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const Outcome outcome = call(seed, {}, {0, 0.05, 0, milliseconds(10), milliseconds(30)}, seconds(3));
        EXPECT_EQ(outcome.seen, outcome.sent);
        EXPECT_EQ(outcome.in.pli_count, 0U);
    }
}

TEST(LossyCall, a_network_that_is_gone_for_a_while_comes_back_with_a_key_frame) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SessionConfig config = test::session_config({test::agreed_video()});
        const test::LinkModel good{0, 0, 0, milliseconds(30), milliseconds(3)};
        test::StreamPair pair(config, config, {good}, {good}, seed);
        TestCamera camera(pair, pair.first(), 0, 600'000);
        Viewer viewer;
        pair.on_second([&](SessionEvent& event) { viewer.handle(event); });
        pair.on_first([&](SessionEvent& event) {
            if (std::holds_alternative<KeyFrameWanted>(event)) camera.want_key();
        });
        camera.start();
        pair.run_for(seconds(2));
        const std::uint32_t before = viewer.frames();
        test::LinkModel gone = good;
        gone.loss = 1;
        pair.there().set_link(gone);
        pair.run_for(milliseconds(500) * (seed % 10));
        pair.there().set_link(good);
        pair.run_for(seconds(3));
        EXPECT_GT(viewer.frames(), before + 40);
        ASSERT_TRUE(viewer.last());
        EXPECT_GE(*viewer.last() + 3, camera.frames());
        EXPECT_EQ(viewer.fault(), "");
        EXPECT_EQ(pair.fault(), "");
        if (seed % 10 > 1) {
            EXPECT_GE(pair.second().inbound_stats(pair.now()).at(0).second.freeze_count, 1U);
        }
    }
}

TEST(LossyCall, of_sound_what_is_lost_is_passed_over_in_time) {
    SessionConfig config = test::session_config({test::agreed_audio()});
    test::StreamPair pair(config, config, {{0.1, 0, 0, milliseconds(20), milliseconds(10)}}, {{0, 0, 0, milliseconds(20), {}}},
                          5);
    std::uint32_t packets = 0;
    std::uint32_t heard = 0;
    std::uint64_t missing = 0;
    std::uint32_t last = 0;
    Duration longest{};
    pair.on_second([&](SessionEvent& event) {
        const auto* frame = std::get_if<FrameReceived>(&event);
        if (frame == nullptr) return;
        EXPECT_GT(frame->timestamp, last);
        last = frame->timestamp;
        longest = std::max(longest, pair.now() - frame->first_arrival);
        missing += frame->packets_missing;
        ++heard;
    });
    const Bytes sound(80, 1);
    std::function<void()> speak = [&] {
        const BytesView payload[] = {sound};
        ASSERT_TRUE(pair.first().send_frame(pair.now(), 0, {++packets * 960, 0, payload}));
        if (packets < 1000) pair.after(milliseconds(20), speak);
    };
    pair.after({}, speak);
    pair.run_for(seconds(22));
    EXPECT_EQ(pair.fault(), "");
    EXPECT_GT(heard, 850U);
    EXPECT_LT(heard, 950U);
    EXPECT_NEAR(static_cast<double>(heard + missing), 1000, 5);
    EXPECT_LE(longest, milliseconds(100));
}

TEST(LossyCall, both_ways_at_once_with_sound_and_pictures) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SessionConfig config = test::session_config({test::agreed_audio(), test::agreed_video()});
        const test::LinkModel link{0.02, 0.01, 0, milliseconds(20), milliseconds(8)};
        test::StreamPair pair(config, config, {link}, {link}, seed);
        TestCamera there(pair, pair.first(), 1, 500'000);
        TestCamera back(pair, pair.second(), 1, 300'000);
        Viewer at_first;
        Viewer at_second;
        const auto wire = [](Viewer& viewer, TestCamera& camera) {
            return [&](SessionEvent& event) {
                if (const auto* frame = std::get_if<FrameReceived>(&event); frame != nullptr && frame->section == 1)
                    viewer.handle(event);
                if (std::holds_alternative<KeyFrameWanted>(event)) camera.want_key();
            };
        };
        pair.on_first(wire(at_first, there));
        pair.on_second(wire(at_second, back));
        there.start();
        back.start();
        pair.run_for(seconds(5));
        for (const auto& [viewer, camera] : {std::pair(&at_first, &back), std::pair(&at_second, &there)}) {
            EXPECT_EQ(viewer->fault(), "");
            EXPECT_GT(viewer->frames(), camera->frames() * 9 / 10);
        }
        EXPECT_EQ(pair.fault(), "");
        ASSERT_TRUE(pair.first().round_trip_time());
        EXPECT_GT(*pair.first().round_trip_time(), milliseconds(38));
        EXPECT_LT(*pair.first().round_trip_time(), milliseconds(60));
        const auto remote = *pair.first().remote_inbound_stats(1);
        EXPECT_GT(remote.reports, 3U);
        EXPECT_NEAR(remote.fraction_lost, 0.02, 0.08);
        // It ends on both sides.
        std::size_t ended = 0;
        pair.on_second([&](SessionEvent& event) { ended += std::holds_alternative<StreamEnded>(event) ? 1 : 0; });
        pair.there().set_link({});
        pair.first().close(pair.now());
        there.stop();
        pair.run_for(seconds(1));
        EXPECT_EQ(ended, 1U);
        if (HasFailure()) break;
    }
}

// There and back over ways that lose a twentieth and reorder everything: resending brings nearly all of it, and two frames of five come together
// with others, behind the packet that they waited for. Whoever takes the newest of them alone makes losses of his own.
TEST(LossyCall, nearly_every_frame_comes_back_over_ways_with_losses_and_jitter_though_many_come_together) {
    std::uint32_t sent = 0;
    std::uint32_t back = 0;
    std::uint32_t together = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const test::LinkModel link{0.05, 0, 0, milliseconds(20), milliseconds(100)};
        const SessionConfig config = test::session_config({test::agreed_video()});
        test::StreamPair pair(config, config, {link}, {link}, seed);
        TestCamera camera(pair, pair.first(), 0, 400'000);
        test::TestMirror mirror(pair, pair.second(), 0, 400'000);
        Viewer viewer;
        TimePoint last{};
        pair.on_first([&](SessionEvent& event) {
            if (std::holds_alternative<KeyFrameWanted>(event)) camera.want_key();
            viewer.handle(event);
        });
        pair.on_second([&](SessionEvent& event) {
            if (std::holds_alternative<FrameReceived>(event)) together += pair.now() == std::exchange(last, pair.now()) ? 1 : 0;
            mirror.handle(event);
        });
        camera.start();
        pair.run_for(seconds(10));
        camera.stop();
        pair.run_for(seconds(3));
        EXPECT_EQ(pair.fault(), "");
        EXPECT_EQ(viewer.fault(), "");
        sent += camera.frames();
        back += viewer.frames();
    }
    EXPECT_GT(back, sent * 97 / 100);
    EXPECT_GT(together, back / 4);
}

}  // namespace
}  // namespace volley::streams
