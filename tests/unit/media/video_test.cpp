// Both video codecs: what is encoded can be seen again, at the bit rate that was asked for, and hostile bytes do no harm.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/h264/nal.hpp"
#include "proto/h264/parameter_sets.hpp"
#include "proto/h264/payload.hpp"
#include "proto/vp8/frame_header.hpp"
#include "proto/vp8/payload.hpp"
#include "unit/media/support.hpp"

namespace volley::media::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Video : public testing::TestWithParam<VideoCodec> {
protected:
    [[nodiscard]] static std::unique_ptr<VideoEncoder> encoder(const VideoSettings& settings) {
        auto out = got(the_plugin().make_video_encoder(GetParam()));
        EXPECT_THAT(out->configure(settings), IsEmpty());
        return out;
    }
    [[nodiscard]] static std::unique_ptr<VideoDecoder> decoder() { return got(the_plugin().make_video_decoder(GetParam())); }
    // What is left of a side: H.264 codes whole pairs.
    [[nodiscard]] static int coded(int side) { return GetParam() == VideoCodec::h264 ? side - side % 2 : side; }
};
std::string name_of(const testing::TestParamInfo<VideoCodec>& codec) { return codec.param == VideoCodec::vp8 ? "vp8" : "h264"; }
INSTANTIATE_TEST_SUITE_P(Codecs, Video, testing::Values(VideoCodec::vp8, VideoCodec::h264), name_of);

TEST_P(Video, each_picture_comes_back_and_is_that_one) {
    const VideoSettings settings;
    const auto film = encoded_film(GetParam(), settings, 60);
    const auto eye = decoder();
    double worst = std::numeric_limits<double>::infinity();
    std::size_t shown = 0;
    for (std::size_t i = 0; i < film.size(); ++i) {
        if (film[i].bytes.empty()) continue;
        const DecodedPicture decoded = eye->decode(film[i].bytes);
        ASSERT_THAT(decoded.fault, IsEmpty()) << i;
        ASSERT_EQ(decoded.picture.width, settings.width);
        ASSERT_EQ(decoded.picture.height, settings.height);
        const Picture original = filmed(settings.width, settings.height, i);
        const double likeness = psnr(decoded.picture, original);
        // Nearer to its own picture than that is to its neighbour, and than to what is left of it without detail.
        EXPECT_GT(likeness, psnr(original, filmed(settings.width, settings.height, i + 1))) << i;
        EXPECT_GT(likeness, psnr(original, without_detail(original, 4))) << i;
        worst = std::min(worst, likeness);
        ++shown;
    }
    EXPECT_GE(shown, film.size() * 9 / 10);
    EXPECT_TRUE(film.front().key);
    EXPECT_EQ(std::count_if(film.begin(), film.end(), [](const EncodedPicture& p) { return p.key; }), 1);
    RecordProperty("worst_psnr", std::to_string(worst));
}

