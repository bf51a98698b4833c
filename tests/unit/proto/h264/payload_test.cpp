// H.264 in packets: aggregated, in fragments, and whole again.
#include <algorithm>
#include <array>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/h264/payload.hpp"
#include "support/hex.hpp"
#include "support/seeded_random.hpp"

namespace volley::proto::h264 {
namespace {

using test::SeededRandom;
using test::unhex;
using testing::ElementsAre;

// A unit whose bytes behind the header are all 0xff, so that no start code is in it.
Bytes unit(std::uint8_t header, std::size_t size) {
    Bytes out(size, 0xff);
    out[0] = header;
    return out;
}

Bytes stream_of(const std::vector<Bytes>& units) {
    Bytes out;
    for (const Bytes& each : units) {
        out.insert(out.end(), {0, 0, 0, 1});
        out.insert(out.end(), each.begin(), each.end());
    }
    return out;
}

TEST(H264Nal, units_stand_between_start_codes_of_both_lengths) {
    const Bytes stream = unhex("ff 00 00000001 6742 000001 68ce 00000001 65 88 00 00 00 000001 41");
    const auto units = split_annex_b(stream);
    ASSERT_TRUE(units);
    ASSERT_EQ(units->size(), 4U);
    EXPECT_THAT((*units)[0], ElementsAre(0x67, 0x42));
    EXPECT_THAT((*units)[1], ElementsAre(0x68, 0xce));
    EXPECT_THAT((*units)[2], ElementsAre(0x65, 0x88));
    EXPECT_THAT((*units)[3], ElementsAre(0x41));
    EXPECT_TRUE(is_key(stream));
    EXPECT_FALSE(is_key(stream_of({unit(0x41, 9)})));
}

TEST(H264Nal, nothing_is_made_of_what_has_no_start_code_or_no_unit) {
    for (const char* none : {"", "00", "0000", "000001", "00000001", "6742", "000001 000001", "0000 0000 0000"})
        EXPECT_TRUE(split_annex_b(unhex(none))->empty()) << none;
    EXPECT_EQ(split_annex_b(unhex("000001 01"))->size(), 1U);
    EXPECT_EQ(split_annex_b(unhex("0101 000001 01 0001 0100"))->size(), 1U);
}

// The search skips bytes; it must find what one that looks at each byte finds.
TEST(H264Nal, the_search_finds_every_start_code) {
    SeededRandom random(11);
    for (int turn = 0; turn < 20000; ++turn) {
        Bytes stream(random.below(40));
        for (std::uint8_t& byte : stream) byte = static_cast<std::uint8_t>(random.below(3));
        std::vector<Bytes> expected;
        for (std::size_t i = 0; i + 3 <= stream.size(); ++i) {
            if (stream[i] != 0 || stream[i + 1] != 0 || stream[i + 2] != 1) continue;
            std::size_t end = stream.size();
            for (std::size_t k = i + 3; k + 3 <= stream.size() && end == stream.size(); ++k)
                if (stream[k] == 0 && stream[k + 1] == 0 && stream[k + 2] == 1) end = k;
            while (end > i + 3 && stream[end - 1] == 0) --end;
            if (end > i + 3)
                expected.emplace_back(stream.begin() + static_cast<std::ptrdiff_t>(i) + 3,
                                      stream.begin() + static_cast<std::ptrdiff_t>(end));
        }
        const auto units = split_annex_b(stream);
        ASSERT_TRUE(units);
        ASSERT_EQ(units->size(), expected.size()) << turn;
        for (std::size_t i = 0; i < expected.size(); ++i)
            EXPECT_TRUE(std::equal(expected[i].begin(), expected[i].end(), (*units)[i].begin(), (*units)[i].end())) << turn;
    }
}

TEST(H264Nal, no_more_units_are_read_than_a_picture_has) {
    const std::vector<Bytes> most(most_units, unit(0x41, 2));
    EXPECT_EQ(split_annex_b(stream_of(most))->size(), most_units);
    std::vector<Bytes> more = most;
    more.push_back(unit(0x41, 2));
    EXPECT_EQ(split_annex_b(stream_of(more)).error(), make_error_code(Errc::too_many));
}

TEST(H264Payload, a_delimiter_is_told_alone_and_among_others) {
    EXPECT_TRUE(inspect(unhex("09 10")).delimiter);
    EXPECT_TRUE(inspect(unhex("78 0002 0910 0004 6742e01f")).delimiter);
    EXPECT_FALSE(inspect(unhex("67 42e01f")).delimiter);
    EXPECT_FALSE(inspect(unhex("41 9a")).delimiter);
}

TEST(H264Payload, supplemental_information_is_told_where_there_is_nothing_else) {
    EXPECT_TRUE(inspect(unhex("06 05")).supplemental);
    EXPECT_TRUE(inspect(unhex("78 0002 0605 0002 0605")).supplemental);
    EXPECT_TRUE(inspect(unhex("7c 86 05")).supplemental);
    EXPECT_FALSE(inspect(unhex("78 0002 0605 0004 6742e01f")).supplemental);
    EXPECT_FALSE(inspect(unhex("78 0004 6742e01f 0002 0605")).supplemental);
    EXPECT_FALSE(inspect(unhex("7c 85 88")).supplemental);
    EXPECT_FALSE(inspect(unhex("65 88")).supplemental);
}

TEST(H264Payload, parameter_sets_share_a_packet_in_front_of_the_picture) {
    const auto payloads = packetise(stream_of({unhex("67 42e01f"), unhex("68 ce"), unit(0x65, 50)}), 100);
    ASSERT_TRUE(payloads);
    ASSERT_EQ(payloads->size(), 2U);
    EXPECT_EQ((*payloads)[0], unhex("78 0004 6742e01f 0002 68ce"));  // type 24, importance 3
    EXPECT_EQ((*payloads)[1], unit(0x65, 50));
    EXPECT_TRUE(inspect((*payloads)[0]).sequence_parameters);
    EXPECT_TRUE(inspect((*payloads)[0]).picture_parameters);
    EXPECT_TRUE(inspect((*payloads)[0]).key());
    EXPECT_FALSE(inspect((*payloads)[0]).idr);
    EXPECT_TRUE(inspect((*payloads)[1]).idr);
}

TEST(H264Payload, what_has_nobody_to_share_with_goes_alone) {
    const auto payloads = packetise(stream_of({unhex("06 05"), unit(0x41, 20), unit(0x67, 60), unit(0x68, 60)}), 100);
    ASSERT_TRUE(payloads);
    EXPECT_EQ(*payloads, (std::vector<Bytes>{unhex("06 05"), unit(0x41, 20), unit(0x67, 60), unit(0x68, 60)}));
}

TEST(H264Payload, a_large_unit_goes_in_fragments_of_nearly_one_size) {
    const auto payloads = packetise(stream_of({unit(0x65, 251)}), 100);
    ASSERT_TRUE(payloads);
    ASSERT_EQ(payloads->size(), 3U);
    EXPECT_THAT(BytesView((*payloads)[0]).first(2), ElementsAre(0x7c, 0x85));  // importance 3, type 28; S, type 5
    EXPECT_THAT(BytesView((*payloads)[1]).first(2), ElementsAre(0x7c, 0x05));
    EXPECT_THAT(BytesView((*payloads)[2]).first(2), ElementsAre(0x7c, 0x45));  // E
    for (const Bytes& payload : *payloads) {
        EXPECT_LE(payload.size(), 100U);
        EXPECT_GE(payload.size(), 2 + 250U / 3);
        EXPECT_TRUE(inspect(payload).idr);
        EXPECT_EQ(inspect(payload).starts_unit, &payload == payloads->data());
    }
    EXPECT_EQ(*assemble(*payloads), stream_of({unit(0x65, 251)}));
}

TEST(H264Payload, a_unit_that_fits_is_not_cut) {
    EXPECT_EQ(packetise(stream_of({unit(0x41, 100)}), 100)->size(), 1U);
    EXPECT_EQ(packetise(stream_of({unit(0x41, 101)}), 100)->size(), 2U);
    EXPECT_EQ(packetise(stream_of({unit(0x41, 5)}), 3)->size(), 4U);  // one byte in each
}

TEST(H264Payload, what_cannot_be_packed_is_refused) {
    EXPECT_EQ(packetise({}, 100).error(), make_error_code(Errc::truncated));
    EXPECT_EQ(packetise(unhex("6742"), 100).error(), make_error_code(Errc::truncated));
    EXPECT_EQ(packetise(stream_of({unit(0x41, 5)}), 2).error(), make_error_code(Errc::no_room));
    EXPECT_EQ(packetise(stream_of({unit(0x78, 5)}), 100).error(), make_error_code(Errc::unsupported));
    EXPECT_EQ(packetise(stream_of({unit(0x60, 5)}), 100).error(), make_error_code(Errc::unsupported));
    EXPECT_EQ(packetise(Bytes(most_picture_bytes + 1), 100).error(), make_error_code(Errc::too_large));
}

TEST(H264Payload, fragments_and_groups_must_be_complete) {
    const auto error_of = [](const std::vector<Bytes>& payloads) { return assemble(payloads).error(); };
    EXPECT_EQ(error_of({}), make_error_code(Errc::truncated));
    EXPECT_EQ(error_of({{}}), make_error_code(Errc::truncated));
    EXPECT_EQ(error_of({unhex("7c 05 ff")}), make_error_code(Errc::no_start));
    EXPECT_EQ(error_of({unhex("7c 85 ff")}), make_error_code(Errc::unfinished));
    EXPECT_EQ(error_of({unhex("7c 85 ff"), unhex("41 ff")}), make_error_code(Errc::unfinished));
    EXPECT_EQ(error_of({unhex("7c 85 ff"), unhex("7c 85 ff")}), make_error_code(Errc::unfinished));
    EXPECT_EQ(error_of({unhex("7c 85 ff"), unhex("7c 41 ff")}), make_error_code(Errc::not_h264));
    EXPECT_EQ(error_of({unhex("7c 85 ff"), unhex("7c 45")}), make_error_code(Errc::truncated));
    EXPECT_EQ(error_of({unhex("78")}), make_error_code(Errc::truncated));
    EXPECT_EQ(error_of({unhex("78 0000")}), make_error_code(Errc::truncated));
    EXPECT_EQ(error_of({unhex("78 0003 41ff")}), make_error_code(Errc::truncated));
    EXPECT_EQ(error_of({unhex("78 0002 41ff 00")}), make_error_code(Errc::truncated));
    EXPECT_EQ(error_of({unhex("78 0004 78 0001 41")}), make_error_code(Errc::unsupported));  // a group in a group
    EXPECT_EQ(error_of({unhex("7c 9c ff")}), make_error_code(Errc::unsupported));            // a fragment of a fragment
    for (const char* other : {"79 0000 0001 41", "7a 00", "7b 00", "7d 85 0000 ff", "7e", "7f", "60 00"})
        EXPECT_EQ(error_of({unhex(other)}), make_error_code(Errc::unsupported)) << other;
    // A whole unit as one fragment is forbidden (section 5.8), and there is no harm in it.
    EXPECT_EQ(*assemble(std::vector<Bytes>{unhex("7c c5 ff")}), unhex("00000001 65ff"));
}

TEST(H264Payload, a_picture_grows_no_larger_than_is_allowed) {
    const std::vector<Bytes> many(most_units + 1, unit(0x41, 2));
    EXPECT_EQ(assemble(many).error(), make_error_code(Errc::too_many));
    const std::vector<Bytes> large{unit(0x41, most_picture_bytes / 2), unit(0x41, most_picture_bytes / 2)};
    EXPECT_EQ(assemble(large).error(), make_error_code(Errc::too_large));
    Bytes group = unhex("78");
    for (std::size_t i = 0; i <= most_units; ++i) {
        const Bytes one = unhex("0001 41");
        group.insert(group.end(), one.begin(), one.end());
    }
    EXPECT_EQ(assemble(std::vector<Bytes>{group}).error(), make_error_code(Errc::too_many));
}

TEST(H264Payload, nothing_is_said_of_what_is_no_payload) {
    for (const char* none : {"", "7c", "7c 85", "60 00", "7f 00", "78", "78 0000", "78 0005 65"}) {
        const Contents contents = inspect(unhex(none));
        EXPECT_FALSE(contents.key() || contents.picture_parameters || contents.starts_unit) << none;
    }
}

TEST(H264Payload, any_picture_comes_back_from_payloads_of_any_size) {
    SeededRandom random(5);
    constexpr std::array<std::uint8_t, 7> headers{0x67, 0x68, 0x06, 0x09, 0x65, 0x41, 0x01};
    for (int turn = 0; turn < 2000; ++turn) {
        std::vector<Bytes> units(1 + random.below(8));
        for (Bytes& each : units)
            each = unit(headers[random.below(headers.size())], 1 + random.below(random.below(4) == 0 ? 4000 : 60));
        const std::size_t most = 3 + random.below(1500);
        const auto payloads = packetise(stream_of(units), most);
        ASSERT_TRUE(payloads);
        EXPECT_TRUE(std::all_of(payloads->begin(), payloads->end(), [&](const Bytes& p) { return p.size() <= most; }));
        const auto again = assemble(*payloads);
        ASSERT_TRUE(again);
        EXPECT_EQ(*again, stream_of(units)) << turn;
    }
}

}  // namespace
}  // namespace volley::proto::h264
