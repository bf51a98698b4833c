// What the client will take, and where exactly it stops taking.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "support/decoded_answer.hpp"

namespace volley::proto::http {
namespace {

using test::decode;
using test::DecodedAnswer;

// The same however it is cut, or a failure.
DecodedAnswer decode_all_ways(const std::string& input, const ResponseLimits& limits) {
    const DecodedAnswer whole = decode(input, {}, false, limits);
    EXPECT_EQ(whole.broken, "");
    EXPECT_TRUE(decode(input, test::cut_everywhere(input.size()), false, limits) == whole) << input;
    for (std::size_t cut = 0; cut <= input.size(); ++cut)
        EXPECT_TRUE(decode(input, {cut}, false, limits) == whole) << input << cut;
    return whole;
}

std::string text(NetErrc code) { return make_error_code(code).message(); }

TEST(HeadLimit, a_head_may_fill_it_to_the_last_byte) {
    const std::string head = "HTTP/1.1 204 x\r\nA: 1\r\n\r\n";
    EXPECT_EQ(decode_all_ways(head, {.head_bytes = head.size()}).end, "done");
    for (std::size_t limit = 0; limit < head.size(); ++limit)
        EXPECT_EQ(decode_all_ways(head, {.head_bytes = limit}).end, text(NetErrc::header_too_large)) << limit;
}

TEST(HeadLimit, acts_when_it_is_reached_and_not_when_the_line_ends) {
    for (const std::string line : {"HTTP/1.1 200 ", "HTTP/1.1 200 x\r\nA: ", "HTTP/1.1 200 x\r\n"}) {
        const std::string endless = line + std::string(200, 'a');
        EXPECT_EQ(decode_all_ways(endless, {.head_bytes = 100}).end, text(NetErrc::header_too_large));
        EXPECT_EQ(decode_all_ways(endless.substr(0, 99), {.head_bytes = 100}).end, text(NetErrc::truncated_body));
        EXPECT_EQ(decode_all_ways(endless.substr(0, 100), {.head_bytes = 100}).end, text(NetErrc::header_too_large));
    }
}

TEST(HeadLimit, what_is_wrong_before_it_is_said_and_what_is_wrong_behind_it_is_not_seen) {
    EXPECT_EQ(decode_all_ways("HTTP/1.1 200 " + std::string(50, 'a') + '\0' + std::string(50, 'a'), {.head_bytes = 70}).end,
              text(NetErrc::bad_answer));
    EXPECT_EQ(decode_all_ways("HTTP/1.1 200 " + std::string(70, 'a') + '\0' + std::string(50, 'a'), {.head_bytes = 70}).end,
              text(NetErrc::header_too_large));
}

TEST(HeadLimit, counts_interim_heads_and_the_empty_line_before_them) {
    const std::string interim = "HTTP/1.1 100 a\r\n\r\n";
    const std::string last = "HTTP/1.1 204 x\r\n\r\n";
    EXPECT_EQ(decode_all_ways("\r\n" + interim + interim + last, {.head_bytes = 2 + 3 * interim.size()}).end, "done");
    const auto over = decode_all_ways("\r\n" + interim + interim + last, {.head_bytes = 2 + 3 * interim.size() - 1});
    EXPECT_EQ(over.end, text(NetErrc::header_too_large));
    EXPECT_EQ(over.heads.size(), 2U);
    std::string endless;
    for (int i = 0; i < 100; ++i) endless += interim;
    EXPECT_EQ(decode_all_ways(endless, {.head_bytes = 10 * interim.size()}).heads.size(), 10U);
}

TEST(HeadLimit, does_not_count_the_body) {
    const std::string head = "HTTP/1.1 200 x\r\nContent-Length: 500\r\n\r\n";
    EXPECT_EQ(decode_all_ways(head + std::string(500, 'a'), {.head_bytes = head.size()}).end, "done");
}

TEST(TrailerLimit, is_the_head_s_once_more) {
    const std::string head = "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string trailers = "A: " + std::string(head.size() - 7, 'a') + "\r\n\r\n";
    ASSERT_EQ(trailers.size(), head.size());
    EXPECT_EQ(decode_all_ways(head + "0\r\n" + trailers, {.head_bytes = head.size()}).end, "done");
    EXPECT_EQ(decode_all_ways(head + "0\r\nB" + trailers, {.head_bytes = head.size()}).end, text(NetErrc::header_too_large));
    EXPECT_EQ(decode_all_ways(head + "0\r\nA: " + std::string(100, 'a'), {.head_bytes = head.size()}).end,
              text(NetErrc::header_too_large));
}

TEST(ExtensionLimit, is_for_each_chunk_alone) {
    const std::string head = "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string most(ChunkedDecoder::extension_bytes - 2, 'x');  // the semicolon and the CR are counted
    const auto in_bounds = decode(head + "1;" + most + "\r\na\r\n1;" + most + "\r\nb\r\n0\r\n\r\n", {});
    EXPECT_EQ(in_bounds.end, "done");
    EXPECT_EQ(in_bounds.body, "ab");
    const std::string over = head + "1;x" + most + "\r\na\r\n0\r\n\r\n";
    EXPECT_EQ(decode(over, {}).end, text(NetErrc::header_too_large));
    EXPECT_TRUE(decode(over, test::cut_everywhere(over.size())) == decode(over, {}));
}

TEST(BodyLimit, of_a_length_is_told_after_the_head_and_before_any_of_the_body) {
    const auto over = decode_all_ways("HTTP/1.1 200 x\r\nContent-Length: 6\r\n\r\nhello!", {.body_bytes = 5});
    EXPECT_EQ(over.end, text(NetErrc::body_too_large));
    EXPECT_EQ(over.heads.size(), 1U);
    EXPECT_EQ(over.body, "");
    EXPECT_EQ(decode_all_ways("HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\nhello", {.body_bytes = 5}).end, "done");
}

TEST(BodyLimit, of_an_answer_to_head_is_none) {
    EXPECT_EQ(decode("HTTP/1.1 200 x\r\nContent-Length: 6\r\n\r\n", {}, true, {.body_bytes = 5}).end, "done");
}

TEST(BodyLimit, of_chunks_is_told_by_the_size_that_is_too_much) {
    const std::string head = "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n";
    EXPECT_EQ(decode_all_ways(head + "2\r\nlo\r\n0\r\n\r\n", {.body_bytes = 5}).end, "done");
    for (const std::string size : {"3", "FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFD"}) {
        const auto over = decode_all_ways(head + size + "\r\nlo!", {.body_bytes = 5});
        EXPECT_EQ(over.end, text(NetErrc::body_too_large));
        EXPECT_EQ(over.body, "hel");
    }
}

TEST(BodyLimit, of_chunks_cannot_be_passed_by_an_overflowing_sum) {
    // 1 + (2^64 - 1) is 0 in 64 bits.
    const auto over = decode("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nFFFFFFFFFFFFFFFF\r\nb", {});
    EXPECT_EQ(over.end, text(NetErrc::body_too_large));
    EXPECT_EQ(over.body, "a");
}

TEST(BodyLimit, until_close_is_told_by_the_byte_that_is_too_much) {
    const std::string head = "HTTP/1.1 200 x\r\n\r\n";
    EXPECT_EQ(decode_all_ways(head + "hello", {.body_bytes = 5}).end, "done");
    const auto over = decode_all_ways(head + "hello!", {.body_bytes = 5});
    EXPECT_EQ(over.end, text(NetErrc::body_too_large));
    EXPECT_EQ(over.body, "hello");
    EXPECT_EQ(decode_all_ways(head, {.body_bytes = 0}).end, "done");
}

}  // namespace
}  // namespace volley::proto::http
