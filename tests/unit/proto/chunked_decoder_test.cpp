// The decoder alone: what it hands out with one call. The grammar's cases stand in response_parser_test.cpp.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "proto/http/chunked_decoder.hpp"

namespace volley::proto::http {
namespace {

using Event = ChunkedDecoder::Event;

TEST(Chunked, data_is_a_view_into_the_input) {
    const std::string in = "5\r\nhello\r\n0\r\n\r\nrest";
    ChunkedDecoder decoder;
    decoder.start(100, 100);
    auto step = decoder.parse(in);
    EXPECT_EQ(step.event, Event::data);
    EXPECT_EQ(step.data.data(), in.data() + 3);
    EXPECT_EQ(step.data, "hello");
    EXPECT_EQ(step.consumed, 8U);
    step = decoder.parse(std::string_view(in).substr(8));
    EXPECT_EQ(step.event, Event::done);
    EXPECT_EQ(step.consumed, 7U);
}

TEST(Chunked, start_begins_anew) {
    ChunkedDecoder decoder;
    for (const std::string_view before : {"5\r\nhel", "00000000000000", "1;ext", "0\r\nA: ", "0\r\nA: 1\r\n\r"}) {
        decoder.start(100, 100);
        EXPECT_NE(decoder.parse(before).event, Event::bad);
        decoder.start(2, 2);
        std::string_view rest = "2\r\nok\r\n0\r\n\r\n";
        const auto step = decoder.parse(rest);
        EXPECT_EQ(step.data, "ok") << before;
        rest.remove_prefix(step.consumed);
        EXPECT_EQ(decoder.parse(rest).event, Event::done) << before;
    }
}

TEST(Chunked, nothing_in_nothing_out) {
    ChunkedDecoder decoder;
    decoder.start(0, 0);
    EXPECT_EQ(decoder.parse("").event, Event::need_more);
    EXPECT_EQ(decoder.parse("1\r").event, Event::need_more);
    EXPECT_EQ(decoder.parse("\n").event, Event::body_too_long);
    decoder.start(0, 0);
    EXPECT_EQ(decoder.parse("0\r\n").event, Event::need_more);
    EXPECT_EQ(decoder.parse("\r").event, Event::framing_too_long);
}

}  // namespace
}  // namespace volley::proto::http