TEST_P(Video, more_bits_show_more) {
    const auto likeness_at = [](int bits_per_second) {
        const VideoSettings settings{320, 240, 30, bits_per_second};
        const auto film = encoded_film(GetParam(), settings, 30);
        const auto eye = decoder();
        double last = 0;
        for (std::size_t i = 0; i < film.size(); ++i)
            if (const DecodedPicture decoded = eye->decode(film[i].bytes); !decoded.picture.empty())
                last = psnr(decoded.picture, filmed(320, 240, i));
        return last;
    };
    EXPECT_GT(likeness_at(2'000'000), likeness_at(60'000));
}

TEST_P(Video, pictures_of_any_size_come_back) {
    std::vector<std::pair<int, int>> sizes{{16, 16},     {17, 16},   {16, 17},   {33, 47},
                                           {64, 2 * 64}, {321, 239}, {639, 480}, {1280, 720}};
    if (GetParam() == VideoCodec::vp8) sizes.insert(sizes.end(), {{1, 1}, {2, 2}, {3, 1}, {1, 40}, {15, 5}});
    for (const auto& [width, height] : sizes) {
        const VideoSettings settings{width, height, 30, 1'000'000};
        const auto film = encoded_film(GetParam(), settings, 3);
        const auto eye = decoder();
        const DecodedPicture decoded = eye->decode(film.front().bytes);
        ASSERT_THAT(decoded.fault, IsEmpty()) << width << " x " << height;
        ASSERT_EQ(decoded.picture.width, coded(width));
        ASSERT_EQ(decoded.picture.height, coded(height));
        // The size apart, it is the same picture: every sample of the last column and row is there.
        Picture original(filmed(width, height, 0));
        PictureView view = original.view();
        view.width = coded(width);
        view.height = coded(height);
        // (A picture of next to no pixels has no detail: there it is off by four levels of grey at most.)
        const double four_levels = 20 * std::log10(255.0 / 4);
        EXPECT_GT(psnr(decoded.picture, view), std::min(four_levels, psnr(view, without_detail(Picture(view), 8))))
            << width << " x " << height;
    }
}

TEST_P(Video, the_size_may_change_with_a_key_picture) {
    const auto eye = decoder();
    for (const auto& [width, height] : {std::pair{320, 240}, {640, 480}, {64, 48}, {322, 242}}) {
        const auto film = encoded_film(GetParam(), {width, height, 30, 500'000}, 4);
        for (const EncodedPicture& picture : film) {
            if (picture.bytes.empty()) continue;
            const DecodedPicture decoded = eye->decode(picture.bytes);
            ASSERT_THAT(decoded.fault, IsEmpty());
            EXPECT_EQ(decoded.picture.width, width);
            EXPECT_EQ(decoded.picture.height, height);
        }
    }
}

TEST_P(Video, an_encoder_begins_anew_for_another_size) {
    const auto pen = encoder({320, 240, 30, 500'000});
    EXPECT_TRUE(pen->encode(filmed(320, 240, 0), 0, false).key);
    EXPECT_FALSE(pen->encode(filmed(320, 240, 1), 3000, false).key);
    EXPECT_THAT(pen->encode(filmed(160, 120, 2), 6000, false).fault, HasSubstr("configured for 320 x 240"));
    ASSERT_THAT(pen->configure({160, 120, 15, 300'000}), IsEmpty());
    const EncodedPicture first = pen->encode(filmed(160, 120, 2), 9000, false);
    ASSERT_TRUE(first.key);
    const auto eye = decoder();
    EXPECT_EQ(eye->decode(first.bytes).picture.width, 160);
}

TEST_P(Video, a_key_picture_comes_when_it_is_asked_for_and_needs_none_before) {
    const auto pen = encoder({320, 240, 30, 500'000});
    std::vector<EncodedPicture> film;
    for (std::uint32_t i = 0; i < 20; ++i) film.push_back(pen->encode(filmed(320, 240, i), i * ticks_a_frame, i == 12));
    for (std::size_t i = 0; i < film.size(); ++i) EXPECT_EQ(film[i].key, i == 0 || i == 12) << i;
    const auto eye = decoder();
    EXPECT_THAT(eye->decode(film[13].bytes).fault, Not(IsEmpty()));  // there is nothing that it could be made of
    EXPECT_THAT(eye->decode(film[12].bytes).fault, IsEmpty());
    EXPECT_FALSE(eye->decode(film[13].bytes).picture.empty());
}

TEST_P(Video, timestamps_may_wrap) {
    const auto pen = encoder({320, 240, 30, 500'000});
    std::uint32_t timestamp = 0xffffffffU - 5 * ticks_a_frame;
    for (std::uint64_t i = 0; i < 20; ++i, timestamp += ticks_a_frame) {
        const EncodedPicture picture = pen->encode(filmed(320, 240, i), timestamp, false);
        ASSERT_THAT(picture.fault, IsEmpty());
        EXPECT_EQ(picture.key, i == 0);
    }
    // Nor does standing still or going back harm.
    EXPECT_THAT(pen->encode(filmed(320, 240, 21), timestamp - ticks_a_frame, false).fault, IsEmpty());
    EXPECT_THAT(pen->encode(filmed(320, 240, 22), timestamp - 10 * ticks_a_frame, false).fault, IsEmpty());
}

TEST_P(Video, what_cannot_be_encoded_is_told) {
    const auto pen = got(the_plugin().make_video_encoder(GetParam()));
    EXPECT_THAT(pen->encode(filmed(320, 240, 0), 0, false).fault, HasSubstr("not configured"));
    EXPECT_THAT(pen->set_bitrate(500'000), HasSubstr("not configured"));
    EXPECT_THAT(pen->configure({0, 240, 30, 500'000}), HasSubstr("0 x 240"));
    EXPECT_THAT(pen->configure({320, 4097, 30, 500'000}), HasSubstr("320 x 4097"));
    EXPECT_THAT(pen->configure({320, 240, 0, 500'000}), HasSubstr("0 frames"));
    EXPECT_THAT(pen->configure({320, 240, 30, 9'999}), HasSubstr("9999"));
    ASSERT_THAT(pen->configure({320, 240, 30, 500'000}), IsEmpty());
    EXPECT_THAT(pen->set_bitrate(0), HasSubstr("bit rate"));
    EXPECT_THAT(pen->encode({}, 0, false).fault, HasSubstr("0 x 0"));
}

// --- bit rate --------------------------------------------------------------------------------------------------------

/// A film that cannot be had cheaply: the moving picture with grain on it, another one in each picture.
Picture grainy(int width, int height, std::uint64_t frame, int grain) {
    Picture out = filmed(width, height, frame);
    SeededRandom random(frame);
    for (std::uint8_t& sample : out.bytes().first(static_cast<std::size_t>(width) * static_cast<std::size_t>(height))) {
        const int value = sample + static_cast<int>(random.below(static_cast<std::uint64_t>(2 * grain + 1))) - grain;
        sample = static_cast<std::uint8_t>(std::clamp(value, 16, 235));
    }
    return out;
}

double bits_per_second(VideoEncoder& pen, std::uint64_t first, std::uint64_t frames, int grain) {
    std::size_t bytes = 0;
    for (std::uint64_t i = first; i < first + frames; ++i) {
        const EncodedPicture picture =
            pen.encode(grainy(640, 480, i, grain), static_cast<std::uint32_t>(i) * ticks_a_frame, false);
        EXPECT_THAT(picture.fault, IsEmpty());
        bytes += picture.bytes.size();
    }
    return static_cast<double>(bytes) * 8 * 30 / static_cast<double>(frames);
}

TEST_P(Video, the_bit_rate_is_kept_to_within_15_percent) {
    for (const int target : {500'000, 1'500'000}) {
        const auto pen = encoder({640, 480, 30, target});
        EXPECT_NEAR(bits_per_second(*pen, 0, 150, 6), target, 0.15 * target);
    }
}

TEST_P(Video, a_bit_rate_that_changes_is_soon_kept_to) {
    const auto pen = encoder({640, 480, 30, 400'000});
    (void)bits_per_second(*pen, 0, 60, 6);
    ASSERT_THAT(pen->set_bitrate(1'200'000), IsEmpty());
    (void)bits_per_second(*pen, 60, 15, 6);  // half a second to get there
    EXPECT_NEAR(bits_per_second(*pen, 75, 90, 6), 1'200'000, 0.2 * 1'200'000);
    ASSERT_THAT(pen->set_bitrate(400'000), IsEmpty());
    (void)bits_per_second(*pen, 165, 30, 6);
    EXPECT_NEAR(bits_per_second(*pen, 195, 90, 6), 400'000, 0.2 * 400'000);
}

/// Pictures of what the grainy film's edges are.
std::vector<Picture> film_of_edges(std::uint32_t frames) {
    const auto transform = got(the_plugin().make_transform("edges"));
    std::vector<Picture> out(frames);
    for (std::uint32_t i = 0; i < frames; ++i)
        EXPECT_THAT(transform->apply(grainy(640, 480, i, 20), i / 30.0, out[i]), IsEmpty());
    return out;
}

// With 56 for the coarsest quantizer and no picture left out, as others have it, such pictures took four times the bits that they might.
TEST_P(Video, pictures_of_edges_take_no_more_than_they_may) {
    const auto film = film_of_edges(90);
    const auto pen = encoder({640, 480, 30, 500'000});
    std::size_t bytes = 0;
    for (std::uint32_t i = 0; i < 90; ++i) {
        const EncodedPicture picture = pen->encode(film[i], i * ticks_a_frame, false);
        // The first picture has to be there, whatever it takes; the second after it makes up for that.
        if (i >= 30) bytes += picture.bytes.size();
    }
    EXPECT_LT(static_cast<double>(bytes) * 8 / 2, 1.15 * 500'000);
}

TEST_P(Video, no_picture_is_left_out_where_none_may_be) {
    const auto film = film_of_edges(30);
    const auto pen = encoder({640, 480, 30, 500'000, false});
    std::size_t bytes = 0;
    for (std::uint32_t i = 0; i < 30; ++i) {
        const EncodedPicture picture = pen->encode(film[i], i * ticks_a_frame, false);
        EXPECT_FALSE(picture.bytes.empty()) << i;
        bytes += picture.bytes.size();
    }
    EXPECT_GT(static_cast<double>(bytes) * 8, 1.15 * 500'000);  // which is why they may
}

// --- hostile bytes ---------------------------------------------------------------------------------------------------

/// Whatever came before, a key picture is seen as a decoder that has seen nothing else sees it.
void expect_unharmed(VideoDecoder& eye, VideoDecoder& fresh, const EncodedPicture& key) {
    const DecodedPicture seen = eye.decode(key.bytes);
    ASSERT_THAT(seen.fault, IsEmpty());
    const Picture copy(seen.picture);
    const DecodedPicture wanted = fresh.decode(key.bytes);
    ASSERT_THAT(wanted.fault, IsEmpty());
    EXPECT_EQ(copy, Picture(wanted.picture));
}

void expect_sane(const DecodedPicture& decoded) {
    if (!decoded.fault.empty()) {
        EXPECT_TRUE(decoded.picture.empty());
        return;
    }
    if (decoded.picture.empty()) return;
    EXPECT_TRUE(picture::is_possible_size(decoded.picture.width, decoded.picture.height));
    const Picture copy(decoded.picture);  // every sample can be read
    EXPECT_EQ(copy.width(), decoded.picture.width);
}

TEST_P(Video, garbage_is_refused_and_leaves_no_trace) {
    const auto film = encoded_film(GetParam(), {64, 48, 30, 200'000}, 2);
    const auto eye = decoder();
    SeededRandom random(1);
    for (int turn = 0; turn < 5000; ++turn) {
        Bytes bytes(random.below(400));
        random.fill(bytes);
        // Some that look as if they were something.
        if (turn % 2 == 0 && bytes.size() > 10 && GetParam() == VideoCodec::vp8)
            std::copy_n(film.front().bytes.begin(), 10, bytes.begin());
        if (turn % 2 == 0 && bytes.size() > 5 && GetParam() == VideoCodec::h264) {
            constexpr std::array<std::uint8_t, 4> types{0x65, 0x41, 0x67, 0x68};
            std::copy_n(std::array<std::uint8_t, 4>{0, 0, 0, 1}.begin(), 4, bytes.begin());
            bytes[4] = types[random.below(types.size())];
        }
        expect_sane(eye->decode(bytes));
    }
    expect_unharmed(*eye, *decoder(), film.front());
}

TEST_P(Video, pictures_that_are_cut_short_do_no_harm) {
    const auto film = encoded_film(GetParam(), {96, 64, 30, 300'000}, 6, 3);
    const auto eye = decoder();
    for (const EncodedPicture& picture : film)
        for (std::size_t size = 0; size < picture.bytes.size(); size += 1 + size / 100)
            expect_sane(eye->decode(BytesView(picture.bytes).first(size)));
    expect_unharmed(*eye, *decoder(), film.front());
}

TEST_P(Video, pictures_with_flipped_bits_do_no_harm) {
    const auto film = encoded_film(GetParam(), {96, 64, 30, 300'000}, 12, 4);
    const auto eye = decoder();
    SeededRandom random(2);
    int refused = 0;
    int seen = 0;
    for (int turn = 0; turn < 6000; ++turn) {
        Bytes bytes = film[static_cast<std::size_t>(turn) % film.size()].bytes;
        if (bytes.empty()) continue;
        for (std::uint64_t flips = 1 + random.below(8); flips > 0; --flips) {
            // More often where the headers are.
            const std::size_t reach = random.below(2) == 0 ? std::min<std::size_t>(bytes.size(), 40) : bytes.size();
            bytes[random.below(reach)] ^= static_cast<std::uint8_t>(1U << random.below(8));
        }
        const DecodedPicture decoded = eye->decode(bytes);
        expect_sane(decoded);
        if (!decoded.fault.empty()) ++refused;
        if (!decoded.picture.empty()) ++seen;
    }
    EXPECT_GT(refused, 0);  // the loop reaches both ends
    EXPECT_GT(seen, 0);
    expect_unharmed(*eye, *decoder(), film.front());
}

TEST(Vp8, a_picture_that_is_too_large_is_refused_by_its_header) {
    const auto eye = got(the_plugin().make_video_decoder(VideoCodec::vp8));
    auto film = encoded_film(VideoCodec::vp8, {64, 48, 30, 200'000}, 1);
    Bytes& bytes = film.front().bytes;
    bytes[6] = 0x01;
    bytes[7] = 0x10;
    EXPECT_THAT(eye->decode(bytes).fault, HasSubstr("4097 x 48"));
    bytes[7] = 0x3f;
    EXPECT_THAT(eye->decode(bytes).fault, HasSubstr("16129 x 48"));
}

TEST(Vp8, a_frame_in_packets_is_the_same_frame) {
    const auto film = encoded_film(VideoCodec::vp8, {}, 30, 10);
    std::uint16_t id = 0x7ff0;
    for (const EncodedPicture& picture : film) {
        if (picture.bytes.empty()) continue;
        const auto payloads = proto::vp8::packetise(picture.bytes, 1180, id);
        ASSERT_TRUE(payloads);
        EXPECT_EQ(proto::vp8::starts_key_frame(payloads->front()), picture.key);
        EXPECT_EQ(proto::vp8::read_frame_header(picture.bytes)->key, picture.key);
        EXPECT_EQ(*proto::vp8::assemble(*payloads), picture.bytes);
        ++id;
    }
    EXPECT_EQ(proto::vp8::read_frame_header(film.front().bytes)->width, 640);
    EXPECT_EQ(proto::vp8::read_frame_header(film.front().bytes)->height, 480);
}

TEST(H264, each_idr_picture_has_its_parameter_sets_and_is_constrained_baseline) {
    const auto film = encoded_film(VideoCodec::h264, {}, 30, 10);
    for (const EncodedPicture& picture : film) {
        if (picture.bytes.empty()) continue;
        const auto units = proto::h264::split_annex_b(picture.bytes);
        ASSERT_TRUE(units);
        EXPECT_EQ(proto::h264::is_key(picture.bytes), picture.key);
        if (!picture.key) continue;
        ASSERT_GE(units->size(), 3U);
        EXPECT_EQ(proto::h264::type_of((*units)[1]), proto::h264::NalType::picture_parameters);
        const auto parameters = proto::h264::read_sequence_parameters((*units)[0]);
        ASSERT_TRUE(parameters);
        EXPECT_EQ(parameters->width, 640U);
        EXPECT_EQ(parameters->height, 480U);
        EXPECT_TRUE(same_profile(parameters->profile, proto::h264::constrained_baseline_3_1)) << to_string(parameters->profile);
        EXPECT_FALSE(level_below(proto::h264::constrained_baseline_3_1, parameters->profile)) << to_string(parameters->profile);
        const auto payloads = proto::h264::packetise(picture.bytes, 1180);
        ASSERT_TRUE(payloads);
        const auto first = proto::h264::inspect(payloads->front());
        EXPECT_TRUE(first.sequence_parameters && first.picture_parameters && !first.idr);
    }
}

TEST(H264, a_picture_in_packets_is_the_same_picture) {
    const auto eye = got(the_plugin().make_video_decoder(VideoCodec::h264));
    const auto film = encoded_film(VideoCodec::h264, {}, 30, 10);
    for (std::size_t i = 0; i < film.size(); ++i) {
        if (film[i].bytes.empty()) continue;
        const auto payloads = proto::h264::packetise(film[i].bytes, 1180);
        ASSERT_TRUE(payloads);
        for (const Bytes& payload : *payloads) EXPECT_LE(payload.size(), 1180U);
        const auto whole = proto::h264::assemble(*payloads);
        ASSERT_TRUE(whole);
        EXPECT_FALSE(eye->decode(*whole).picture.empty()) << i;
    }
}

/// A sequence parameter set of so many macroblocks.
Bytes sequence_parameters(std::uint32_t columns, std::uint32_t rows, std::uint32_t references) {
    std::string bits;
    const auto put = [&](std::uint32_t value) {  // ue(v)
        const int size = std::bit_width(value + 1);
        bits += std::string(static_cast<std::size_t>(size - 1), '0');
        for (int i = size - 1; i >= 0; --i) bits += ((value + 1) >> i) % 2 == 1 ? '1' : '0';
    };
    for (const std::uint32_t value : {0U, 0U, 2U, references}) put(value);  // id, frame numbers, picture order, references
    bits += '0';
    put(columns - 1);
    put(rows - 1);
    bits +=
        "110"
        "0"
        "1";  // frames only, direct 8x8, nothing cropped; no VUI; the end
    Bytes out{0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x34};
    for (std::size_t i = 0; i < bits.size(); i += 8) {
        unsigned byte = 0;
        for (std::size_t k = i; k < i + 8; ++k) byte = byte * 2 + (k < bits.size() && bits[k] == '1' ? 1 : 0);
        out.push_back(static_cast<std::uint8_t>(byte));
    }
    return out;
}

TEST(H264, a_picture_that_is_too_large_is_refused_by_its_parameters) {
    const auto eye = got(the_plugin().make_video_decoder(VideoCodec::h264));
    EXPECT_THAT(eye->decode(sequence_parameters(258, 3, 1)).fault, HasSubstr("4128 x 48"));
    EXPECT_THAT(eye->decode(sequence_parameters(256, 256, 16)).fault, HasSubstr("256 MiB"));
    const auto film = encoded_film(VideoCodec::h264, {64, 48, 30, 200'000}, 1);
    EXPECT_FALSE(eye->decode(film.front().bytes).picture.empty());
}

}  // namespace
}  // namespace volley::media::test
