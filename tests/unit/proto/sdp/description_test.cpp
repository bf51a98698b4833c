// A description's lines: whatever was read is written again byte for byte, and what is no description is refused in words.
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/sdp/description.hpp"
#include "proto/sdp/session.hpp"
#include "support/fixtures.hpp"

namespace volley::proto::sdp {
namespace {

using testing::HasSubstr;

const std::string head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

SourceError refusal(std::string_view text) {
    const auto parsed = parse(text);
    if (!parsed) return parsed.error();
    ADD_FAILURE() << "was taken: " << text;
    return {};
}

TEST(Description, each_recorded_description_is_written_again_byte_for_byte) {
    const auto files = test::files_of(VOLLEY_SDP_FIXTURES);
    ASSERT_GE(files.size(), 24U);
    for (const auto& file : files) {
        const std::string text = test::read_file(file);
        const auto parsed = parse(text);
        ASSERT_TRUE(parsed) << file << '\n' << format_source_error(parsed.error());
        EXPECT_EQ(print(*parsed), text) << file;
        EXPECT_GE(parsed->media.size(), 1U) << file;
    }
}

TEST(Description, line_ends_of_each_kind_are_kept) {
    for (const std::string& text : {head, head + "m=audio 9 RTP/AVP 0", std::string("v=0\no=- 1 1 IN IP4 0.0.0.0\r\ns=\n"),
                                    head + "\r\n", head + "\n\n", head + "\r\n\r\n"}) {
        const auto parsed = parse(text);
        ASSERT_TRUE(parsed) << text << format_source_error(parsed.error());
        EXPECT_EQ(print(*parsed), text);
    }
}

TEST(Description, unknown_attributes_and_lines_of_all_levels_keep_their_places) {
    const std::string text =
        head +
        "i=words\r\nb=AS:5\r\na=x-thing:\xff\x01:y\r\nk=clear:a\r\na=flag\r\nm=audio 9 RTP/AVP 0\r\ni=\xc3\xa4\r\nc=IN IP6 "
        "::1\r\nb=TIAS:1\r\na=x\r\na=y: z \r\nm=video 0 x 0\r\n";
    const auto parsed = parse(text);
    ASSERT_TRUE(parsed) << format_source_error(parsed.error());
    EXPECT_EQ(print(*parsed), text);
    EXPECT_EQ(parsed->media[0].lines.back().number, 15);
}

TEST(Description, attributes_are_a_name_and_what_follows_its_first_colon) {
    const auto parsed = parse(head + "a=flag\r\na=name:v:w\r\na=empty:\r\n");
    ASSERT_TRUE(parsed);
    const auto& lines = parsed->session.lines;
    EXPECT_EQ(attribute_of(lines[4]).name, "flag");
    EXPECT_EQ(attribute_of(lines[5]).name, "name");
    EXPECT_EQ(attribute_of(lines[5]).value, "v:w");
    EXPECT_EQ(attribute_of(lines[6]).name, "empty");
    EXPECT_EQ(attribute_of(lines[6]).value, "");
}

TEST(Description, an_error_names_line_column_what_and_remedy) {
    const auto error = refusal(head + "a=ok\r\na=no name:x\r\n");
    EXPECT_EQ(error.pos, (SourcePos{6, 3}));
    EXPECT_EQ(format_source_error(error),
              "SDP:6:3: error: the name of the attribute, \"no name\", is none\n"
              "    6 | a=no name:x\n"
              "      |   ^\n"
              "      = it is a word without blanks, then nothing or a colon\n");
}

TEST(Description, an_error_in_the_line_of_a_password_does_not_show_it) {
    for (const std::string& line : {std::string("a=ice-pwd:s3cr3t\rs3cr3t\r\n"), std::string("a=ice-pwd:s3cr3t\0\r\n", 19)}) {
        const auto error = refusal(head + line);
        EXPECT_EQ(error.line_text, "a=ice-pwd:***");
        EXPECT_EQ(format_source_error(error).find("s3cr3t"), std::string::npos) << format_source_error(error);
    }
}

TEST(Description, what_is_no_description_is_told_from_its_first_line) {
    EXPECT_THAT(refusal("").text, HasSubstr("nothing is in it"));
    EXPECT_THAT(refusal("{\"sdp\": \"v=0\"}").hint, HasSubstr("JSON"));
    EXPECT_THAT(refusal("<html>").hint, HasSubstr("HTML"));
    EXPECT_THAT(refusal("v=0\\r\\no=- 1 1 IN IP4 0.0.0.0\\r\\n").text, HasSubstr("version"));
    EXPECT_THAT(refusal("V=0\r\n").hint, HasSubstr("begins with v=0"));
    EXPECT_THAT(refusal("a=group:BUNDLE 0\r\n").hint, HasSubstr("begins with v=0"));
}

TEST(Description, a_json_string_that_was_not_decoded_is_named_so) {
    // People paste the JSON of an offer: its line ends are then two letters each.
    const auto error = refusal("v=0\\r\\no=- 1 1 IN IP4 0.0.0.0\\r\\ns=-\\r\\n");
    EXPECT_THAT(error.hint, HasSubstr("decode the JSON string"));
}

TEST(Description, broken_lines_are_refused_where_they_stand) {
    const struct {
        std::string text;
        int line;
        std::string said;
    } cases[] = {
        {"v=1\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n", 1, "version \"1\""},
        {"v=0\r\ns=-\r\n", 2, "line 2 must be o="},
        {"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio 9 x 0\r\n", 3, "line 3 must be s="},
        {"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n", 0, "the s= line is missing"},
        {head + "v=0\r\n", 5, "a second v="},
        {head + "x=1\r\n", 5, "x= is not a line of SDP"},
        {head + "m=audio 9 x 0\r\nt=0 0\r\n", 6, "t= stands in a media section"},
        {head + "m=audio 9 x 0\r\nq=0 0\r\n", 6, "q= is not a line of SDP"},
        {head + "a\r\n", 5, "not a line of SDP"},
        {head + "A=x\r\n", 5, "not a line of SDP"},
        {head + "a:x\r\n", 5, "not a line of SDP"},
        {head + "\r\na=x\r\n", 5, "an empty line"},
        {head + "a=\r\n", 5, "is none"},
        {head + "a=:x\r\n", 5, "is none"},
        {head + "a=x\ry\r\n", 5, "a CR without its LF"},
        {head + std::string("a=x:\0y\r\n", 8), 5, "a zero byte"},
    };
    for (const auto& c : cases) {
        const auto error = refusal(c.text);
        EXPECT_EQ(error.pos.line, c.line) << c.text;
        EXPECT_THAT(error.text, HasSubstr(c.said)) << c.text;
    }
}

TEST(Description, words_of_the_peer_are_bounded_and_escaped_in_an_error) {
    const auto error = refusal(head + "a=" + std::string(5000, '\x1b') + " x\r\n");
    EXPECT_LT(error.text.size(), 400U);
    EXPECT_EQ(error.text.find('\x1b'), std::string::npos);
    EXPECT_LE(error.line_text.size(), 200U);
    EXPECT_EQ(format_source_error(error).find('\x1b'), std::string::npos);
}

TEST(Description, limits_hold_to_the_byte) {
    Limits limits;
    limits.bytes = head.size();
    EXPECT_TRUE(parse(head, "SDP", limits));
    --limits.bytes;
    EXPECT_FALSE(parse(head, "SDP", limits));
    limits = {};
    limits.line_bytes = 30;
    EXPECT_TRUE(parse(head + "a=" + std::string(28, 'x'), "SDP", limits));
    EXPECT_FALSE(parse(head + "a=" + std::string(29, 'x'), "SDP", limits));
    limits = {};
    limits.lines = 5;
    EXPECT_TRUE(parse(head + "a=x\r\n", "SDP", limits));
    EXPECT_FALSE(parse(head + "a=x\r\na=x\r\n", "SDP", limits));
    limits = {};
    limits.sections = 1;
    EXPECT_TRUE(parse(head + "m=audio 9 x 0\r\n", "SDP", limits));
    EXPECT_FALSE(parse(head + "m=audio 9 x 0\r\nm=audio 9 x 0\r\n", "SDP", limits));
}

TEST(Description, a_megabyte_is_taken_or_refused_with_a_reason) {
    std::string text = head;
    while (text.size() < 1024 * 1024) text += "a=x\r\n";
    EXPECT_THAT(refusal(text.substr(0, 1024 * 1024)).text, HasSubstr("more than 50000 lines"));
    text += "a=x\r\n";
    EXPECT_THAT(refusal(text).text, HasSubstr("more than the limit of 1048576"));
    EXPECT_THAT(refusal(std::string(1024 * 1024, '\n')).text, HasSubstr("an empty line"));
    EXPECT_THAT(refusal(head + std::string(900'000, 'a') + "\r\n").text, HasSubstr("a line of 900000 bytes"));
}

}  // namespace
}  // namespace volley::proto::sdp
