// Which stage may run next: in virtual time, with threads that are none.
#include "call/video_stages.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::call {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr std::uint64_t any = ~std::uint64_t{0};

class Stages : public testing::Test {
protected:
    static constexpr TimePoint start{std::chrono::hours(1)};

    void put(Duration came, bool key = false, std::size_t bytes = 100) {
        taken_ = stages_.put(media::VideoCodec::vp8, {Bytes(bytes), 0, key, start + came});
    }
    [[nodiscard]] VideoStages::Job next(Duration at = {}, std::uint64_t last = any) { return stages_.next(start + at, last); }
    /// `d1`: the first picture is to be decoded; `t`: transformed; `e`: encoded; `release`; `-`: nothing.
    [[nodiscard]] static std::string name_of(const VideoStages::Job& job) {
        if (const auto* one = std::get_if<ToDecode>(&job)) return "d" + std::to_string(one->number);
        if (const auto* one = std::get_if<ToTransform>(&job)) return "t" + std::to_string(one->number);
        if (const auto* one = std::get_if<ToEncode>(&job)) return "e" + std::to_string(one->number);
        return std::holds_alternative<ToRelease>(job) ? "release" : "-";
    }
    void done(VideoStages::Job job, Duration at = {}, bool good = true) {
        if (auto* const one = std::get_if<ToDecode>(&job)) {
            if (good && !one->overtaken && one->into.empty()) one->into = picture::Picture(2, 2);
            stages_.done(std::move(*one), good, start + at);
        } else if (auto* const other = std::get_if<ToTransform>(&job)) {
            if (good && other->into.empty()) other->into = picture::Picture(2, 2);
            stages_.done(std::move(*other), good, start + at);
        } else if (auto* const last = std::get_if<ToEncode>(&job)) {
            stages_.done(std::move(*last));
        }
    }
    /// Takes the next job and does it at once.
    std::string step(Duration at = {}, std::uint64_t last = any) {
        auto job = next(at, last);
        auto name = name_of(job);
        done(std::move(job), at);
        return name;
    }

    VideoStages stages_;
    bool taken_ = false;
};

TEST_F(Stages, one_thread_takes_a_picture_through_all_three) {
    put({});
    put(milliseconds(33));
    EXPECT_EQ(stages_.last(), 2U);
    EXPECT_EQ(step({}, 1), "d1");
    EXPECT_EQ(stages_.overtaken(), 1U) << "the second one waits already";
    EXPECT_EQ(step({}, 1), "-") << "that is another run's";
    EXPECT_TRUE(stages_.has_next(start));
    EXPECT_THAT((std::vector{step(), step(), step(), step()}), ElementsAre("d2", "t2", "e2", "-"));
    EXPECT_FALSE(stages_.has_next(start));
}

TEST_F(Stages, three_pictures_are_under_way_at_once_in_their_order) {
    put({});
    done(next());
    auto transforming = next();
    EXPECT_EQ(name_of(transforming), "t1");
    EXPECT_EQ(name_of(next()), "-");
    put(milliseconds(33));
    auto decoding = next();
    EXPECT_EQ(name_of(decoding), "d2");
    EXPECT_EQ(name_of(next()), "-") << "each stage is on one picture at a time";
    done(std::move(transforming));
    auto encoding = next();
    EXPECT_EQ(name_of(encoding), "e1");
    EXPECT_FALSE(stages_.has_next(start));
    done(std::move(decoding));
    EXPECT_TRUE(stages_.has_next(start)) << "for another thread than that which encodes";
    transforming = next();
    EXPECT_EQ(name_of(transforming), "t2");
    put(milliseconds(66));
    EXPECT_EQ(name_of(next()), "d3");
    // Ready before the one in front of it is encoded.
    done(std::move(transforming));
    EXPECT_EQ(name_of(next()), "-");
    done(std::move(encoding));
    EXPECT_EQ(name_of(next()), "e2");
}

TEST_F(Stages, of_those_that_wait_for_the_transform_the_newest_is_taken_and_all_are_decoded) {
    put({});
    done(next());
    auto transforming = next();
    for (int i = 1; i < 4; ++i) {
        put(i * milliseconds(33));
        EXPECT_EQ(step(i * milliseconds(33)), "d" + std::to_string(i + 1));
    }
    EXPECT_EQ(stages_.overtaken(), 2U);
    done(std::move(transforming), milliseconds(100));
    EXPECT_EQ(step(milliseconds(100)), "e1");
    EXPECT_EQ(step(milliseconds(100)), "t4");
}

TEST_F(Stages, one_that_cannot_be_decoded_overtakes_none) {
    put({});
    done(next());
    auto transforming = next();
    put(milliseconds(33));
    EXPECT_EQ(step(), "d2");
    put(milliseconds(66));
    done(next(), {}, false);
    EXPECT_EQ(stages_.overtaken(), 0U);
    done(std::move(transforming));
    EXPECT_EQ(step(), "e1");
    EXPECT_EQ(step(), "t2");
}

// Else a picture would be lost with each that comes just when the transform gets free.
TEST_F(Stages, one_that_waits_since_a_moment_is_transformed_though_a_newer_one_came) {
    put({});
    done(next());
    auto transforming = next();
    put(milliseconds(33));
    EXPECT_EQ(step(milliseconds(33)), "d2");
    done(std::move(transforming), milliseconds(65));
    EXPECT_EQ(step(milliseconds(65)), "e1");
    put(milliseconds(66));
    EXPECT_EQ(step(milliseconds(66)), "t2");
}

