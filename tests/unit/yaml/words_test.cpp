#include "yaml/words.hpp"

#include <array>

#include <gtest/gtest.h>

namespace volley::yaml {
namespace {

using namespace std::string_view_literals;

TEST(EditDistance, counts_changes_and_swaps) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("timeout", "timeout"), 0U);
    EXPECT_EQ(edit_distance("tiemout", "timeout"), 1U);
    EXPECT_EQ(edit_distance("nam", "name"), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
}

TEST(EditDistance, is_bounded_for_long_words) {
    const std::string a(100'000, 'a'), b(100'000, 'b');
    EXPECT_EQ(edit_distance(a, b), 64U);
}

TEST(Nearest, guesses_only_what_is_near) {
    static constexpr std::array words{"errors"sv, "rate"sv, "scenario"sv, "name"sv};
    EXPECT_EQ(nearest("eror", words), "errors");
    EXPECT_EQ(nearest("scenaroi", words), "scenario");
    EXPECT_EQ(nearest("x", words), "");
    EXPECT_EQ(nearest("", words), "");
    EXPECT_EQ(nearest("matrix", words), "");
    EXPECT_EQ(nearest(std::string(1000, 'n'), words), "");
}

TEST(InQuotes, is_one_short_harmless_line) {
    EXPECT_EQ(in_quotes("a\nb\tc"), "`a\\nb\\tc`");
    EXPECT_EQ(in_quotes("\x1b[31m").find('\x1b'), std::string::npos);
    EXPECT_LT(in_quotes(std::string(5000, 'x')).size(), 80U);
    // Not cut within a character.
    const auto text = in_quotes(std::string(59, 'x') + "\xC3\xA9\xC3\xA9");
    EXPECT_EQ(text, '`' + std::string(59, 'x') + "...`");
}

}  // namespace
}  // namespace volley::yaml
