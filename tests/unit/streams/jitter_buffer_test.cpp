#include "streams/jitter_buffer.hpp"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint start{std::chrono::hours(1)};

// Packets in words: `k` starts a key frame, `s` another one, `.` goes on; a capital, or `!`, has the marker.
class Buffer {
public:
    explicit Buffer(JitterOptions options = {}) : buffer(options) {}

    bool put(std::uint64_t sequence, std::uint32_t timestamp, char what, TimePoint at = start) {
        BufferedPacket packet;
        packet.timestamp = timestamp;
        packet.marker = what == 'K' || what == 'S' || what == '!';
        packet.shape.starts_frame = what != '.' && what != '!' && what != '0';
        packet.shape.key = what == 'k' || what == 'K';
        packet.arrival = at;
        if (what != '0') packet.payload = {static_cast<std::uint8_t>(sequence)};
        return buffer.put(sequence, std::move(packet));
    }
    // The timestamps of what comes out, and how many packets each has.
    std::vector<std::string> frames(TimePoint at = start) {
        std::vector<std::string> out;
        while (auto frame = buffer.pop(at)) {
            last = std::move(*frame);
            out.push_back(std::to_string(last.timestamp) + "x" + std::to_string(last.payloads.size()) + (last.key ? "k" : ""));
        }
        return out;
    }

    JitterBuffer buffer;
    BufferedFrame last;
};

TEST(JitterBuffer, a_frame_is_there_as_soon_as_it_is_whole) {
    Buffer b;
    b.put(10, 1, 'k');
    b.put(11, 1, '.');
    EXPECT_THAT(b.frames(), IsEmpty());
    b.put(12, 1, '!', start + milliseconds(3));
    EXPECT_THAT(b.frames(), ElementsAre("1x3k"));
    EXPECT_EQ(b.last.first_sequence, 10U);
    EXPECT_EQ(b.last.last_arrival - b.last.first_arrival, milliseconds(3));
    EXPECT_TRUE(b.last.marker);
    b.put(13, 2, 'S');
    EXPECT_THAT(b.frames(), ElementsAre("2x1"));
}

TEST(JitterBuffer, puts_packets_and_frames_in_order) {
    Buffer b;
    b.put(10, 1, 'K');
    b.put(13, 3, 'S');
    b.put(12, 2, '!');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k"));
    b.put(11, 2, 's');
    EXPECT_THAT(b.frames(), ElementsAre("2x2", "3x1"));
    EXPECT_EQ(b.last.packets_missing, 0U);
}

TEST(JitterBuffer, packets_that_were_overtaken_by_the_first_one_are_taken) {
    Buffer b;
    b.put(12, 1, '!');
    EXPECT_THAT(b.frames(), IsEmpty());
    b.put(11, 1, '.');
    EXPECT_THAT(b.frames(), IsEmpty());
    b.put(10, 1, 'k');
    EXPECT_THAT(b.frames(), ElementsAre("1x3k"));
    EXPECT_FALSE(b.put(9, 0, 'K'));
}

TEST(JitterBuffer, a_key_frame_that_was_overtaken_by_the_first_one_is_taken) {
    Buffer b;
    b.put(12, 2, 'S');
    EXPECT_THAT(b.frames(), IsEmpty());
    b.put(11, 1, 'K');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k", "2x1"));
}

TEST(JitterBuffer, another_timestamp_ends_a_frame_without_marker) {
    Buffer b;
    b.put(10, 1, 'k');
    b.put(11, 1, '.');
    b.put(12, 2, 's');
    EXPECT_THAT(b.frames(), ElementsAre("1x2k"));
    EXPECT_FALSE(b.last.marker);
}

TEST(JitterBuffer, a_frame_starts_behind_the_end_of_another_though_no_packet_says_so) {
    Buffer b;
    b.put(10, 1, 'K');
    b.put(11, 2, '.');
    b.put(12, 2, '!');
    b.put(13, 3, '!');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k", "2x2", "3x1"));
}

