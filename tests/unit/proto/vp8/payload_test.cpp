// VP8's payload descriptor, and frames in pieces and whole again.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/vp8/payload.hpp"
#include "support/hex.hpp"
#include "support/seeded_random.hpp"

namespace volley::proto::vp8 {
namespace {

using test::SeededRandom;
using test::unhex;
using testing::ElementsAre;

Bytes counting(std::size_t size) {
    Bytes out(size);
    std::iota(out.begin(), out.end(), std::uint8_t{0});
    return out;
}

TEST(Vp8Payload, a_descriptor_of_one_byte_says_where_a_partition_starts) {
    const Bytes bytes = unhex("10 9d01");
    const auto payload = parse(bytes);
    ASSERT_TRUE(payload);
    EXPECT_EQ(payload->descriptor.bytes, 1U);
    EXPECT_TRUE(payload->starts_frame());
    EXPECT_FALSE(payload->descriptor.non_reference);
    EXPECT_FALSE(payload->descriptor.picture_id);
    EXPECT_FALSE(payload->descriptor.tl0_picture_index);
    EXPECT_FALSE(payload->descriptor.temporal_layer);
    EXPECT_FALSE(payload->descriptor.key_index);
    EXPECT_THAT(payload->data, ElementsAre(0x9d, 0x01));
}

TEST(Vp8Payload, every_optional_part_is_where_the_rfc_puts_it) {
    // X N S, PID 3; I L T K; M and 0x1234; TL0PICIDX 0x77; TID 2, Y, KEYIDX 21.
    const Bytes bytes = unhex("b3 f0 9234 77 b5 aa");
    const auto payload = parse(bytes);
    ASSERT_TRUE(payload);
    const Descriptor& d = payload->descriptor;
    EXPECT_TRUE(d.non_reference);
    EXPECT_TRUE(d.starts_partition);
    EXPECT_EQ(d.partition, 3);
    EXPECT_FALSE(d.starts_frame());  // partition 3 is not where a frame begins
    EXPECT_EQ(d.picture_id, 0x1234);
    EXPECT_TRUE(d.long_picture_id);
    EXPECT_EQ(d.tl0_picture_index, 0x77);
    EXPECT_EQ(d.temporal_layer, 2);
    EXPECT_TRUE(d.layer_sync);
    EXPECT_EQ(d.key_index, 21);
    EXPECT_EQ(d.bytes, 6U);
    EXPECT_THAT(payload->data, ElementsAre(0xaa));
}

TEST(Vp8Payload, each_optional_part_is_read_without_the_others) {
    const Bytes short_id = unhex("80 80 7f aa");
    EXPECT_EQ(parse(short_id)->descriptor.picture_id, 0x7f);
    EXPECT_FALSE(parse(short_id)->descriptor.long_picture_id);
    const Bytes tl0 = unhex("80 40 05 aa");
    EXPECT_EQ(parse(tl0)->descriptor.tl0_picture_index, 5);
    EXPECT_FALSE(parse(tl0)->descriptor.picture_id);
    const Bytes layer = unhex("80 20 5f aa");
    EXPECT_EQ(parse(layer)->descriptor.temporal_layer, 1);
    EXPECT_FALSE(parse(layer)->descriptor.layer_sync);
    EXPECT_FALSE(parse(layer)->descriptor.key_index);  // its bits are there and mean nothing
    const Bytes key_index = unhex("80 10 ff aa");
    EXPECT_EQ(parse(key_index)->descriptor.key_index, 31);
    EXPECT_FALSE(parse(key_index)->descriptor.temporal_layer);
    EXPECT_FALSE(parse(key_index)->descriptor.layer_sync);
    const Bytes nothing = unhex("80 00 aa");
    EXPECT_EQ(parse(nothing)->descriptor.bytes, 2U);
    const Bytes reserved = unhex("58 aa");  // R and the bit above PID
    EXPECT_TRUE(parse(reserved)->starts_frame());
}

TEST(Vp8Payload, every_shorter_payload_is_cut) {
    const Bytes whole = unhex("b3 f0 9234 77 b5 aa");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(parse(BytesView(whole).first(size)).error(), make_error_code(Errc::truncated)) << size;
    EXPECT_TRUE(parse(whole));
}

TEST(Vp8Payload, the_first_packet_of_a_key_frame_is_known_by_the_frames_first_bit) {
    EXPECT_TRUE(starts_key_frame(unhex("10 10")));
    EXPECT_FALSE(starts_key_frame(unhex("10 11")));
    EXPECT_FALSE(starts_key_frame(unhex("00 10")));  // goes on with a frame
    EXPECT_FALSE(starts_key_frame(unhex("11 10")));  // with its second partition
    EXPECT_FALSE(starts_key_frame(unhex("10")));
    EXPECT_FALSE(starts_key_frame({}));
    EXPECT_TRUE(starts_frame(unhex("10 11")));
    EXPECT_FALSE(starts_frame(unhex("01 11")));
}

TEST(Vp8Payload, a_frame_is_cut_into_few_pieces_of_nearly_one_size) {
    const Bytes frame = counting(2500);
    const auto payloads = packetise(frame, 1000, 0x1234);
    ASSERT_TRUE(payloads);
    ASSERT_EQ(payloads->size(), 3U);
    for (const Bytes& payload : *payloads) {
        EXPECT_LE(payload.size(), 1000U);
        EXPECT_GE(payload.size(), 2500 / 3 + written_descriptor_bytes);
        const auto parsed = parse(payload);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->descriptor.picture_id, 0x1234);
        EXPECT_TRUE(parsed->descriptor.long_picture_id);
        EXPECT_EQ(parsed->descriptor.bytes, written_descriptor_bytes);
        EXPECT_EQ(parsed->starts_frame(), &payload == payloads->data());
    }
    const auto again = assemble(*payloads);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, frame);
}

