// Bytes are looked at eight in one step: every byte at every place must be judged as alone.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "proto/http/syntax.hpp"

namespace volley::proto::http {
namespace {

TEST(Syntax, each_byte_stops_text_at_each_place_as_the_rule_says) {
    for (const char around : {'a', '\t', '\x80', '\xff', ' ', '~'}) {
        for (int value = 0; value < 256; ++value) {
            const bool is_text = value == '\t' || (value >= 0x20 && value != 0x7f);
            for (std::size_t at = 0; at < 20; ++at) {
                std::string text(20, around);
                text[at] = static_cast<char>(value);
                ASSERT_EQ(skip_text(text, 0), is_text ? text.size() : at) << value << " at " << at << " amid " << int(around);
                ASSERT_EQ(skip_text(text, at), is_text ? text.size() : at);
                ASSERT_EQ(skip_text(std::string_view(text).substr(0, at + 1), 0), is_text ? at + 1 : at);
            }
        }
    }
}

TEST(Syntax, of_several_stops_the_first_counts) {
    EXPECT_EQ(skip_text("ab\rcd\n\0\x7f", 0), 2U);
    EXPECT_EQ(skip_text("ab\tcd\x7f\r\n", 0), 5U);
    EXPECT_EQ(skip_text("\t\t\t\t\t\t\t\t\t\r", 0), 9U);
}

TEST(Syntax, token_chars_are_those_of_the_rfc) {
    // RFC 9110 section 5.6.2: any visible ASCII but the delimiters.
    for (int value = 0; value < 256; ++value) {
        const char c = static_cast<char>(value);
        const bool visible = value > 0x20 && value < 0x7f;
        EXPECT_EQ(is_token_char(c), visible && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos)
            << value;
    }
}

TEST(Syntax, case_is_ignored_for_letters_alone) {
    EXPECT_TRUE(equals_ignoring_case("Keep-ALIVE", "keep-alive"));
    EXPECT_FALSE(equals_ignoring_case("Keep-ALIV", "keep-alive"));
    EXPECT_FALSE(equals_ignoring_case("Keep\rALIVE", "keep-alive"));  // '-' with another bit set or not
    EXPECT_FALSE(equals_ignoring_case("@", "`"));
    EXPECT_FALSE(equals_ignoring_case("[", "{"));
}

TEST(Syntax, lists_are_taken_apart_at_commas) {
    std::string_view list = " a ,, b\t,";
    std::vector<std::string_view> elements;
    while (!list.empty()) elements.push_back(take_element(list));
    EXPECT_EQ(elements, (std::vector<std::string_view>{"a", "", "b"}));
}

}  // namespace
}  // namespace volley::proto::http
