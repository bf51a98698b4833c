// profile-level-id.
#include <gtest/gtest.h>

#include "proto/h264/profile.hpp"

namespace volley::proto::h264 {
namespace {

Profile named(std::string_view digits) { return profile_of(*parse_profile_level_id(digits)); }
bool same(std::string_view a, std::string_view b) { return same_profile(*parse_profile_level_id(a), *parse_profile_level_id(b)); }
std::string answered(std::string_view offered, std::string_view ours, bool asymmetry) {
    const auto answer = answer_profile(*parse_profile_level_id(offered), *parse_profile_level_id(ours), asymmetry);
    return answer ? to_string(*answer) : "none";
}

TEST(H264Profile, three_bytes_are_six_digits) {
    EXPECT_EQ(*parse_profile_level_id("42e01f"), constrained_baseline_3_1);
    EXPECT_EQ(*parse_profile_level_id("42E01F"), constrained_baseline_3_1);
    EXPECT_EQ(to_string(constrained_baseline_3_1), "42e01f");
    EXPECT_EQ(to_string({0, 0x0a, 0xf0}), "000af0");
    for (const char* wrong : {"", "42e01", "42e01f0", "42e01g", "+2e01f", "-2e01f", "0x42e0", " 42e01", "42e01 "})
        EXPECT_EQ(parse_profile_level_id(wrong).error(), make_error_code(Errc::bad_profile)) << wrong;
}

TEST(H264Profile, different_bytes_may_name_one_profile) {
    // RFC 6184 table 5, and what browsers offer.
    for (const char* digits : {"42e01f", "42c01f", "42f00b", "4d801f", "4de01f", "58c01f", "42401f"})
        EXPECT_EQ(named(digits), Profile::constrained_baseline) << digits;
    for (const char* digits : {"42001f", "42a01f", "58801f"}) EXPECT_EQ(named(digits), Profile::baseline) << digits;
    for (const char* digits : {"4d001f", "4d401f"}) EXPECT_EQ(named(digits), Profile::main) << digits;
    EXPECT_EQ(named("58001f"), Profile::extended);
    EXPECT_EQ(named("64001f"), Profile::high);
    EXPECT_EQ(named("640c1f"), Profile::constrained_high);
    for (const char* digits : {"f4001f", "42e11f", "64801f", "00001f"}) EXPECT_EQ(named(digits), Profile::other) << digits;
    EXPECT_TRUE(same("42e01f", "4d8028"));
    EXPECT_FALSE(same("42e01f", "42001f"));
    EXPECT_TRUE(same("f4001f", "f40028"));
    EXPECT_FALSE(same("f4001f", "6e001f"));
}

TEST(H264Profile, level_1b_stands_between_1_and_1_1) {
    const auto below = [](std::string_view a, std::string_view b) {
        return level_below(*parse_profile_level_id(a), *parse_profile_level_id(b));
    };
    EXPECT_TRUE(below("42e00a", "42f00b"));
    EXPECT_TRUE(below("42f00b", "42e00b"));
    EXPECT_FALSE(below("42e00b", "42f00b"));
    EXPECT_TRUE(below("640009", "64000b"));
    EXPECT_FALSE(below("640009", "64000a"));
    EXPECT_FALSE(below("64100b", "64000b"));  // the flag means nothing there
    EXPECT_TRUE(below("42e01e", "42e01f"));
    EXPECT_FALSE(below("42e01f", "42e01f"));
}

TEST(H264Profile, an_answer_has_the_offers_profile_and_a_level_that_both_can) {
    EXPECT_EQ(answered("42e01f", "42e028", false), "42e01f");
    EXPECT_EQ(answered("42e028", "42e01f", false), "42e01f");
    EXPECT_EQ(answered("42e01f", "42e028", true), "42e028");
    EXPECT_EQ(answered("4d801f", "42e014", false), "4d8014");  // the offer's own bytes
    EXPECT_EQ(answered("42e01f", "42f00b", false), "42f00b");  // 1b
    EXPECT_EQ(answered("42f00b", "42e00b", true), "42e00b");   // and not 1b
    EXPECT_EQ(answered("42f00b", "42e00b", false), "42f00b");
    EXPECT_EQ(answered("42001f", "42e01f", true), "none");
}

}  // namespace
}  // namespace volley::proto::h264
