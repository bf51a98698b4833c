#include "base/bytes.hpp"

#include <array>

#include <gtest/gtest.h>

namespace volley {
namespace {

TEST(Bytes, numbers_are_read_as_they_were_written) {
    ByteWriter out;
    out.u8(0x01);
    out.u16(0x0203);
    out.u32(0x04050607);
    out.u64(0x08090a0b0c0d0e0f);
    out.zeros(2);
    out.u16_at(1, 0x1213);
    EXPECT_EQ(Bytes(out.view().begin(), out.view().end()),
              (Bytes{0x01, 0x12, 0x13, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0}));
    ByteReader in(out.view());
    EXPECT_EQ(in.u8(), 0x01);
    EXPECT_EQ(in.u16(), 0x1213);
    EXPECT_EQ(in.u32(), 0x04050607U);
    EXPECT_EQ(in.u64(), 0x08090a0b0c0d0e0fU);
    EXPECT_EQ(in.left(), 2U);
    EXPECT_TRUE(in.ok());
}

TEST(Bytes, a_read_behind_the_end_is_remembered_and_gives_nothing) {
    const std::array<std::uint8_t, 3> bytes{1, 2, 3};
    ByteReader in(bytes);
    EXPECT_EQ(in.u32(), 0U);
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.left(), 0U);
    EXPECT_EQ(in.u8(), 0U);
    EXPECT_TRUE(in.bytes(1).empty());
    EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace volley