TEST(JitterBuffer, padding_is_no_frame_and_no_gap) {
    Buffer b;
    b.put(10, 1, 'k');
    b.put(11, 1, '!');
    b.put(12, 1, '0');
    b.put(13, 1, '0');
    b.put(14, 2, 's');
    b.put(15, 2, '0');
    b.put(16, 2, '!');
    EXPECT_THAT(b.frames(), ElementsAre("1x2k", "2x2"));
    EXPECT_EQ(b.last.packets_missing, 0U);
}

TEST(JitterBuffer, video_begins_with_a_key_frame) {
    Buffer b;
    b.put(10, 1, 'S');
    b.put(11, 2, 'S');
    EXPECT_THAT(b.frames(), IsEmpty());
    EXPECT_FALSE(b.buffer.misses_key());  // one may have been overtaken
    EXPECT_EQ(b.buffer.deadline(), start + milliseconds(100));
    EXPECT_THAT(b.frames(start + milliseconds(100)), IsEmpty());
    EXPECT_TRUE(b.buffer.misses_key());
    b.put(12, 3, 'K');
    b.put(13, 4, 'S');
    EXPECT_THAT(b.frames(), ElementsAre("3x1k", "4x1"));
    EXPECT_FALSE(b.buffer.misses_key());
    EXPECT_EQ(b.buffer.frames_dropped(), 2U);
    EXPECT_EQ(b.buffer.frames_complete(), 4U);
}

TEST(JitterBuffer, the_rest_of_a_frame_that_began_before_is_dropped_after_a_while) {
    Buffer b;
    b.put(10, 1, '.');
    EXPECT_THAT(b.frames(), IsEmpty());
    ASSERT_TRUE(b.buffer.deadline());
    EXPECT_FALSE(b.buffer.misses_key());
    EXPECT_THAT(b.frames(*b.buffer.deadline()), IsEmpty());
    EXPECT_TRUE(b.buffer.misses_key());
    b.put(11, 1, '!', start + seconds(1));
    b.put(12, 2, 'K', start + seconds(1));
    EXPECT_THAT(b.frames(start + seconds(1)), ElementsAre("2x1k"));
}

TEST(JitterBuffer, what_is_missing_is_waited_for_and_then_given_up_until_a_key_frame) {
    Buffer b;
    b.put(10, 1, 'K');
    b.put(12, 3, 'S');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k"));
    EXPECT_EQ(b.buffer.deadline(), start + seconds(2));
    EXPECT_THAT(b.frames(start + milliseconds(1999)), IsEmpty());
    EXPECT_FALSE(b.buffer.misses_key());
    EXPECT_THAT(b.frames(start + seconds(2)), IsEmpty());
    EXPECT_TRUE(b.buffer.misses_key());
    b.put(13, 4, 'K', start + seconds(2));
    EXPECT_THAT(b.frames(start + seconds(2)), ElementsAre("4x1k"));
    EXPECT_EQ(b.last.packets_missing, 1U);
    EXPECT_FALSE(b.put(11, 2, 'S'));
}

TEST(JitterBuffer, a_whole_key_frame_behind_a_gap_is_not_kept_waiting_for_long) {
    Buffer b;
    b.put(10, 1, 'K');
    b.put(12, 3, 'S');
    b.put(13, 4, 'k');
    b.put(14, 4, '!');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k"));
    EXPECT_EQ(b.buffer.deadline(), start + milliseconds(100));
    EXPECT_THAT(b.frames(start + milliseconds(100)), ElementsAre("4x2k"));
    EXPECT_EQ(b.last.packets_missing, 1U);
}

TEST(JitterBuffer, a_key_frame_that_is_not_whole_makes_no_deadline_that_nothing_comes_of) {
    Buffer b;
    b.put(10, 1, 'K');
    b.put(12, 3, 'k');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k"));
    const TimePoint later = start + milliseconds(150);
    EXPECT_THAT(b.frames(later), IsEmpty());
    ASSERT_TRUE(b.buffer.deadline());
    EXPECT_GT(*b.buffer.deadline(), later);
}

