#include "proto/rtp/transport_cc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/hex.hpp"
#include "support/seeded_random.hpp"

namespace volley::proto::rtp {
namespace {

using test::unhex;
using testing::Each;
using testing::ElementsAre;
using testing::Eq;
using testing::SizeIs;

constexpr std::nullopt_t lost = std::nullopt;
using Delta = std::optional<std::int16_t>;

Feedback feedback(Bytes control) { return {RtcpType::transport_feedback, Feedback::transport_wide, 1, 2, std::move(control)}; }
Result<TransportFeedback> read(std::string_view hex) { return transport_feedback(feedback(unhex(hex))); }

TEST(TransportFeedback, reads_run_lengths) {
    // Five small deltas, then three packets that did not come.
    const auto read_one = read("0064 0008 000102 07  2005 0003  01 02 03 04 05 00 0000");
    ASSERT_TRUE(read_one);
    EXPECT_EQ(read_one->base_sequence, 100);
    EXPECT_EQ(read_one->reference_time, 0x102);
    EXPECT_EQ(read_one->count, 7);
    EXPECT_THAT(read_one->deltas, ElementsAre(1, 2, 3, 4, 5, lost, lost, lost));
}

// The draft's examples of section 3.1.4, with deltas: one bit for each of fourteen packets, and two bits for each of seven.
TEST(TransportFeedback, reads_status_vectors) {
    // 10 0 11111 000 111 00
    const auto one_bit = read("0001 000e 000000 00  9f1c  0102030405060708");
    ASSERT_TRUE(one_bit);
    EXPECT_THAT(one_bit->deltas, ElementsAre(lost, 1, 2, 3, 4, 5, lost, lost, lost, 6, 7, 8, lost, lost));
    // 11 00 01 01 01 00 00 10: the last one's delta is a large one.
    const auto mixed = read("0001 0007 000000 00  c542  01 02 03 fffe 0000 00");
    ASSERT_TRUE(mixed);
    EXPECT_THAT(mixed->deltas, ElementsAre(lost, 1, 2, 3, lost, lost, -2));
}

TEST(TransportFeedback, fields_behind_the_last_packet_do_not_count) {
    const auto vector = read("0001 0002 000000 00  bfff  0102");
    ASSERT_TRUE(vector);
    EXPECT_THAT(vector->deltas, ElementsAre(1, 2));
    const auto run = read("0001 0002 000000 00  3fff  0102");
    ASSERT_TRUE(run);
    EXPECT_THAT(run->deltas, ElementsAre(1, 2));
}

TEST(TransportFeedback, the_reference_time_has_a_sign) {
    const auto low = read("0001 0001 ffffff 00  2001 01 00");
    ASSERT_TRUE(low);
    EXPECT_EQ(low->reference_time, -1);
    const auto lowest = read("0001 0001 800000 00  2001 01 00");
    ASSERT_TRUE(lowest);
    EXPECT_EQ(lowest->reference_time, -0x800000);
}

TEST(TransportFeedback, refuses_what_it_cannot_be) {
    const struct {
        const char* control;
        Errc why;
    } cases[] = {
        {"", Errc::truncated},
        {"0001 0001 0000", Errc::truncated},
        {"0001 0001 000000 00", Errc::truncated},             // no chunk
        {"0001 0002 000000 00 2002 01", Errc::truncated},     // one delta short
        {"0001 0001 000000 00 4001 01", Errc::truncated},     // half of one
        {"0001 0000 000000 00 2001 01 00", Errc::bad_field},  // of no packet
        {"0001 0001 000000 00 6001 0000", Errc::bad_field},   // the reserved status
        {"0001 0007 000000 00 f000 0000", Errc::bad_field},   //
        {"0001 ffff 000000 00 1fff 1fff", Errc::too_many},    //
    };
    for (const auto& c : cases) {
        const auto result = read(c.control);
        ASSERT_FALSE(result) << c.control;
        EXPECT_EQ(result.error(), make_error_code(c.why)) << c.control;
    }
    Feedback other = feedback(unhex("0001 0001 000000 00 2001 01 00"));
    EXPECT_TRUE(transport_feedback(other));
    other.format = Feedback::nack;
    EXPECT_FALSE(transport_feedback(other));
    other = {RtcpType::payload_feedback, Feedback::transport_wide, 1, 2, other.control};
    EXPECT_FALSE(transport_feedback(other));
}

TEST(TransportFeedback, runs_of_nothing_end) {
    Bytes control = unhex("0001 0005 000000 00");
    control.resize(control.size() + 4000);  // runs of length 0
    EXPECT_FALSE(transport_feedback(feedback(std::move(control))));
}

TEST(TransportFeedback, is_short_where_it_can_be) {
    TransportFeedback packets;
    packets.deltas.assign(100, 8);
    EXPECT_THAT(transport_feedback_of(packets), SizeIs(8 + 2 + 100 + 2));
    packets.deltas.assign(8000, std::nullopt);
    packets.deltas.emplace_back(1);
    EXPECT_THAT(transport_feedback_of(packets), SizeIs(8 + 4 + 1 + 3));
    packets.deltas.assign(2 * most_transport_statuses, std::nullopt);
    const auto bounded = transport_feedback(feedback(transport_feedback_of(packets)));
    ASSERT_TRUE(bounded);
    EXPECT_THAT(bounded->deltas, SizeIs(most_transport_statuses));
    EXPECT_THAT(bounded->deltas, Each(Eq(std::nullopt)));
}

TEST(TransportFeedback, says_the_same_when_it_is_read_again) {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        test::SeededRandom random(seed);
        TransportFeedback packets;
        packets.base_sequence = static_cast<std::uint16_t>(random.next());
        packets.reference_time = static_cast<std::int32_t>(random.below(1 << 24)) - (1 << 23);
        packets.count = static_cast<std::uint8_t>(random.next());
        const std::size_t count = 1 + random.below(300);
        const std::uint64_t style = seed % 5;
        while (packets.deltas.size() < count) {
            const auto repeats = 1 + random.below(style == 0 ? 40 : 4);
            const std::uint64_t kind = random.below(style < 3 ? 2 + style / 2 : 3);
            for (std::uint64_t i = 0; i < repeats; ++i)
                packets.deltas.push_back(kind == 0   ? Delta()
                                         : kind == 1 ? Delta(static_cast<std::int16_t>(random.below(256)))
                                                     : Delta(static_cast<std::int16_t>(random.next())));
        }
        const Bytes control = transport_feedback_of(packets);
        EXPECT_EQ(control.size() % 4, 0U);
        const auto again = transport_feedback(feedback(control));
        ASSERT_TRUE(again) << seed;
        EXPECT_EQ(*again, packets) << seed;
        // Cut anywhere it is refused, or all of it was there; never read past.
        for (std::size_t size = 0; size < control.size(); ++size) {
            const auto cut =
                transport_feedback(feedback(Bytes(control.begin(), control.begin() + static_cast<std::ptrdiff_t>(size))));
            if (cut) {
                EXPECT_GT(size + 4, control.size());
            }
        }
    }
}

}  // namespace
}  // namespace volley::proto::rtp