TEST(Vp8Payload, a_frame_that_fits_is_one_packet_and_one_byte_more_makes_two) {
    EXPECT_EQ(packetise(counting(1000 - written_descriptor_bytes), 1000, 1)->size(), 1U);
    EXPECT_EQ(packetise(counting(1001 - written_descriptor_bytes), 1000, 1)->size(), 2U);
    EXPECT_EQ(packetise(counting(7), written_descriptor_bytes + 1, 1)->size(), 7U);
}

TEST(Vp8Payload, what_cannot_be_cut_is_refused) {
    EXPECT_EQ(packetise({}, 1000, 1).error(), make_error_code(Errc::truncated));
    EXPECT_EQ(packetise(counting(5), written_descriptor_bytes, 1).error(), make_error_code(Errc::no_room));
    EXPECT_EQ(packetise(Bytes(most_frame_bytes + 1), 1000, 1).error(), make_error_code(Errc::too_large));
}

TEST(Vp8Payload, the_upper_bit_of_a_picture_id_is_left_out) {
    const auto payloads = packetise(counting(5), 1000, 0xffff);
    ASSERT_TRUE(payloads);
    EXPECT_EQ(parse(payloads->front())->descriptor.picture_id, 0x7fff);
}

TEST(Vp8Payload, a_picture_id_is_changed_where_it_stands) {
    Bytes payload = unhex("b3 f0 9234 77 b5 aa");
    EXPECT_TRUE(set_picture_id(payload, 0x7001));
    EXPECT_EQ(payload, unhex("b3 f0 f001 77 b5 aa"));
    Bytes of_seven_bits = unhex("90 80 12 aa");
    EXPECT_TRUE(set_picture_id(of_seven_bits, 0x01ff));
    EXPECT_EQ(of_seven_bits, unhex("90 80 7f aa"));
    for (const char* without : {"10 aa", "80 40 05 aa", "80", ""}) {
        Bytes bytes = unhex(without);
        const Bytes before = bytes;
        EXPECT_FALSE(set_picture_id(bytes, 1)) << without;
        EXPECT_EQ(bytes, before) << without;
    }
}

TEST(Vp8Payload, partitions_of_a_frame_follow_one_another) {
    const std::vector<Bytes> payloads{unhex("90 80 05 01"), unhex("80 80 05 02"), unhex("91 80 05 03")};
    EXPECT_EQ(*assemble(payloads), unhex("010203"));
}

TEST(Vp8Payload, what_are_not_the_packets_of_one_frame_is_not_put_together) {
    const auto error_of = [](const std::vector<Bytes>& payloads) { return assemble(payloads).error(); };
    EXPECT_EQ(error_of({}), make_error_code(Errc::no_start));
    EXPECT_EQ(error_of({unhex("80 80 05 02")}), make_error_code(Errc::no_start));
    EXPECT_EQ(error_of({unhex("90 80 05 01"), unhex("90 80 05 01")}), make_error_code(Errc::second_start));
    EXPECT_EQ(error_of({unhex("90 80 05 01"), unhex("80 80 06 01")}), make_error_code(Errc::mixed_pictures));
    EXPECT_EQ(error_of({unhex("90 80 05 01"), unhex("00 01")}), make_error_code(Errc::mixed_pictures));
    EXPECT_EQ(error_of({unhex("90 80 05 01"), unhex("80")}), make_error_code(Errc::truncated));
}

TEST(Vp8Payload, a_frame_grows_no_larger_than_is_allowed) {
    Bytes first(most_frame_bytes / 2 + 1);
    first[0] = 0x10;
    Bytes second(first);
    second[0] = 0;
    Bytes third = unhex("00 01");
    EXPECT_EQ(assemble(std::vector<Bytes>{first, second})->size(), most_frame_bytes);
    EXPECT_EQ(assemble(std::vector<Bytes>{first, second, third}).error(), make_error_code(Errc::too_large));
}

TEST(Vp8Payload, any_frame_comes_back_from_payloads_of_any_size) {
    SeededRandom random(7);
    for (int turn = 0; turn < 2000; ++turn) {
        Bytes frame(1 + random.below(5000));
        random.fill(frame);
        const std::size_t most = written_descriptor_bytes + 1 + random.below(1500);
        const auto id = static_cast<std::uint16_t>(random.next());
        const auto payloads = packetise(frame, most, id);
        ASSERT_TRUE(payloads);
        EXPECT_EQ(payloads->size(), (frame.size() + most - written_descriptor_bytes - 1) / (most - written_descriptor_bytes));
        EXPECT_TRUE(std::all_of(payloads->begin(), payloads->end(), [&](const Bytes& p) { return p.size() <= most; }));
        const auto again = assemble(*payloads);
        ASSERT_TRUE(again);
        EXPECT_EQ(*again, frame) << turn;
    }
}

}  // namespace
}  // namespace volley::proto::vp8
