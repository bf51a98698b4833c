#include <gtest/gtest.h>

#include "base/mask.hpp"

namespace volley {
namespace {

std::string masked(std::string_view text, const std::vector<std::string>& secrets) { return mask(text, spellings(secrets)); }

// A secret that a URL, JSON or our own escaping writes in another way was not found.
TEST(Mask, finds_a_secret_in_every_spelling) {
    const std::vector<std::string> secrets{"s3cret+w/x\"y \xc3\x89"};
    for (const char* text :
         {"s3cret+w/x\"y \xc3\x89", "s3cret+w/x\\\"y \xc3\x89", "s3cret%2Bw%2Fx%22y%20%C3%89", "s3cret%2bw%2fx%22y%20%c3%89",
          "s3cret%2Bw%2Fx%22y+%C3%89", "s3cret+w/x%22y%20%C3%89", "s3cret%2Bw/x%22y%20%C3%89", "s3cret+w%2Fx%22y%20%C3%89"})
        EXPECT_EQ(masked(std::string("a=") + text + "&b", secrets), "a=***&b") << text;
    EXPECT_EQ(masked("a\x01\xff-b", {"\x01\xff-"}), "a***b");
    EXPECT_EQ(masked("a\\x01\\xff-b", {"\x01\xff-"}), "a***b");
}

TEST(Mask, the_longest_secret_goes_first) {
    EXPECT_EQ(masked("abcdef abcd", {"abcd", "abcdef"}), "*** ***");
    EXPECT_EQ(masked("nothing here", {"abcd"}), "nothing here");
    EXPECT_EQ(masked("anything", {}), "anything");
}

TEST(Mask, the_start_of_a_long_text_is_enough) {
    const auto known = spellings({"secret"});
    std::string text;
    while (text.size() < 10'000) text += "secret";
    const std::string start = mask_start(text, known, 60);
    EXPECT_LT(start.size(), 1000U);
    EXPECT_EQ(start.substr(0, 60), std::string(60, '*'));
}

}  // namespace
}  // namespace volley
