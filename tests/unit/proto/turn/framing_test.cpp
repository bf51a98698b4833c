#include "proto/turn/framing.hpp"

#include <gtest/gtest.h>

#include "proto/stun/message.hpp"
#include "support/seeded_random.hpp"

namespace volley::proto::turn {
namespace {

Bytes copy(BytesView view) { return {view.begin(), view.end()}; }

TEST(TurnFraming, channel_data_reads_as_it_was_written) {
    for (std::size_t size = 0; size < 9; ++size) {
        const Bytes data(size, 7);
        const Bytes plain = make_channel_data(0x4001, data, false);
        const Bytes padded = make_channel_data(0x4001, data, true);
        EXPECT_EQ(plain.size(), 4 + size);
        EXPECT_EQ(padded.size(), 4 + (size + 3) / 4 * 4);
        for (const Bytes& bytes : {plain, padded}) {
            const auto read = parse_channel_data(bytes);
            ASSERT_TRUE(read);
            EXPECT_EQ(read->number, 0x4001);
            EXPECT_EQ(copy(read->data), data);
        }
    }
}

TEST(TurnFraming, channels_have_their_numbers_and_their_length) {
    // RFC 8656 section 12: 0x4000 to 0x4FFF; what is above is reserved.
    EXPECT_TRUE(parse_channel_data(Bytes{0x40, 0, 0, 0}));
    EXPECT_TRUE(parse_channel_data(Bytes{0x4f, 0xff, 0, 0}));
    EXPECT_FALSE(parse_channel_data(Bytes{0x50, 0, 0, 0}));
    EXPECT_FALSE(parse_channel_data(Bytes{0x3f, 0xff, 0, 0}));
    EXPECT_FALSE(parse_channel_data(Bytes{0x40, 0, 0, 1}));
    EXPECT_FALSE(parse_channel_data(Bytes{0x40, 0, 0}));
    EXPECT_FALSE(parse_channel_data({}));
}

TEST(TurnFraming, a_stream_is_cut_into_its_frames_wherever_it_was_torn) {
    const Bytes message = stun::MessageBuilder(stun::MessageClass::request, stun::Method::allocate, {})
                              .text(stun::Attribute::software, "abc")
                              .finish();
    std::vector<Bytes> frames{message, make_channel_data(0x4000, Bytes(5, 1), true), make_channel_data(0x4fff, {}, true), message,
                              make_channel_data(0x4002, Bytes(65'535, 2), true)};
    Bytes stream;
    for (const auto& frame : frames) stream.insert(stream.end(), frame.begin(), frame.end());
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        test::SeededRandom random(seed);
        StreamFramer framer;
        std::vector<Bytes> read;
        BytesView left = stream;
        while (!left.empty()) {
            const std::size_t size =
                1 + static_cast<std::size_t>(random.below(std::min<std::size_t>(left.size(), seed == 0 ? 1 : 40'000)));
            framer.push(left.first(size));
            left = left.subspan(size);
            while (const auto frame = framer.next()) read.push_back(copy(*frame));
        }
        EXPECT_EQ(read, frames);
        EXPECT_FALSE(framer.broken());
    }
}

TEST(TurnFraming, a_stream_of_something_else_is_broken_for_good) {
    StreamFramer framer;
    framer.push(bytes_of("HTTP/1.1 400 Bad Request\r\n"));  // 'H' is 0x48: a channel, one would think
    EXPECT_FALSE(framer.next());
    EXPECT_FALSE(framer.broken());
    StreamFramer other;
    other.push(bytes_of("\x16\x03\x01"));
    EXPECT_FALSE(other.next());
    other.push(bytes_of("SSH-2.0"));
    StreamFramer third;
    third.push(bytes_of("SSH-2.0\r\n"));
    EXPECT_FALSE(third.next());
    EXPECT_TRUE(third.broken());
    third.push(make_channel_data(0x4000, {}, true));
    EXPECT_FALSE(third.next());
    EXPECT_TRUE(third.broken());
}

}  // namespace
}  // namespace volley::proto::turn
