// The cases of RFC 9112 and what hostile servers send instead. Each is read at once, byte by byte, and cut in two at every place.
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "support/decoded_answer.hpp"

namespace volley::proto::http {
namespace {

using namespace std::string_literals;
using test::decode;
using test::DecodedAnswer;

/// One line for one answer: each head as `11 200 'OK' {name=value}`, with a star for an interim one, then the body, the end, what becomes of
/// the connection and how many bytes are left over.
std::string summary(const DecodedAnswer& answer) {
    std::string out;
    for (const auto& head : answer.heads) {
        out += (head.interim ? "*" : "") + std::to_string(head.version) + ' ' + std::to_string(head.status) + " '" + head.reason +
               "' {";
        for (const auto& [name, value] : head.fields) out += (out.back() == '{' ? "" : ",") + name + '=' + value;
        out += "} ";
    }
    if (!answer.body.empty()) out += "<" + answer.body + "> ";
    out += answer.end == make_error_code(NetErrc::bad_answer).message()             ? "bad"
           : answer.end == make_error_code(NetErrc::truncated_body).message()       ? "truncated"
           : answer.end == make_error_code(NetErrc::closed_before_answer).message() ? "nothing"
           : answer.complete_at_close                                               ? "done at close"
                                                                                    : answer.end;
    if (answer.keep_alive) out += " keep";
    if (answer.left_over != 0) out += " +" + std::to_string(answer.left_over);
    if (!answer.broken.empty()) out += " BROKEN: " + answer.broken;
    return out;
}

struct Case {
    const char* name;
    std::string input;
    std::string expected;
    bool to_head = false;
    friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

class Response : public testing::TestWithParam<Case> {};

TEST_P(Response, read_at_once) {
    const Case& c = GetParam();
    EXPECT_EQ(summary(decode(c.input, {}, c.to_head)), c.expected);
}

TEST_P(Response, read_byte_by_byte) {
    const Case& c = GetParam();
    EXPECT_EQ(summary(decode(c.input, test::cut_everywhere(c.input.size()), c.to_head)), c.expected);
}

TEST_P(Response, read_in_two_pieces) {
    const Case& c = GetParam();
    for (std::size_t cut = 0; cut <= c.input.size(); ++cut)
        EXPECT_EQ(summary(decode(c.input, {cut}, c.to_head)), c.expected) << "cut before byte " << cut;
}

TEST_P(Response, read_from_a_copy_of_the_parser) {
    // Positions are offsets: a parser that is moved between two bytes goes on as if nothing had happened.
    const Case& c = GetParam();
    ResponseParser parser;
    parser.start(c.to_head);
    ResponseParser::Event last = ResponseParser::Event::need_more;
    for (const char& byte : c.input) {
        std::string_view rest(&byte, 1);
        do {
            ResponseParser moved = std::move(parser);
            const auto step = moved.parse(rest);
            rest.remove_prefix(step.consumed);
            last = step.event;
            parser = std::move(moved);
        } while (last != ResponseParser::Event::need_more && last != ResponseParser::Event::done &&
                 last != ResponseParser::Event::error);
        if (last != ResponseParser::Event::need_more) break;
    }
    const DecodedAnswer whole = decode(c.input, {}, c.to_head);
    const error_code end = parser.finish();
    EXPECT_EQ(parser.head_done(), whole.head_done);
    EXPECT_EQ(parser.keep_alive(), whole.keep_alive);
    EXPECT_EQ(end.failed() ? end.message() : "done", whole.end);
}

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

// --- status lines ----------------------------------------------------------------------------------------------------

const std::vector<Case> status_lines{
    {"usual", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "11 200 'OK' {Content-Length=2} <ok> done keep"},
    {"version_1_0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "10 200 'OK' {Content-Length=2} <ok> done"},
    {"no_reason", "HTTP/1.1 204 \r\n\r\n", "11 204 '' {} done keep"},
    {"no_reason_and_no_blank", "HTTP/1.1 204\r\n\r\n", "11 204 '' {} done keep"},
    {"no_blank_and_bare_lf", "HTTP/1.1 204\n\n", "11 204 '' {} done keep"},
    {"reason_of_many_words", "HTTP/1.1 204 No\tContent, none\r\n\r\n", "11 204 'No\tContent, none' {} done keep"},
    {"reason_with_high_bytes", "HTTP/1.1 204 \xc3\xa4\xff\r\n\r\n", "11 204 '\xc3\xa4\xff' {} done keep"},
    {"code_over_599", "HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n", "11 999 'x' {Content-Length=0} done keep"},
    {"empty_line_before", "\r\nHTTP/1.1 204 x\r\n\r\n", "11 204 'x' {} done keep"},
    {"bare_lf_before", "\nHTTP/1.1 204 x\r\n\r\n", "11 204 'x' {} done keep"},
    {"two_empty_lines_before", "\r\n\r\nHTTP/1.1 204 x\r\n\r\n", "bad"},
    {"cr_alone_before", "\rHTTP/1.1 204 x\r\n\r\n", "bad"},
    {"blank_before", " HTTP/1.1 204 x\r\n\r\n", "bad"},
    {"lower_case", "http/1.1 200 OK\r\n\r\n", "bad"},
    {"version_1_2", "HTTP/1.2 200 OK\r\n\r\n", "bad"},
    {"version_2_0", "HTTP/2.0 200 OK\r\n\r\n", "bad"},
    {"version_2", "HTTP/2 200\r\n\r\n", "bad"},
    {"version_of_two_digits", "HTTP/1.10 200 OK\r\n\r\n", "bad"},
    {"preface_of_http_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "bad"},
    {"settings_frame_of_http_2", "\0\0\0\4\0\0\0\0\0"s, "bad"},
    {"version_0_9", "<html>", "bad"},
    {"tls_alert", "\x15\x03\x01\x00\x02\x02\x46"s, "bad"},
    {"ssh", "SSH-2.0-OpenSSH_9.2\r\n", "bad"},
    {"icy", "ICY 200 OK\r\n\r\n", "bad"},
    {"two_blanks_before_code", "HTTP/1.1  200 OK\r\n\r\n", "bad"},
    {"tab_before_code", "HTTP/1.1\t200 OK\r\n\r\n", "bad"},
    {"code_of_two_digits", "HTTP/1.1 20 OK\r\n\r\n", "bad"},
    {"code_of_four_digits", "HTTP/1.1 2000 OK\r\n\r\n", "bad"},
    {"code_with_sign", "HTTP/1.1 +20 OK\r\n\r\n", "bad"},
    {"code_under_100", "HTTP/1.1 099 OK\r\n\r\n", "bad"},
    {"no_code", "HTTP/1.1\r\n\r\n", "bad"},
    {"tab_after_code", "HTTP/1.1 200\tOK\r\n\r\n", "bad"},
    {"reason_with_nul", "HTTP/1.1 204 a\0b\r\n\r\n"s, "bad"},
    {"reason_with_escape", "HTTP/1.1 204 \x1b[31m\r\n\r\n", "bad"},
    {"reason_with_delete", "HTTP/1.1 204 a\x7f\r\n\r\n", "bad"},
    {"reason_with_cr", "HTTP/1.1 204 a\rb\r\n\r\n", "bad"},
    {"two_crs", "HTTP/1.1 204 a\r\r\n\r\n", "bad"},
};
INSTANTIATE_TEST_SUITE_P(status_line, Response, testing::ValuesIn(status_lines), name_of);

// --- fields ----------------------------------------------------------------------------------------------------------

std::string with_fields(const std::string& lines) { return "HTTP/1.1 204 x\r\n" + lines + "\r\n"; }
std::string and_fields(const std::string& fields) { return "11 204 'x' {" + fields + "} done keep"; }

const std::vector<Case> field_lines{
    {"several", with_fields("A: 1\r\nB: 2\r\na: 3\r\n"), and_fields("A=1,B=2,a=3")},
    {"bare_lf", "HTTP/1.1 204 x\nA: 1\nB: 2\n\n", and_fields("A=1,B=2")},
    {"mixed_line_ends", "HTTP/1.1 204 x\nA: 1\r\nB: 2\n\r\n", and_fields("A=1,B=2")},
    {"empty_value", with_fields("A:\r\nB: \t \r\n"), and_fields("A=,B=")},
    {"no_blank_after_colon", with_fields("A:1\r\n"), and_fields("A=1")},
    {"blanks_around_value", with_fields("A: \t 1 2\t3 \t\r\n"), and_fields("A=1 2\t3")},
    {"colons_in_value", with_fields("Location: http://[::1]:80/\r\n"), and_fields("Location=http://[::1]:80/")},
    {"high_bytes_in_value", with_fields("A: \x80\xff\xc3\xa4 \xa0\r\n"), and_fields("A=\x80\xff\xc3\xa4 \xa0")},
    {"all_token_chars", with_fields("!#$%&'*+-.^_`|~09azAZ: 1\r\n"), and_fields("!#$%&'*+-.^_`|~09azAZ=1")},
    {"names_as_long_as_the_framing_ones", with_fields("0123456789: 1\r\n01234567890123: 2\r\n01234567890123456: 3\r\n"),
     and_fields("0123456789=1,01234567890123=2,01234567890123456=3")},
    {"blank_before_colon", with_fields("A : 1\r\n"), "bad"},
    {"tab_before_colon", with_fields("A\t: 1\r\n"), "bad"},
    {"empty_name", with_fields(": 1\r\n"), "bad"},
    {"no_colon", with_fields("A\r\n"), "bad"},
    {"no_colon_and_bare_lf", with_fields("A\n"), "bad"},
    {"name_in_quotes", with_fields("\"A\": 1\r\n"), "bad"},
    {"name_with_high_byte", with_fields("\xc3\xa4: 1\r\n"), "bad"},
    {"name_with_nul", with_fields("A\0B: 1\r\n"s), "bad"},
    {"name_with_parenthesis", with_fields("A(B): 1\r\n"), "bad"},
    {"folded_line", with_fields("A: 1\r\n 2\r\n"), "bad"},
    {"folded_by_tab", with_fields("A: 1\r\n\t2\r\n"), "bad"},
    {"folded_first_line", with_fields(" A: 1\r\n"), "bad"},
    {"line_of_blanks", with_fields("A: 1\r\n \r\n"), "bad"},
    {"cr_in_value", with_fields("A: 1\r2\r\n"), "bad"},
    {"cr_before_crlf", with_fields("A: 1\r\r\n"), "bad"},
    {"cr_alone_at_line_start", with_fields("A: 1\r\n\rB: 2\r\n"), "bad"},
    {"nul_in_value", with_fields("A: 1\0\r\n"s), "bad"},
    {"control_in_value", with_fields("A: 1\x01\r\n"), "bad"},
    {"delete_in_value", with_fields("A: long enough to be looked at in words\x7f\r\n"), "bad"},
};
INSTANTIATE_TEST_SUITE_P(fields, Response, testing::ValuesIn(field_lines), name_of);

// --- where the body ends ---------------------------------------------------------------------------------------------

std::string answer(const std::string& lines, const std::string& body) { return "HTTP/1.1 200 OK\r\n" + lines + "\r\n" + body; }

const std::vector<Case> lengths{
    {"length", answer("Content-Length: 5\r\n", "hello"), "11 200 'OK' {Content-Length=5} <hello> done keep"},
    {"zero", answer("Content-Length: 0\r\n", ""), "11 200 'OK' {Content-Length=0} done keep"},
    {"bytes_after", answer("Content-Length: 5\r\n", "helloHTTP"), "11 200 'OK' {Content-Length=5} <hello> done keep +4"},
    {"name_in_any_case", answer("cOnTeNt-LENGTH: 5\r\n", "hello"), "11 200 'OK' {cOnTeNt-LENGTH=5} <hello> done keep"},
    {"leading_zeros", answer("Content-Length: 0000000000000000000000005\r\n", "hello"),
     "11 200 'OK' {Content-Length=0000000000000000000000005} <hello> done keep"},
    {"listed_twice", answer("Content-Length: 5, 5\r\n", "hello"), "11 200 'OK' {Content-Length=5, 5} <hello> done keep"},
    {"sent_twice", answer("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
     "11 200 'OK' {Content-Length=5,Content-Length=5} <hello> done keep"},
    {"any_byte_in_body", answer("Content-Length: 5\r\n", "\0\r\n\xff\x7f"s),
     "11 200 'OK' {Content-Length=5} <\0\r\n\xff\x7f> done keep"s},
    {"cut_short", answer("Content-Length: 5\r\n", "hell"), "11 200 'OK' {Content-Length=5} <hell> truncated"},
    {"cut_before_body", answer("Content-Length: 5\r\n", ""), "11 200 'OK' {Content-Length=5} truncated"},
    {"largest", answer("Content-Length: 18446744073709551615\r\n", "x"),
     "11 200 'OK' {Content-Length=18446744073709551615} <x> truncated"},
    {"differ_in_list", answer("Content-Length: 5, 6\r\n", "hello"), "bad"},
    {"differ_in_lines", answer("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), "bad"},
    {"overflow_by_one", answer("Content-Length: 18446744073709551616\r\n", ""), "bad"},
    {"overflow_by_a_digit", answer("Content-Length: 99999999999999999999\r\n", ""), "bad"},
    {"empty_length", answer("Content-Length: \r\n", ""), "bad"},
    {"comma_alone", answer("Content-Length: ,\r\n", ""), "bad"},
    {"comma_at_end", answer("Content-Length: 5,\r\n", "hello"), "bad"},
    {"comma_at_begin", answer("Content-Length: ,5\r\n", "hello"), "bad"},
    {"plus", answer("Content-Length: +5\r\n", "hello"), "bad"},
    {"minus", answer("Content-Length: -5\r\n", "hello"), "bad"},
    {"hexadecimal", answer("Content-Length: 0x5\r\n", "hello"), "bad"},
    {"blank_inside", answer("Content-Length: 1 1\r\n", "hello"), "bad"},
    {"fraction", answer("Content-Length: 5.0\r\n", "hello"), "bad"},
    {"until_close", answer("", "hello"), "11 200 'OK' {} <hello> done at close"},
    {"until_close_empty", answer("", ""), "11 200 'OK' {} done at close"},
    {"until_close_1_0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello",
     "10 200 'OK' {Connection=keep-alive} <hello> done at close"},
    {"nothing_at_all", "", "nothing"},
    {"cut_in_status_line", "HTTP/1.1 20", "truncated"},
    {"cut_in_empty_line_before", "\r", "truncated"},
    {"cut_in_field", "HTTP/1.1 200 OK\r\nContent-Le", "truncated"},
    {"cut_before_last_lf", "HTTP/1.1 204 OK\r\n\r", "truncated"},
};
INSTANTIATE_TEST_SUITE_P(length, Response, testing::ValuesIn(lengths), name_of);

const std::vector<Case> without_body{
    {"to_head_with_length", answer("Content-Length: 5\r\n", ""), "11 200 'OK' {Content-Length=5} done keep", true},
    {"to_head_with_huge_length", answer("Content-Length: 18446744073709551615\r\n", ""),
     "11 200 'OK' {Content-Length=18446744073709551615} done keep", true},
    {"to_head_chunked", answer("Transfer-Encoding: chunked\r\n", ""), "11 200 'OK' {Transfer-Encoding=chunked} done keep", true},
    {"to_head_without_length", answer("", ""), "11 200 'OK' {} done keep", true},
    {"to_head_with_bytes_after", answer("Content-Length: 5\r\n", "hello"), "11 200 'OK' {Content-Length=5} done keep +5", true},
    {"status_204", "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nhello", "11 204 'x' {Content-Length=5} done keep +5"},
    {"status_304", "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", "11 304 'x' {Content-Length=5} done keep"},
    {"status_304_chunked", "HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n",
     "11 304 'x' {Transfer-Encoding=chunked} done keep"},
    {"status_205_has_one", "HTTP/1.1 205 x\r\nContent-Length: 1\r\n\r\na", "11 205 'x' {Content-Length=1} <a> done keep"},
    {"lengths_that_differ_to_head", answer("Content-Length: 5, 6\r\n", ""), "bad", true},
};
INSTANTIATE_TEST_SUITE_P(no_body, Response, testing::ValuesIn(without_body), name_of);

const std::vector<Case> interims{
    {"continue_first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\n\r\n", "*11 100 'Continue' {} 11 204 'x' {} done keep"},
    {"several", "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 103 b\r\nLink: x\r\nLink: y\r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 204 x\r\n\r\n",
     "*11 100 'a' {} *11 103 'b' {Link=x,Link=y} *11 102 '' {} 11 204 'x' {} done keep"},
    {"has_no_body", "HTTP/1.1 100 a\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\na",
     "*11 100 'a' {Content-Length=5} 11 200 'x' {Content-Length=1} <a> done keep"},
    {"close_there_does_not_count", "HTTP/1.1 100 a\r\nConnection: close\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
     "*11 100 'a' {Connection=close} 11 204 'x' {} done keep"},
    {"alone", "HTTP/1.1 100 a\r\n\r\n", "*11 100 'a' {} truncated"},
    {"to_head", "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\n",
     "*11 100 'a' {} 11 200 'x' {Content-Length=5} done keep", true},
    {"empty_line_behind", "HTTP/1.1 100 a\r\n\r\n\r\nHTTP/1.1 204 x\r\n\r\n", "*11 100 'a' {} bad"},
    {"garbage_behind", "HTTP/1.1 100 a\r\n\r\nhello", "*11 100 'a' {} bad"},
    {"two_framings", "HTTP/1.1 100 a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "bad"},
    {"switching", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade, keep-alive\r\n\r\n\x81\x01",
     "11 101 'x' {Upgrade=websocket,Connection=Upgrade, keep-alive} done +2"},
    {"switching_after_interim", "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 101 x\r\n\r\n", "*11 100 'a' {} 11 101 'x' {} done"},
};
INSTANTIATE_TEST_SUITE_P(interim, Response, testing::ValuesIn(interims), name_of);

// --- chunks ----------------------------------------------------------------------------------------------------------

std::string chunked(const std::string& body) { return answer("Transfer-Encoding: chunked\r\n", body); }
std::string read_as(const std::string& rest) { return "11 200 'OK' {Transfer-Encoding=chunked} " + rest; }

const std::vector<Case> chunks{
    {"one", chunked("5\r\nhello\r\n0\r\n\r\n"), read_as("<hello> done keep")},
    {"two", chunked("6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"), read_as("<hello world> done keep")},
    {"none", chunked("0\r\n\r\n"), read_as("done keep")},
    {"line_ends_in_data", chunked("6\r\n\r\n0\r\n\r\r\n0\r\n\r\n"), read_as("<\r\n0\r\n\r> done keep")},
    {"hexadecimal_lower", chunked("a\r\n0123456789\r\n0\r\n\r\n"), read_as("<0123456789> done keep")},
    {"hexadecimal_upper", chunked("A\r\n0123456789\r\n0\r\n\r\n"), read_as("<0123456789> done keep")},
    {"sixteen_digits", chunked("0000000000000001\r\na\r\n0000000000000000\r\n\r\n"), read_as("<a> done keep")},
    {"largest", chunked("FFFFFFFFFFFFFFFF\r\na"), read_as("<a> truncated")},
    {"bytes_after", chunked("1\r\na\r\n0\r\n\r\nHTTP"), read_as("<a> done keep +4")},
    {"extensions", chunked("1;a;b=c; d = \"e;\t\xff\"\r\na\r\n0;last\r\n\r\n"), read_as("<a> done keep")},
    {"empty_extension", chunked("1;\r\na\r\n0;\r\n\r\n"), read_as("<a> done keep")},
    {"trailers", chunked("1\r\na\r\n0\r\nX-Sum: 1\r\nB:\r\nContent-Length: 7\r\n\r\nHTTP"), read_as("<a> done keep +4")},
    {"seventeen_digits", chunked("00000000000000001\r\na\r\n"), read_as("bad")},
    {"no_digit", chunked("\r\n\r\n"), read_as("bad")},
    {"extension_alone", chunked(";a\r\n"), read_as("bad")},
    {"no_hexadecimal", chunked("g\r\n"), read_as("bad")},
    {"plus", chunked("+1\r\na\r\n"), read_as("bad")},
    {"minus", chunked("-1\r\na\r\n"), read_as("bad")},
    {"prefix_0x", chunked("0x1\r\na\r\n"), read_as("bad")},
    {"blank_before", chunked(" 1\r\na\r\n"), read_as("bad")},
    {"blank_behind", chunked("1 \r\na\r\n"), read_as("bad")},
    {"blank_before_extension", chunked("1 ;a\r\na\r\n"), read_as("bad")},
    {"size_with_bare_lf", chunked("1\na\r\n0\r\n\r\n"), read_as("bad")},
    {"size_with_bare_cr", chunked("1\ra\r\n0\r\n\r\n"), read_as("bad")},
    {"extension_with_bare_lf", chunked("1;a\na\r\n0\r\n\r\n"), read_as("bad")},
    {"extension_with_bare_cr", chunked("1;a\rb\r\na\r\n0\r\n\r\n"), read_as("bad")},
    {"extension_with_nul", chunked("1;\0\r\na\r\n0\r\n\r\n"s), read_as("bad")},
    {"data_too_long", chunked("1\r\nab\r\n0\r\n\r\n"), read_as("<a> bad")},
    {"data_too_short", chunked("2\r\na\r\n0\r\n\r\n"), read_as("<a\r> bad")},
    {"data_with_bare_lf", chunked("1\r\na\n0\r\n\r\n"), read_as("<a> bad")},
    {"data_with_bare_cr", chunked("1\r\na\r0\r\n\r\n"), read_as("<a> bad")},
    {"last_with_bare_lf", chunked("0\r\n\n"), read_as("bad")},
    {"last_with_bare_cr", chunked("0\r\n\rx"), read_as("bad")},
    {"trailer_with_bare_lf", chunked("0\r\nA: 1\n\r\n"), read_as("bad")},
    {"trailer_with_bare_cr", chunked("0\r\nA: 1\r2\r\n\r\n"), read_as("bad")},
    {"trailer_folded", chunked("0\r\nA: 1\r\n 2\r\n\r\n"), read_as("bad")},
    {"trailer_without_colon", chunked("0\r\nA\r\n\r\n"), read_as("bad")},
    {"trailer_with_blank_before_colon", chunked("0\r\nA : 1\r\n\r\n"), read_as("bad")},
    {"trailer_without_name", chunked("0\r\n: 1\r\n\r\n"), read_as("bad")},
    {"trailer_with_nul", chunked("0\r\nA: \0\r\n\r\n"s), read_as("bad")},
    {"cut_before_size", chunked(""), read_as("truncated")},
    {"cut_in_size", chunked("5"), read_as("truncated")},
    {"cut_in_data", chunked("5\r\nhel"), read_as("<hel> truncated")},
    {"cut_before_last", chunked("1\r\na\r\n"), read_as("<a> truncated")},
    {"cut_in_trailer", chunked("0\r\nA: 1\r\n"), read_as("truncated")},
    {"cut_before_last_lf", chunked("0\r\n\r"), read_as("truncated")},
};
INSTANTIATE_TEST_SUITE_P(chunked, Response, testing::ValuesIn(chunks), name_of);

std::string coded(const std::string& value) { return answer("Transfer-Encoding: " + value + "\r\n", "1\r\na\r\n0\r\n\r\n"); }
std::string read_coded(const std::string& value) { return "11 200 'OK' {Transfer-Encoding=" + value + "} <a> done keep"; }

const std::vector<Case> codings{
    {"any_case", coded("Chunked"), read_coded("Chunked")},
    {"gzip_inside", coded("gzip, chunked"), read_coded("gzip, chunked")},
    {"over_two_lines", answer("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n"),
     "11 200 'OK' {Transfer-Encoding=gzip,Transfer-Encoding=chunked} <a> done keep"},
    {"empty_elements", coded(", chunked ,,"), read_coded(", chunked ,,")},
    {"gzip_alone", coded("gzip"), "bad"},
    {"identity", coded("identity"), "bad"},
    {"chunked_inside", coded("chunked, gzip"), "bad"},
    {"twice", coded("chunked, chunked"), "bad"},
    {"twice_over_two_lines", answer("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), "bad"},
    {"gzip_behind_over_two_lines", answer("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", ""), "bad"},
    {"no_coding", coded(""), "bad"},
    {"parameters", coded("chunked;a=b"), "bad"},
    {"comma_in_quotes", coded("x;a=\",chunked"), "bad"},
    {"in_quotes", coded("\"chunked\""), "bad"},
    {"misspelt", coded("xchunked"), "bad"},
    {"vertical_tab", coded("\vchunked"), "bad"},
    {"length_before", answer("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", ""), "bad"},
    {"length_behind", answer("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", ""), "bad"},
    {"length_beside_to_head", answer("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", ""), "bad", true},
    {"in_1_0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "bad"},
};
INSTANTIATE_TEST_SUITE_P(transfer_encoding, Response, testing::ValuesIn(codings), name_of);

// --- the connection --------------------------------------------------------------------------------------------------

Case connection(const char* name, int version, const std::vector<std::string>& values, bool keep) {
    std::string input = version == 10 ? "HTTP/1.0 204 x\r\n" : "HTTP/1.1 204 x\r\n";
    std::string fields;
    for (const auto& value : values) {
        input += "Connection: " + value + "\r\n";
        fields += (fields.empty() ? "Connection=" : ",Connection=") + value;
    }
    return {name, input + "\r\n", std::to_string(version) + " 204 'x' {" + fields + "} done" + (keep ? " keep" : "")};
}

const std::vector<Case> connections{
    connection("by_default_1_1", 11, {}, true),
    connection("by_default_1_0", 10, {}, false),
    connection("close_1_1", 11, {"close"}, false),
    connection("close_in_any_case", 11, {"cLOSE"}, false),
    connection("close_in_list", 11, {"x, close ,y"}, false),
    connection("close_in_second_line", 11, {"x", "close"}, false),
    connection("keep_alive_1_0", 10, {"keep-alive"}, true),
    connection("keep_alive_in_any_case", 10, {"Keep-Alive"}, true),
    connection("keep_alive_in_list_1_0", 10, {"x,,keep-alive"}, true),
    connection("close_wins", 11, {"keep-alive, close"}, false),
    connection("close_wins_1_0", 10, {"close", "keep-alive"}, false),
    connection("other_words", 11, {"closed, not-close"}, true),
    connection("empty", 11, {""}, true),
};
INSTANTIATE_TEST_SUITE_P(connection, Response, testing::ValuesIn(connections), name_of);

// --- refused without waiting -----------------------------------------------------------------------------------------

TEST(ResponseStart, is_refused_at_the_byte_that_decides) {
    struct Refused {
        std::string_view until_then;
        char byte;
    };
    for (const auto& [until_then, byte] : {Refused{"", 'P'},
                                           {"", '<'},
                                           {"", '\x16'},
                                           {"\r\n", '\r'},
                                           {"HTTP/", '2'},
                                           {"HTTP/1.", '2'},
                                           {"HTTP/1.1", '1'},
                                           {"HTTP/1.1 ", 'O'},
                                           {"HTTP/1.1 ", '0'},
                                           {"HTTP/1.1 20", ' '},
                                           {"HTTP/1.1 200", '1'},
                                           {"HTTP/1.1 200 ", '\0'},
                                           {"HTTP/1.1 200 x\r\n", ' '},
                                           {"HTTP/1.1 200 x\r\nA", ' '},
                                           {"HTTP/1.1 200 x\r\nA: \r", 'x'}}) {
        ResponseParser parser;
        parser.start(false);
        EXPECT_EQ(parser.parse(until_then).event, ResponseParser::Event::need_more) << until_then;
        EXPECT_EQ(parser.parse({&byte, 1}).event, ResponseParser::Event::error) << until_then << byte;
        EXPECT_EQ(parser.error(), NetErrc::bad_answer);
    }
}

TEST(ResponseReuse, start_forgets_everything) {
    ResponseParser parser;
    for (const std::string_view before :
         {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhel", "HTTP/1.0 2", "garbage",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x", "HTTP/1.1 101 x\r\n\r\n", ""}) {
        parser.start(true);
        (void)parser.parse(before);
        (void)parser.finish();
        parser.start(false);
        EXPECT_FALSE(parser.head_done());
        EXPECT_FALSE(parser.error().failed());
        EXPECT_FALSE(parser.keep_alive());
        EXPECT_FALSE(parser.next_field());
        EXPECT_EQ(parser.reason(), "");
        std::string_view rest = "HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok";
        auto step = parser.parse(rest);
        EXPECT_EQ(step.event, ResponseParser::Event::head) << before;
        EXPECT_EQ(parser.status(), 201);
        EXPECT_EQ(parser.reason(), "Made");
        rest.remove_prefix(step.consumed);
        step = parser.parse(rest);
        EXPECT_EQ(step.body, "ok");
        EXPECT_EQ(parser.parse("").event, ResponseParser::Event::done);
        EXPECT_TRUE(parser.keep_alive());
    }
}

TEST(ResponseReuse, numbers_of_the_head_outlive_its_views) {
    ResponseParser parser;
    std::string_view rest = "HTTP/1.0 404 Gone\r\nA: 1\r\n\r\nbody";
    rest.remove_prefix(parser.parse(rest).consumed);
    ASSERT_TRUE(parser.next_field());
    (void)parser.parse(rest);
    EXPECT_EQ(parser.status(), 404);
    EXPECT_EQ(parser.version(), 10);
    EXPECT_EQ(parser.reason(), "");
    EXPECT_FALSE(parser.next_field());
}

}  // namespace
}  // namespace volley::proto::http
