#include "call/signalling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::call {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

http::Url url_of(const char* text) { return http::parse_url(text).value(); }

http::Response response_of(int status, std::string body, http::Headers headers = {}) {
    http::Response out;
    out.status = status;
    out.body = std::move(body);
    out.headers = std::move(headers);
    return out;
}

std::string error_of(Signal signal, const http::Response& response, std::string_view kind = "answer") {
    const auto read = read_answer(signal, response, url_of("http://h:8080/a/offer"));
    const auto* error = std::get_if<SignalError>(&read);
    if (error == nullptr) return "read";
    EXPECT_EQ(error->kind, kind);
    return error->text;
}

Answered answer_of(Signal signal, const http::Response& response, const char* from = "http://h:8080/a/offer") {
    auto read = read_answer(signal, response, url_of(from));
    if (auto* error = std::get_if<SignalError>(&read)) {
        ADD_FAILURE() << error->text;
        return {};
    }
    return std::get<Answered>(std::move(read));
}

TEST(Signalling, the_path_says_what_a_server_speaks) {
    EXPECT_EQ(signal_of_path("/live/whip"), Signal::whip);
    EXPECT_EQ(signal_of_path("/whep/"), Signal::whep);
    EXPECT_EQ(signal_of_path("/offer"), std::nullopt);
    EXPECT_EQ(signal_of_path("/notwhip"), std::nullopt);
    EXPECT_EQ(signal_of_path(""), std::nullopt);
}

TEST(Signalling, fields_stand_beside_the_offer_as_they_were_written) {
    EXPECT_EQ(std::get<std::string>(json_offer("", "v=0\r\n")), R"({"sdp": "v=0\r\n", "type": "offer"})");
    EXPECT_EQ(std::get<std::string>(json_offer(" {} ", "v=0")), R"({"sdp": "v=0", "type": "offer"})");
    EXPECT_EQ(std::get<std::string>(json_offer(R"({"video_transform": "edges", "n": 1.50})", "v=0")),
              R"({"video_transform": "edges", "n": 1.50, "sdp": "v=0", "type": "offer"})");
    EXPECT_THAT(std::get<SignalError>(json_offer("[1]", "v=0")).text, HasSubstr("JSON object"));
    EXPECT_THAT(std::get<SignalError>(json_offer(R"({"type": "x"})", "v=0")).text, HasSubstr("the field type"));
    EXPECT_THAT(std::get<SignalError>(json_offer(R"({"\u0073dp": 1})", "v=0")).text, HasSubstr("the field sdp"));
}

TEST(Signalling, an_answer_is_read_whatever_its_content_type_says) {
    for (const char* type : {"application/json", "text/html", ""}) {
        const auto answer = answer_of(
            Signal::json, response_of(200, R"({"type": "answer", "sdp": "v=0\r\n", "x": [1]})", {{"Content-Type", type}}));
        EXPECT_EQ(answer.sdp, "v=0\r\n");
    }
    EXPECT_EQ(answer_of(Signal::json, response_of(201, R"({"sdp": "s", "type": "answer"})")).sdp, "s");
}