TEST_F(Stages, one_that_waits_for_a_thread_for_long_is_overtaken) {
    put({});
    EXPECT_EQ(step(), "d1");
    put(milliseconds(33));
    EXPECT_EQ(step(milliseconds(50)), "d2");
    EXPECT_EQ(stages_.overtaken(), 1U);
    EXPECT_EQ(step(milliseconds(50)), "t2");
}

TEST_F(Stages, those_that_came_together_wait_coded_for_the_room_and_are_all_transformed) {
    put({});
    done(next());
    auto transforming = next();
    for (int i = 0; i < 3; ++i) put(milliseconds(200));
    EXPECT_EQ(step(), "d2");
    EXPECT_EQ(name_of(next()), "-") << "the third would overtake the second";
    done(std::move(transforming));
    EXPECT_THAT((std::vector{step(), step(), step(), step(), step(), step(), step(), step(), step()}),
                ElementsAre("e1", "t2", "e2", "d3", "t3", "e3", "d4", "t4", "e4"));
    EXPECT_EQ(stages_.overtaken(), 0U);
}

TEST_F(Stages, those_that_came_together_are_overtaken_once_catching_up_took_too_long) {
    for (int i = 0; i < 5; ++i) put({});
    EXPECT_EQ(step(), "d1");
    auto transforming = next();
    EXPECT_EQ(name_of(transforming), "t1");
    EXPECT_EQ(step(milliseconds(50)), "d2");
    EXPECT_EQ(step(milliseconds(50)), "-");
    const auto late = VideoStages::most_catching_up + milliseconds(1);
    EXPECT_THAT((std::vector{step(late), step(late), step(late), step(late)}), ElementsAre("d3", "d4", "d5", "-"));
    EXPECT_EQ(stages_.overtaken(), 3U);
    done(std::move(transforming), late);
    EXPECT_THAT((std::vector{step(late), step(late), step(late)}), ElementsAre("e1", "t5", "e5"));
}

TEST_F(Stages, what_is_encoded_slower_than_transformed_is_not_transformed_ahead) {
    put({});
    EXPECT_EQ(step(), "d1");
    EXPECT_EQ(step(), "t1");
    auto encoding = next();
    for (int i = 1; i < 4; ++i) {
        put(i * milliseconds(33));
        EXPECT_EQ(step(), "d" + std::to_string(i + 1));
        EXPECT_EQ(step(), i == 1 ? "t2" : "-");
    }
    EXPECT_EQ(stages_.overtaken(), 1U);
    done(std::move(encoding));
    EXPECT_THAT((std::vector{step(), step(), step(), step()}), ElementsAre("e2", "t4", "e4", "-"));
}

TEST_F(Stages, memory_of_pictures_is_used_again) {
    const auto* block = static_cast<const std::uint8_t*>(nullptr);
    for (int i = 0; i < 3; ++i) {
        put(i * milliseconds(33));
        auto decode = next();
        auto& into = std::get<ToDecode>(decode).into;
        if (i == 0) {
            into = picture::Picture(2, 2);
            block = into.bytes().data();
        } else {
            EXPECT_FALSE(into.empty());
        }
        stages_.done(std::move(std::get<ToDecode>(decode)), true, start);
        EXPECT_THAT((std::vector{step(), step()}), ElementsAre(testing::StartsWith("t"), testing::StartsWith("e")));
    }
    stages_.stop();
    auto release = next();
    const auto& spare = std::get<ToRelease>(release).spare;
    EXPECT_TRUE(std::any_of(spare.begin(), spare.end(), [&](const auto& one) { return one.bytes().data() == block; }));
}

TEST_F(Stages, are_released_once_when_the_last_of_them_has_ended) {
    put({});
    done(next());
    auto transforming = next();
    put(milliseconds(33));
    auto decoding = next();
    done(std::move(transforming));
    auto encoding = next();
    put(milliseconds(66));
    stages_.stop();
    EXPECT_EQ(name_of(next()), "-");
    done(std::move(encoding));
    EXPECT_FALSE(stages_.has_next(start));
    done(std::move(decoding));
    EXPECT_TRUE(stages_.has_next(start));
    EXPECT_EQ(name_of(next()), "release");
    put(milliseconds(99));
    EXPECT_TRUE(taken_) << "no key picture is asked for any more";
    EXPECT_EQ(name_of(next()), "-");
    EXPECT_FALSE(stages_.has_next(start));
}

TEST_F(Stages, what_waits_coded_is_bounded_and_goes_up_to_the_next_key_picture) {
    for (std::size_t i = 0; i < VideoStages::most_waiting; ++i) {
        put({});
        EXPECT_TRUE(taken_);
    }
    put({});
    EXPECT_FALSE(taken_);
    put({});
    EXPECT_FALSE(taken_);
    EXPECT_EQ(stages_.dropped(), VideoStages::most_waiting + 2);
    EXPECT_EQ(name_of(next()), "-");
    put({}, true);
    EXPECT_TRUE(taken_);
    EXPECT_EQ(step(), "d" + std::to_string(VideoStages::most_waiting + 1));
    put({}, false, VideoStages::most_waiting_bytes);
    EXPECT_TRUE(taken_);
    put({}, false, 1);
    EXPECT_FALSE(taken_);
}

}  // namespace
}  // namespace volley::call