TEST(JitterBuffer, while_a_key_frame_is_awaited_it_comes_at_once) {
    Buffer b;
    b.put(10, 1, 'K');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k"));
    b.buffer.await_key();
    b.put(11, 2, 'S');
    b.put(13, 4, 'S');
    b.put(14, 5, 'K');
    EXPECT_THAT(b.frames(), ElementsAre("5x1k"));
}

TEST(JitterBuffer, giving_up_drops_what_is_before) {
    Buffer b;
    b.put(10, 1, 'K');
    b.put(11, 2, 's');
    b.put(13, 2, '!');
    b.put(14, 3, 'S');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k"));
    b.buffer.give_up(12);
    EXPECT_TRUE(b.buffer.misses_key());
    EXPECT_THAT(b.frames(), IsEmpty());
    b.put(15, 4, 'K');
    EXPECT_THAT(b.frames(), ElementsAre("4x1k"));
    EXPECT_EQ(b.last.packets_missing, 1U);
    b.buffer.give_up(3);  // long gone
    b.put(16, 5, 'S');
    EXPECT_THAT(b.frames(), ElementsAre("5x1"));
}

TEST(JitterBuffer, is_bounded_in_packets) {
    Buffer b;
    b.put(10, 1, 'K');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k"));
    for (std::uint64_t i = 12; i < 12 + 3 * JitterBuffer::most_packets; ++i) {
        b.put(i, static_cast<std::uint32_t>(i), 'S');
        EXPECT_THAT(b.frames(), IsEmpty());
        ASSERT_LE(b.buffer.size(), JitterBuffer::most_packets);
    }
    EXPECT_TRUE(b.buffer.misses_key());
    b.put(60'000, 7, 'K');
    EXPECT_THAT(b.frames(), ElementsAre("7x1k"));
}

TEST(JitterBuffer, is_bounded_in_bytes) {
    JitterBuffer buffer{JitterOptions{}};
    std::size_t most = 0;
    for (std::uint64_t i = 1; i < 1000; ++i) {
        BufferedPacket packet;
        packet.timestamp = 1;
        packet.payload.resize(10'000);
        packet.shape.starts_frame = i == 1;
        packet.arrival = start;
        buffer.put(i, std::move(packet));
        EXPECT_FALSE(buffer.pop(start));
        most = std::max(most, buffer.size() * 10'000);
    }
    EXPECT_LE(most, JitterBuffer::most_bytes);
    EXPECT_GT(most, JitterBuffer::most_bytes / 2);
}

TEST(JitterBuffer, of_sound_each_packet_is_a_frame_and_a_gap_is_passed_over) {
    JitterOptions options;
    options.video = false;
    options.needs_key = false;
    options.wait = milliseconds(100);
    Buffer b(options);
    b.put(10, 1, '.');
    b.put(11, 2, '.');
    b.put(13, 4, '.');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k", "2x1k"));
    EXPECT_EQ(b.buffer.deadline(), start + milliseconds(100));
    EXPECT_THAT(b.frames(start + milliseconds(100)), ElementsAre("4x1k"));
    EXPECT_EQ(b.last.packets_missing, 1U);
    EXPECT_FALSE(b.buffer.misses_key());
}

TEST(JitterBuffer, a_numbering_that_begins_anew_waits_for_nothing_of_the_old_one) {
    Buffer b;
    b.put(10, 1, 'K');
    b.put(12, 3, 'S');
    EXPECT_THAT(b.frames(), ElementsAre("1x1k"));
    b.buffer.restart();
    b.put(90'000, 7, 'K');
    EXPECT_THAT(b.frames(), ElementsAre("7x1k"));
}

TEST(JitterBuffer, without_shapes_any_frame_may_be_the_first) {
    JitterOptions options;
    options.needs_key = false;
    Buffer b(options);
    b.put(10, 1, '.');
    b.put(11, 1, '!');
    b.put(12, 2, '!');
    EXPECT_THAT(b.frames(), ElementsAre("1x2", "2x1"));
    b.put(14, 4, '.');
    b.put(15, 4, '!');
    b.put(16, 5, '!');
    b.buffer.give_up(13);
    EXPECT_THAT(b.frames(), ElementsAre("5x1"));  // 4 may have begun with what is missing
}

}  // namespace
}  // namespace volley::streams