TEST(Signalling, what_is_no_answer_is_said) {
    const auto json = [](std::string body) { return error_of(Signal::json, response_of(200, std::move(body))); };
    EXPECT_EQ(json("<html>\n <b>Hi</b>"), "the answer is not JSON: <html> <b>Hi</b>");
    EXPECT_EQ(json(""), "the answer is empty; {\"sdp\": ..., \"type\": \"answer\"} is expected");
    EXPECT_EQ(json("[1, 2]"), "the answer is JSON, but no object: [1, 2]");
    EXPECT_EQ(json("{}"), "the answer has no text \"sdp\"");
    EXPECT_EQ(json(R"({"sdp": 5, "type": "answer"})"), "the answer has no text \"sdp\"");
    EXPECT_EQ(json(R"({"error": "busy"})"), R"(the answer has no text "sdp": {"error": "busy"})");
    EXPECT_EQ(json(R"({"sdp": "v=0"})"), "the \"type\" of the answer is none, not \"answer\"");
    EXPECT_EQ(json(R"({"sdp": "v=0", "type": "offer"})"), "the \"type\" of the answer is \"offer\", not \"answer\"");
    EXPECT_EQ(json(R"({"sdp": "v=0", "type": ["answer"]})"), "the \"type\" of the answer is [\"answer\"], not \"answer\"");
    EXPECT_THAT(json(std::string(100'000, '[')), HasSubstr("not JSON"));
}

TEST(Signalling, an_error_status_is_quoted_with_its_first_words) {
    EXPECT_EQ(error_of(Signal::json, response_of(404, "no such\n\n path"), "status"),
              "the server answered HTTP 404 Not Found: no such path");
    EXPECT_EQ(error_of(Signal::whip, response_of(500, ""), "status"), "the server answered HTTP 500 Internal Server Error");
    EXPECT_EQ(
        error_of(Signal::json, response_of(302, "", {{"Location", "/login"}}), "status"),
        "the server answered HTTP 302 Found (to /login); an offer is sent on for 307 and 308 alone: give the URL that it leads to");
    EXPECT_THAT(error_of(Signal::whep, response_of(406, "v=0"), "status"), HasSubstr("counter-offer"));
}

TEST(Signalling, words_of_a_peer_are_escaped_and_cut) {
    EXPECT_EQ(first_words("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
    EXPECT_EQ(first_words("  \r\n "), "");
    EXPECT_EQ(first_words(std::string(500, 'a')), std::string(120, 'a') + "...");
    const auto cut = first_words("aaa\xe2\x82\xac\xe2\x82\xac", 4);
    EXPECT_EQ(cut, "aaa...");
}

TEST(Signalling, a_whip_session_is_where_its_location_says) {
    const auto answer = answer_of(Signal::whip, response_of(201, "v=0\r\n", {{"Location", "/session/7"}, {"ETag", "\"xyz\""}}));
    ASSERT_TRUE(answer.resource);
    EXPECT_EQ(answer.resource->to_string(), "http://h:8080/session/7");
    EXPECT_EQ(answer.etag, "\"xyz\"");
    EXPECT_THAT(answer.notes, IsEmpty());
    const auto relative = answer_of(Signal::whep, response_of(201, "v=0\r\n", {{"Location", "s/7?a=1"}}));
    EXPECT_EQ(relative.resource->to_string(), "http://h:8080/a/s/7?a=1");
    const auto absolute = answer_of(Signal::whip, response_of(201, "v=0\r\n", {{"Location", "http://h:8080/x"}}));
    EXPECT_EQ(absolute.resource->to_string(), "http://h:8080/x");
    for (const char* elsewhere : {"https://other/x", "//other/x", "http://h:8081/x", "https://h:8080/x"}) {
        const auto other = answer_of(Signal::whip, response_of(201, "v=0\r\n", {{"Location", elsewhere}}));
        EXPECT_FALSE(other.resource) << elsewhere << ": a server is not to have us delete at others";
        EXPECT_THAT(other.notes, ElementsAre(HasSubstr("another server")));
    }
}

TEST(Signalling, a_session_that_cannot_be_ended_is_noted) {
    EXPECT_THAT(answer_of(Signal::whip, response_of(201, "v=0\r\n")).notes, ElementsAre(HasSubstr("no Location")));
    const auto odd = answer_of(Signal::whip, response_of(200, "v=0\r\n", {{"Location", "ftp://x/"}}));
    EXPECT_FALSE(odd.resource);
    EXPECT_THAT(odd.notes, ElementsAre(HasSubstr("another status"), HasSubstr("no http or https URL")));
    EXPECT_EQ(error_of(Signal::whip, response_of(201, "{}")), "the answer is no SDP: {}");
    EXPECT_EQ(error_of(Signal::whip, response_of(201, " ")), "the answer is empty; application/sdp is expected");
}

TEST(Signalling, a_session_that_was_made_is_there_whatever_its_answer_is_worth) {
    const auto session = [](Signal signal, int status, const char* location) {
        const auto url =
            session_of(signal, response_of(status, "<html>", {{"Location", location}}), url_of("http://h:8080/a/whip"));
        return url ? url->to_string() : "none";
    };
    EXPECT_EQ(session(Signal::whip, 201, "/session/7"), "http://h:8080/session/7");
    EXPECT_EQ(session(Signal::whep, 201, "session/7"), "http://h:8080/a/session/7");
    EXPECT_EQ(session(Signal::whip, 201, "http://other/x"), "none") << "a server is not to have us delete at others";
    EXPECT_EQ(session(Signal::whip, 201, "ftp://h:8080/x"), "none");
    EXPECT_EQ(session(Signal::whip, 404, "/x"), "none") << "nothing was made";
    EXPECT_EQ(session(Signal::json, 201, "/x"), "none") << "it knows no sessions";
    EXPECT_FALSE(session_of(Signal::whip, response_of(201, ""), url_of("http://h:8080/a/whip")));
}

TEST(Signalling, advised_servers_are_read_from_links) {
    const http::Headers headers{
        {"Link", R"(<stun:stun.example.net>; rel="ice-server")"},
        {"link",
         R"(<turn:turn.example.net?transport=udp>; rel="ice-server"; username="us,er"; credential="p;w", <turns:t>;rel=ice-server)"},
        {"Link", R"(<https://x/>; rel="next"; title="rel=ice-server", <broken; rel=ice-server)"},
        {"X-Link", R"(<stun:no>; rel="ice-server")"}};
    EXPECT_THAT(read_ice_servers(headers),
                ElementsAre("stun:stun.example.net", "turn:turn.example.net?transport=udp", "turns:t"));
    http::Headers many;
    for (int i = 0; i < 100; ++i) many.add("Link", "<stun:a>; rel=ice-server");
    EXPECT_EQ(read_ice_servers(many).size(), 16U);
    EXPECT_THAT(read_ice_servers({{"Link", '<' + std::string(5000, 'a') + ">; rel=ice-server"}}), IsEmpty());
}

TEST(Signalling, passwords_of_ice_are_not_shown) {
    EXPECT_EQ(masked_sdp("v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\na=mid:0\r\n"),
              "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:***\r\na=mid:0\r\n");
    EXPECT_EQ(masked_sdp("a=ice-pwd:x\na=ice-pwd:y"), "a=ice-pwd:***\na=ice-pwd:***");
    EXPECT_EQ(masked_sdp(""), "");
}

}  // namespace
}  // namespace volley::call
