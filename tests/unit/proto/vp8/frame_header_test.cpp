// The beginning of VP8 frames.
#include <gtest/gtest.h>

#include "proto/vp8/frame_header.hpp"
#include "support/hex.hpp"

namespace volley::proto::vp8 {
namespace {

using test::unhex;

TEST(Vp8FrameHeader, a_key_frame_says_its_size) {
    // libvpx's first frame of 640x480: shown, version 0, first partition of 0x2a5 bytes.
    const auto header = read_frame_header(unhex("b05400 9d012a 8002 e001 0047"));
    ASSERT_TRUE(header);
    EXPECT_TRUE(header->key);
    EXPECT_TRUE(header->shown);
    EXPECT_EQ(header->version, 0);
    EXPECT_EQ(header->first_partition_bytes, 0x2a5U);
    EXPECT_EQ(header->width, 640);
    EXPECT_EQ(header->height, 480);
    EXPECT_EQ(header->horizontal_scale, 0);
    EXPECT_EQ(header->vertical_scale, 0);
}

TEST(Vp8FrameHeader, scales_stand_above_the_sizes) {
    const auto header = read_frame_header(unhex("100000 9d012a 0140 ffff"));
    ASSERT_TRUE(header);
    EXPECT_EQ(header->width, 1);
    EXPECT_EQ(header->horizontal_scale, 1);
    EXPECT_EQ(header->height, 0x3fff);
    EXPECT_EQ(header->vertical_scale, 3);
}

TEST(Vp8FrameHeader, another_frame_has_three_bytes_of_it) {
    const auto header = read_frame_header(unhex("e7ffff"));
    ASSERT_TRUE(header);
    EXPECT_FALSE(header->key);
    EXPECT_FALSE(header->shown);
    EXPECT_EQ(header->version, 3);
    EXPECT_EQ(header->first_partition_bytes, 0x7ffffU);
    EXPECT_EQ(header->width, 0);
}

TEST(Vp8FrameHeader, what_is_cut_or_no_key_frame_is_refused) {
    const Bytes whole = unhex("b05400 9d012a 8002 e001");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(read_frame_header(BytesView(whole).first(size)).error(), make_error_code(Errc::truncated)) << size;
    EXPECT_TRUE(read_frame_header(whole));
    EXPECT_EQ(read_frame_header(unhex("b05400 9d012b 8002 e001")).error(), make_error_code(Errc::not_vp8));
    EXPECT_EQ(read_frame_header(unhex("b05400 9d012a 0000 e001")).error(), make_error_code(Errc::not_vp8));
    EXPECT_EQ(read_frame_header(unhex("b05400 9d012a 8002 00c0")).error(), make_error_code(Errc::not_vp8));
}

}  // namespace
}  // namespace volley::proto::vp8
