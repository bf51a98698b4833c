#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <volley/error.hpp>

namespace volley {
namespace {

TEST(Condition, names_what_callers_react_to) {
    EXPECT_EQ(error_code(boost::asio::error::connection_refused), Condition::refused);
    EXPECT_EQ(error_code(boost::asio::error::connection_reset), Condition::reset);
    EXPECT_EQ(error_code(boost::asio::error::eof), Condition::reset);
    EXPECT_EQ(error_code(boost::asio::error::host_not_found), Condition::resolve);
    EXPECT_EQ(error_code(boost::asio::ssl::error::stream_truncated), Condition::tls);
    EXPECT_EQ(error_code(boost::asio::error::operation_aborted), Condition::cancelled);
    EXPECT_EQ(error_code(NetErrc::truncated_body), Condition::truncated);
    EXPECT_NE(error_code(NetErrc::truncated_body), Condition::timeout);
    EXPECT_NE(error_code(), Condition::protocol) << "success is no condition";
}

// What no condition names was equal to `protocol`, which blames a peer: a typing mistake in a duration did.
TEST(Condition, what_none_names_equals_none) {
    for (int c = 1; c <= static_cast<int>(Condition::too_large); ++c) {
        EXPECT_NE(error_code(ParseErrc::no_unit), static_cast<Condition>(c));
        EXPECT_NE(error_code(ENOENT, boost::system::system_category()), static_cast<Condition>(c));
    }
    EXPECT_EQ(condition_of(ParseErrc::no_unit), Condition::protocol) << "a word for a report there must be";
}

TEST(EscapeForTerminal, disarms_controls_and_keeps_text) {
    EXPECT_EQ(escape_for_terminal("plain \xc3\xa9\n\t"), "plain \xc3\xa9\n\t");
    EXPECT_EQ(escape_for_terminal("\x1b[31m"), "\\x1b[31m");
    EXPECT_EQ(escape_for_terminal("a\rb\x7f"), "a\\x0db\\x7f");
    EXPECT_EQ(escape_for_terminal("\xc2\x9b"), "\\xc2\\x9b") << "C1 control";
    EXPECT_EQ(escape_for_terminal("\xe2\x80\xae"), "\\xe2\\x80\\xae") << "right-to-left override";
    EXPECT_EQ(escape_for_terminal("\xff\xc0\xaf\xed\xa0\x80"), "\\xff\\xc0\\xaf\\xed\\xa0\\x80");
    EXPECT_EQ(escape_for_terminal("\xe2\x82"), "\\xe2\\x82") << "cut short";
}

TEST(FormatSourceError, puts_the_caret_under_the_column) {
    EXPECT_EQ(format_source_error({"s.yaml", {3, 5}, "unknown key `fro`", "did you mean `for`?", "  - fro: 1s"}),
              "s.yaml:3:5: error: unknown key `fro`\n"
              "    3 |   - fro: 1s\n"
              "      |     ^\n"
              "      = did you mean `for`?\n");
    EXPECT_EQ(format_source_error({"s.yaml", {}, "no such file", "", ""}), "s.yaml: error: no such file\n");
}

TEST(FormatSourceError, counts_characters_not_bytes_and_cuts_long_lines) {
    const auto text = format_source_error({"f", {1, 4}, "t", "", "\xc3\xa9:x"});
    EXPECT_NE(text.find("      |   ^\n"), std::string::npos) << text;
    EXPECT_LT(format_source_error({"f", {1, 500000}, "t", "", std::string(1000000, 'a')}).size(), 1000U);
}

}  // namespace
}  // namespace volley
