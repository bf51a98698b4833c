// What is heard of sound that comes back; needs the codecs.
#include "call/returned_audio.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "call/sound_loop.hpp"

namespace volley::call {
namespace {
using namespace std::chrono_literals;
using media::AudioCodec;

const TimePoint start = TimePoint{} + 1000s;

std::shared_ptr<const SoundLoop> chirps(AudioCodec codec) {
    std::string fault;
    const std::atomic<bool> stop = false;
    auto out = encode_sound(chirp_sound(), codec, fault, stop);
    EXPECT_EQ(fault, "");
    return out;
}

/// Packets from `first` on, `count` of them, 20 ms apart.
void play(ReturnedAudio& heard, const SoundLoop& loop, std::size_t first, std::size_t count, std::uint32_t timestamp,
          TimePoint at, std::uint64_t stream = 1) {
    const auto ticks = static_cast<std::uint32_t>(media::format_of(loop.codec).frame_ticks());
    for (std::size_t i = 0; i < count; ++i) {
        const auto& payload = loop.packets[(first + i) % loop.packets.size()];
        heard.put({payload, timestamp + static_cast<std::uint32_t>(i) * ticks, at + static_cast<std::int64_t>(i) * 20ms, stream,
                   loop.codec});
        if (i % 100 == 99) heard.run();
    }
    heard.run();
}

double milliseconds(Duration d) { return 1000 * to_seconds(d); }

TEST(ReturnedAudio, a_chirp_is_heard_when_its_packet_came_in_every_codec) {
    for (const auto codec : {AudioCodec::opus, AudioCodec::g722, AudioCodec::pcmu, AudioCodec::pcma}) {
        const auto loop = chirps(codec);
        ASSERT_TRUE(loop);
        ASSERT_EQ(loop->packets.size(), chirp_kinds * 50);
        ReturnedAudio heard(codec, true);
        play(heard, *loop, 0, 400, 77, start);
        heard.finish();
        heard.run();
        const auto told = heard.take_chirps();
        ASSERT_EQ(told.size(), 8U) << static_cast<int>(codec);
        for (std::size_t i = 0; i < told.size(); ++i) {
            EXPECT_EQ(told[i].kind, i % chirp_kinds);
            EXPECT_NEAR(milliseconds(told[i].at - start), 1000.0 * static_cast<double>(i), 0.3)
                << static_cast<int>(codec) << " " << i;
        }
        EXPECT_EQ(heard.seen().dropped, 0U);
    }
}

TEST(ReturnedAudio, a_chirp_comes_with_its_own_packet_whenever_the_one_before_it_came) {
    for (const auto codec : {AudioCodec::opus, AudioCodec::g722, AudioCodec::pcmu, AudioCodec::pcma})
        for (const Duration late : {700us, -700us}) {  // those that begin a second
            const auto loop = chirps(codec);
            ReturnedAudio heard(codec, true);
            for (std::size_t second = 0; second < 8; ++second) {
                const TimePoint at = start + static_cast<std::int64_t>(second) * 1s;
                const auto timestamp =
                    static_cast<std::uint32_t>(second * 50) * static_cast<std::uint32_t>(media::format_of(codec).frame_ticks());
                play(heard, *loop, second * 50, 1, timestamp, at + late);
                play(heard, *loop, second * 50 + 1, 49,
                     timestamp + static_cast<std::uint32_t>(media::format_of(codec).frame_ticks()), at + 20ms);
            }
            heard.finish();
            heard.run();
            const auto told = heard.take_chirps();
            ASSERT_EQ(told.size(), 8U) << static_cast<int>(codec);
            for (std::size_t i = 0; i < told.size(); ++i)
                EXPECT_EQ(told[i].at - start, static_cast<std::int64_t>(i) * 1s + late) << static_cast<int>(codec) << " " << i;
        }
}

TEST(ReturnedAudio, what_was_lost_does_not_move_what_follows) {
    const auto loop = chirps(AudioCodec::pcmu);
    ReturnedAudio heard(AudioCodec::pcmu, true);
    play(heard, *loop, 0, 60, 0, start);
    play(heard, *loop, 75, 60, 75 * 160, start + 1500ms);
    heard.finish();
    heard.run();
    const auto told = heard.take_chirps();
    ASSERT_EQ(told.size(), 3U);
    EXPECT_NEAR(milliseconds(told[2].at - start), 2000, 0.3);
}

TEST(ReturnedAudio, another_source_and_timestamps_that_begin_anew_are_heard) {
    for (const std::uint64_t second : {2U, 1U}) {
        const auto loop = chirps(AudioCodec::pcmu);
        ReturnedAudio heard(AudioCodec::pcmu, true);
        play(heard, *loop, 0, 50, 3'000'000'000, start, 1);
        play(heard, *loop, 50, 100, second == 2 ? 2'999'999'000 : 2'000'000'000, start + 1s, second);
        heard.finish();
        heard.run();
        EXPECT_EQ(heard.take_chirps().size(), 3U);
        EXPECT_EQ(heard.seen().dropped, 0U);
        EXPECT_EQ(heard.seen().decoded, 150U);
    }
}

TEST(ReturnedAudio, another_codec_is_decoded_by_its_own) {
    const auto opus = chirps(AudioCodec::opus);
    const auto pcma = chirps(AudioCodec::pcma);
    ReturnedAudio heard(AudioCodec::opus, true);
    play(heard, *opus, 0, 100, 0, start);
    play(heard, *pcma, 100, 100, 0, start + 2s);
    heard.finish();
    heard.run();
    const auto told = heard.take_chirps();
    ASSERT_EQ(told.size(), 4U);
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_EQ(told[i].kind, i);
        EXPECT_NEAR(milliseconds(told[i].at - start), 1000.0 * static_cast<double>(i), 0.3);
    }
}

TEST(ReturnedAudio, no_more_silence_is_filled_in_than_time_has_passed) {
    ReturnedAudio heard(AudioCodec::pcmu, true);
    for (std::uint32_t i = 0; i < 400; ++i) heard.put({Bytes(1), i * 15'999, start + i * 1ms, 1, AudioCodec::pcmu});
    heard.run();
    EXPECT_EQ(heard.seen().decoded, 400U);
    EXPECT_LT(heard.seen().heard, 3s);
}

}  // namespace
}  // namespace volley::call
