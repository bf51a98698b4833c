#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include "base/markup.hpp"

namespace volley {
namespace {

TEST(Utf8, first_bad_byte_is_found) {
    EXPECT_EQ(first_bad_utf8("h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), std::string_view::npos);
    EXPECT_EQ(first_bad_utf8("ab\x80"), 2U);
    EXPECT_EQ(first_bad_utf8("\xE2\x82"), 0U);
    EXPECT_EQ(first_bad_utf8("\xF4\x90\x80\x80"), 0U);
    EXPECT_EQ(first_bad_utf8("\xE0\x80\x80"), 0U);
    EXPECT_EQ(first_bad_utf8("\xED\xA0\x80"), 0U) << "a surrogate";
    EXPECT_EQ(first_bad_utf8(""), std::string_view::npos);
}

TEST(Utf8, a_sequence_has_its_length) {
    EXPECT_EQ(utf8_length("ab"), 1U);
    EXPECT_EQ(utf8_length("\xC3\xA9 "), 2U);
    EXPECT_EQ(utf8_length("\xE2\x82\xAC\xE2"), 3U);
    EXPECT_EQ(utf8_length("\xF0\x9F\x98\x80"), 4U);
    EXPECT_EQ(utf8_length("\xC3"), 0U) << "cut short";
    EXPECT_EQ(utf8_length("\x80"), 0U);
}

TEST(Markup, five_characters_have_a_reference) {
    std::string out;
    for (const char c : std::string_view("a&<>\"'\n")) {
        const auto reference = markup_reference(c);
        out += reference.empty() ? std::string(1, c) : std::string(reference);
    }
    EXPECT_EQ(out, "a&amp;&lt;&gt;&quot;&#39;\n");
}

}  // namespace
}  // namespace volley
