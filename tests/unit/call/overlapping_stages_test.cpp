// The stages of one call's video on several threads.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/media.hpp>

#include "call/frame_workers.hpp"
#include "call/video_transformer.hpp"
#include "unit/media/support.hpp"

namespace volley::call {
namespace {

using media::test::encoded_film;
using media::test::ticks_a_frame;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t film_length = 40;

/// What holds up the transform `held`, of one stream at a time.
struct Gate {
    std::atomic<std::uint64_t> begun = 0;
    std::atomic<std::uint64_t> open = 0;  // so many may pass
};
Gate& gate() {
    static Gate it;
    return it;
}

/// No test waits for ever. @return whether it came true.
bool eventually(const std::function<bool()>& is) {
    const TimePoint until = Clock::now() + std::chrono::seconds(60);
    while (!is()) {
        if (Clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

class OverlappingStages : public testing::Test {
protected:
    static void SetUpTestSuite() {
        media::add_transform("held", [] {
            return [](const media::Frame&, double) {
                const auto mine = ++gate().begun;
                (void)eventually([&] { return gate().open >= mine; });
            };
        });
    }
    void SetUp() override {
        gate().begun = 0;
        gate().open = 0;
    }

    [[nodiscard]] std::shared_ptr<VideoTransformer> make(const std::string& transform) {
        return std::make_shared<VideoTransformer>(media::VideoCodec::vp8, transform, settings.bits_per_second, budget_, [] {});
    }
    /// The next picture of the film, half a second after the one before.
    void put(VideoTransformer& to) {
        const auto& coded = film_.at(next_ % film_.size());
        EXPECT_TRUE(to.put(media::VideoCodec::vp8, {coded.bytes, static_cast<std::uint32_t>(next_) * ticks_a_frame, coded.key,
                                                    TimePoint(std::chrono::milliseconds(500) * next_)}));
        ++next_;
    }
    void take(VideoTransformer& from) {
        auto out = from.take();
        EXPECT_THAT(out.fault, IsEmpty());
        for (auto& picture : out.pictures) back_.push_back(std::move(picture));
    }

    /// One more picture comes, and is decoded.
    bool decodes_one_more(const std::shared_ptr<VideoTransformer>& one, FrameWorkers& workers) {
        const std::uint64_t before = one->counts().decoded;
        put(*one);
        workers.want(one);
        return eventually([&] { return one->counts().decoded == before + 1; });
    }

    static constexpr media::VideoSettings settings{64, 48, 30, 200'000, false};
    const std::vector<media::EncodedPicture> film_ = encoded_film(media::VideoCodec::vp8, settings, film_length, 20);
    std::size_t next_ = 0;
    PictureBudget budget_{{}};
    std::vector<CodedPicture> back_;
};

// One session had one core: decoding, transforming and encoding came one after the other, and 70 % of the pictures came back where 97 % can.
TEST_F(OverlappingStages, pictures_are_decoded_and_overtaken_while_one_is_transformed) {
    const auto one = make("held");
    FrameWorkers workers(2);
    for (int i = 1; i <= 5; ++i) {
        ASSERT_TRUE(decodes_one_more(one, workers)) << i;
        ASSERT_TRUE(eventually([] { return gate().begun == 1; }));
    }
    EXPECT_EQ(one->counts().overtaken, 3U);
    EXPECT_THAT(one->take().pictures, IsEmpty());
    gate().open = 1;
    // The first one is out while the newest is held.
    ASSERT_TRUE(eventually([&] { return one->counts().encoded == 1 && gate().begun == 2; }));
    take(*one);
    EXPECT_THAT(back_, SizeIs(1));
    gate().open = 2;
    ASSERT_TRUE(eventually([&] { return one->counts().encoded == 2; }));
    take(*one);
    ASSERT_THAT(back_, SizeIs(2));
    EXPECT_EQ(back_[1].timestamp, 4 * ticks_a_frame);
    EXPECT_EQ(one->counts().overtaken, 3U);
}

TEST_F(OverlappingStages, a_key_picture_that_is_asked_for_while_one_is_transformed_is_the_next_to_come_back) {
    const auto one = make("held");
    FrameWorkers workers(2);
    gate().open = 1;
    put(*one);
    workers.want(one);
    ASSERT_TRUE(eventually([&] { return one->counts().encoded == 1; }));
    put(*one);
    workers.want(one);
    ASSERT_TRUE(eventually([] { return gate().begun == 2; }));
    one->force_key();
    one->set_bitrate(150'000);
    gate().open = 2;
    ASSERT_TRUE(eventually([&] { return one->counts().encoded == 2; }));
    take(*one);
    ASSERT_THAT(back_, SizeIs(2));
    EXPECT_TRUE(back_[1].key);
}

TEST_F(OverlappingStages, the_end_of_a_call_in_the_middle_of_all_gives_everything_back) {
    const auto one = make("held");
    FrameWorkers workers(3);
    for (int i = 1; i <= 3; ++i) ASSERT_TRUE(decodes_one_more(one, workers)) << i;
    EXPECT_GT(budget_.taken(), 0U);
    one->abandon();
    workers.want(one);
    gate().open = 9;
    EXPECT_TRUE(eventually([&] { return budget_.taken() == 0; }));
    EXPECT_EQ(gate().begun, 1U);
    EXPECT_THAT(one->take().pictures, IsEmpty());
}

TEST_F(OverlappingStages, workers_stop_while_stages_run_and_pictures_wait) {
    auto one = make("held");
    {
        FrameWorkers workers(2);
        for (std::uint64_t i = 1; i <= 3; ++i) {
            put(*one);
            workers.want(one);
            ASSERT_TRUE(eventually([&] { return one->counts().decoded == i; }));
        }
        put(*one);
        gate().open = 9;
    }
    EXPECT_EQ(one.use_count(), 1);
    one.reset();
    EXPECT_EQ(budget_.taken(), 0U);
}

TEST_F(OverlappingStages, an_error_in_one_stage_ends_the_others_with_its_words_once) {
    media::add_transform("breaks-at-3", [] {
        return [n = 0](const media::Frame&, double) mutable {
            if (++n == 3) throw std::runtime_error("no paint left");
        };
    });
    const auto one = make("breaks-at-3");
    FrameWorkers workers(3);
    std::string fault;
    EXPECT_TRUE(eventually([&] {
        if (next_ < one->counts().decoded + 8) put(*one);
        workers.want(one);
        if (auto out = one->take(); !out.fault.empty()) fault = std::move(out.fault);
        return !fault.empty();
    }));
    EXPECT_THAT(fault, testing::HasSubstr("no paint left"));
    EXPECT_TRUE(eventually([&] { return budget_.taken() == 0; }));
    for (int i = 0; i < 5; ++i) {
        put(*one);
        workers.want(one);
    }
    EXPECT_THAT(one->take().fault, IsEmpty());
    EXPECT_EQ(one->counts().encoded, 2U);
}

// As fast as they can, with all that can be asked for in between: nothing is lost uncounted, and what comes back is in order.
TEST_F(OverlappingStages, of_many_pictures_each_is_accounted_for_and_the_order_is_kept) {
    const auto one = make("none");
    FrameWorkers workers(3);
    constexpr std::uint64_t all = 400;
    for (std::uint64_t i = 1; i <= all; ++i) {
        put(*one);
        workers.want(one);
        if (i % 50 == 25) one->set_bitrate(i % 100 == 25 ? 60'000 : 200'000);  // narrow and wide: configured anew
        if (i % 30 == 0) one->force_key();
        take(*one);
        ASSERT_TRUE(eventually([&] { return one->counts().decoded + 8 > i; }));
    }
    ASSERT_TRUE(eventually([&] {
        const auto counts = one->counts();
        return counts.decoded == all && counts.encoded + counts.left_out + counts.overtaken == all;
    }));
    take(*one);
    const auto counts = one->counts();
    EXPECT_THAT(back_, SizeIs(counts.encoded));
    EXPECT_EQ(counts.undecodable + counts.dropped, 0U);
    EXPECT_TRUE(
        std::is_sorted(back_.begin(), back_.end(), [](const auto& a, const auto& b) { return a.timestamp < b.timestamp; }));
    EXPECT_EQ(back_.back().timestamp, (all - 1) * ticks_a_frame) << "the newest is never overtaken";
    // What came back can be decoded from its first picture to its last.
    const auto decoder = media::test::got(media::test::the_plugin().make_video_decoder(media::VideoCodec::vp8));
    for (const auto& picture : back_) EXPECT_THAT(decoder->decode(picture.bytes).fault, IsEmpty());
}

}  // namespace
}  // namespace volley::call
