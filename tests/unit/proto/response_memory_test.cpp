// Tens of thousands of parsers are alive at once: what one takes, and when it allocates.
#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "proto/http/response_parser.hpp"
#include "support/allocations.hpp"

namespace {

std::size_t allocations = 0;
std::size_t largest = 0;

void count(std::size_t size) {
    ++allocations;
    largest = std::max(largest, size);
}
const bool counted = (volley::test::on_allocation = &count) != nullptr;

}  // namespace

namespace volley::proto::http {
namespace {

using Event = ResponseParser::Event;

constexpr std::string_view usual =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 01 Mar 2025 12:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 11\r\nConnection: keep-alive\r\n\r\nhello world";

// Whether it was read to its end; cut into pieces of that size.
bool read(ResponseParser& parser, std::string_view answer, std::size_t piece) {
    parser.start(false);
    while (!answer.empty()) {
        std::string_view rest = answer.substr(0, piece);
        answer.remove_prefix(rest.size());
        for (;;) {
            const auto step = parser.parse(rest);
            rest.remove_prefix(step.consumed);
            if (step.event == Event::done) return true;
            if (step.event == Event::error) return false;
            if (step.event == Event::need_more) break;
            if (step.event == Event::head)
                while (parser.next_field()) continue;
        }
    }
    return false;
}

TEST(ParserMemory, one_is_small) { EXPECT_LE(sizeof(ResponseParser), 160U); }

TEST(ParserMemory, a_head_in_one_piece_allocates_nothing) {
    ResponseParser parser;
    const std::size_t before = allocations;
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(read(parser, usual, usual.size()));
        EXPECT_TRUE(read(parser, usual, usual.find("hello")));  // the body apart
    }
    EXPECT_EQ(allocations, before);
}

TEST(ParserMemory, a_head_in_pieces_uses_the_memory_of_the_one_before) {
    ResponseParser parser;
    EXPECT_TRUE(read(parser, usual, 50));
    const std::size_t before = allocations;
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(read(parser, usual, 50));
    EXPECT_EQ(allocations, before);
}

TEST(ParserMemory, a_body_is_never_kept) {
    std::string large = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
    large.resize(large.size() + 1'000'000, 'x');
    ResponseParser parser;
    largest = 0;
    EXPECT_TRUE(read(parser, large, 1));
    EXPECT_LE(largest, 256U);
    EXPECT_TRUE(read(parser, large, 30));  // the head is cut, and most of the body comes behind it
    EXPECT_LE(largest, 256U);
}

TEST(ParserMemory, a_line_without_end_takes_no_more_than_its_limit) {
    ResponseParser parser;
    parser.start(false, {.head_bytes = 10'000});
    largest = 0;
    const std::string endless(100, 'a');
    auto event = parser.parse("HTTP/1.1 200 ").event;
    for (int i = 0; i < 1000 && event == Event::need_more; ++i) event = parser.parse(endless).event;
    EXPECT_EQ(event, Event::error);
    EXPECT_EQ(parser.error(), NetErrc::header_too_large);
    EXPECT_LE(largest, 20'001U);  // a string doubles its memory as it grows
}

TEST(ParserMemory, what_a_long_head_took_is_given_back) {
    ResponseParser parser;
    std::string long_head = "HTTP/1.1 204 OK\r\n";
    for (int i = 0; i < 1000; ++i) long_head += "X-Long: " + std::string(40, 'x') + "\r\n";
    EXPECT_TRUE(read(parser, long_head + "\r\n", 1000));
    EXPECT_TRUE(read(parser, usual, usual.size()));
    const std::size_t before = allocations;
    EXPECT_TRUE(read(parser, usual, 50));
    EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace volley::proto::http
