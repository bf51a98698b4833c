// Sequence parameter sets: of real encoders, and written here field by field.
#include <bit>
#include <vector>

#include <gtest/gtest.h>

#include "proto/h264/parameter_sets.hpp"
#include "support/hex.hpp"
#include "support/seeded_random.hpp"

namespace volley::proto::h264 {
namespace {

using test::SeededRandom;
using test::unhex;

/// Puts bits and Exp-Golomb codes in a row (ITU-T H.264 section 9.1), and an 03 before what would look like a start code.
class BitWriter {
public:
    BitWriter& bits(std::uint32_t value, int count) {
        for (int i = count - 1; i >= 0; --i) bits_.push_back((value >> i) & 1U);
        return *this;
    }
    BitWriter& ue(std::uint32_t value) {
        const int size = std::bit_width(value + 1);
        return bits(0, size - 1).bits(value + 1, size);
    }
    BitWriter& se(int value) {
        return ue(value > 0 ? static_cast<std::uint32_t>(2 * value - 1) : static_cast<std::uint32_t>(-2 * value));
    }
    [[nodiscard]] Bytes unit() const {
        std::vector<bool> all = bits_;
        all.push_back(true);
        while (all.size() % 8 != 0) all.push_back(false);
        Bytes out{0x67};
        int zeros = 0;
        for (std::size_t i = 0; i < all.size(); i += 8) {
            unsigned byte = 0;
            for (std::size_t k = 0; k < 8; ++k) byte = byte * 2 + (all[i + k] ? 1 : 0);
            if (zeros >= 2 && byte <= 3) {
                out.push_back(3);
                zeros = 0;
            }
            zeros = byte == 0 ? zeros + 1 : 0;
            out.push_back(static_cast<std::uint8_t>(byte));
        }
        return out;
    }

private:
    std::vector<bool> bits_;
};

struct Crop {
    std::uint32_t left = 0, right = 0, top = 0, bottom = 0;
};

Bytes baseline(std::uint32_t columns, std::uint32_t rows, const Crop& crop = {}, bool frames_only = true,
               std::uint32_t references = 1) {
    BitWriter out;
    out.bits(0x42, 8).bits(0xe0, 8).bits(0x1f, 8).ue(0);
    out.ue(0).ue(2).ue(references).bits(0, 1).ue(columns - 1).ue(rows - 1).bits(frames_only ? 1 : 0, 1);
    if (!frames_only) out.bits(0, 1);
    out.bits(1, 1).bits(1, 1).ue(crop.left).ue(crop.right).ue(crop.top).ue(crop.bottom).bits(0, 1);
    return out.unit();
}

TEST(H264ParameterSets, of_real_encoders_are_read) {
    struct Known {
        const char* bytes;
        const char* profile;
        std::uint32_t width, height, coded_width, coded_height;
    };
    // x264: high; baseline; main, of fields; high 4:4:4.
    for (const Known& known : {Known{"67640028acd940780227e5c044000003000400000300c83c60c658", "640028", 1920, 1080, 1920, 1088},
                               Known{"6742c01ed900a03deab011000003000100000300320f162e48", "42c01e", 638, 478, 640, 480},
                               Known{"674d401eeca05a126c0440000003004000000c87c50a6580", "4d401e", 720, 576, 720, 576},
                               Known{"67f4001e919b281485fc7cf808800000030080000019078b16cb", "f4001e", 642, 362, 656, 368}}) {
        const auto parameters = read_sequence_parameters(unhex(known.bytes));
        ASSERT_TRUE(parameters) << known.bytes;
        EXPECT_EQ(to_string(parameters->profile), known.profile);
        EXPECT_EQ(parameters->width, known.width) << known.bytes;
        EXPECT_EQ(parameters->height, known.height) << known.bytes;
        EXPECT_EQ(parameters->coded_width, known.coded_width) << known.bytes;
        EXPECT_EQ(parameters->coded_height, known.coded_height) << known.bytes;
    }
}

TEST(H264ParameterSets, a_size_is_that_of_whole_macroblocks_less_what_is_cropped) {
    const auto parameters = read_sequence_parameters(baseline(21, 15, {0, 7, 0, 0}));
    ASSERT_TRUE(parameters) << parameters.error().message();
    EXPECT_EQ(parameters->profile, constrained_baseline_3_1);
    EXPECT_EQ(parameters->reference_frames, 1U);
    EXPECT_EQ(parameters->coded_width, 336U);
    EXPECT_EQ(parameters->coded_height, 240U);
    EXPECT_EQ(parameters->width, 322U);
    EXPECT_EQ(parameters->height, 240U);
}

TEST(H264ParameterSets, rows_of_fields_count_twice) {
    const auto parameters = read_sequence_parameters(baseline(120, 34, {0, 0, 0, 2}, false));
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->coded_height, 1088U);
    EXPECT_EQ(parameters->height, 1080U);
}

TEST(H264ParameterSets, chroma_and_scaling_lists_of_high_profiles_are_passed_over) {
    BitWriter out;
    out.bits(244, 8).bits(0, 8).bits(0x28, 8).ue(3);
    out.ue(3).bits(0, 1).ue(2).ue(2).bits(0, 1);  // 4:4:4, ten bits
    out.bits(1, 1);
    for (int list = 0; list < 12; ++list) {
        out.bits(1, 1);
        const int size = list < 6 ? 16 : 64;
        // The third runs through, the others end early by a scale of 0.
        if (list == 2)
            for (int i = 0; i < size; ++i) out.se(1);
        else
            out.se(-8);
    }
    out.ue(4);                                                 // log2_max_frame_num_minus4
    out.ue(1).bits(0, 1).se(-3).se(5).ue(2).se(7).se(-7);      // picture order of type 1
    out.ue(4).bits(1, 1).ue(39).ue(29).bits(1, 1).bits(1, 1);  // 640 x 480
    out.bits(1, 1).ue(1).ue(2).ue(3).ue(4).bits(0, 1);         // cropped by single samples
    const auto parameters = read_sequence_parameters(out.unit());
    ASSERT_TRUE(parameters) << parameters.error().message();
    EXPECT_EQ(parameters->id, 3U);
    EXPECT_EQ(parameters->reference_frames, 4U);
    EXPECT_EQ(parameters->coded_width, 640U);
    EXPECT_EQ(parameters->width, 637U);
    EXPECT_EQ(parameters->height, 473U);
}

TEST(H264ParameterSets, every_shorter_set_is_cut) {
    const Bytes whole = baseline(40, 30);
    ASSERT_TRUE(read_sequence_parameters(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(read_sequence_parameters(BytesView(whole).first(size)).error(), make_error_code(Errc::truncated)) << size;
}

TEST(H264ParameterSets, what_cannot_be_is_refused) {
    EXPECT_EQ(read_sequence_parameters(unhex("68 ce")).error(), make_error_code(Errc::not_h264));
    EXPECT_EQ(read_sequence_parameters(baseline(40, 30, {160, 160, 0, 0})).error(), make_error_code(Errc::not_h264));
    EXPECT_EQ(read_sequence_parameters(baseline(40, 30, {0xffffffff - 1, 0xffffffff - 1, 0, 0})).error(),
              make_error_code(Errc::not_h264));
    EXPECT_EQ(read_sequence_parameters(baseline(4097, 1)).error(), make_error_code(Errc::not_h264));
    EXPECT_EQ(read_sequence_parameters(baseline(1, 2049, {}, false)).error(), make_error_code(Errc::not_h264));
    EXPECT_TRUE(read_sequence_parameters(baseline(4096, 4096)));
    EXPECT_EQ(read_sequence_parameters(baseline(40, 30, {}, true, 17)).error(), make_error_code(Errc::not_h264));
}

TEST(H264ParameterSets, whatever_the_bytes_are_the_answer_is_a_size_or_an_error) {
    SeededRandom random(3);
    int read = 0;
    for (int turn = 0; turn < 50000; ++turn) {
        Bytes bytes = baseline(40, 30);
        for (int flips = 0; flips < 3; ++flips)
            bytes[1 + random.below(bytes.size() - 1)] ^= static_cast<std::uint8_t>(1U << random.below(8));
        const auto parameters = read_sequence_parameters(bytes);
        if (!parameters) continue;
        ++read;
        ASSERT_GE(parameters->width, 1U);
        ASSERT_LE(parameters->width, parameters->coded_width);
        ASSERT_GE(parameters->height, 1U);
        ASSERT_LE(parameters->height, parameters->coded_height);
        ASSERT_LE(parameters->coded_width, 65536U);
    }
    EXPECT_GT(read, 100);  // the loop looks at more than refusals
}

}  // namespace
}  // namespace volley::proto::h264
