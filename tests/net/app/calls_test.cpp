// WebRTC calls that are begun over HTTP, with a server in a process of its own: a process has one loop for calls.
#include <csignal>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/app/caller.hpp"
#include "net/app/server_process.hpp"

namespace volley::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct CallServer {
    explicit CallServer(std::vector<std::string> arguments = {}) : process(with_port(std::move(arguments))) {
        port = port_of(process.read_line());
    }
    static std::vector<std::string> with_port(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "--port=0");
        return arguments;
    }
    ServerProcess process;
    std::uint16_t port = 0;
};

std::string fragment_of(const std::string& ufrag, const std::string& password, const std::string& candidate = {}) {
    return "a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:" + password +
           "\r\na=group:BUNDLE 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n" +
           (candidate.empty() ? "" : "a=candidate:" + candidate + "\r\n");
}

RawClient::Answer patch(std::uint16_t port, const std::string& session, const std::string& if_match,
                        const std::string& fragment) {
    std::map<std::string, std::string> headers{{"Content-Type", "application/trickle-ice-sdpfrag"}};
    if (!if_match.empty()) headers["If-Match"] = if_match;
    return ask(port, "PATCH", session, headers, fragment);
}

class CallsOnEachKind : public testing::TestWithParam<std::string> {};

TEST_P(CallsOnEachKind, offer_is_answered_and_the_channel_echoes) {
    const CallServer server({"--kind", GetParam()});
    Caller caller;
    const auto answer = post_offer(server.port, caller.offer());
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.headers.at("content-type"), "application/json");
    EXPECT_THAT(answer.body, HasSubstr("\"type\": \"answer\""));
    caller.answer(sdp_of(answer));
    ASSERT_TRUE(caller.open()) << caller.peer().end_reason();
    EXPECT_EQ(caller.echo(true, "ping 17"), "text:pong 17");
    EXPECT_EQ(caller.echo(true, "x7bq"), "text:x7bq");
    EXPECT_EQ(caller.echo(false, "ping 18"), "ping 18") << "only text is a ping";
    EXPECT_EQ(ask(server.port, "GET", "/ping").body, "pong\n");
}

INSTANTIATE_TEST_SUITE_P(Kinds, CallsOnEachKind, testing::Values("coroutine", "pool:2", "serial"),
                         [](const auto& p) { return p.param.substr(0, p.param.find(':')); });

TEST(Calls, whip_and_whep_make_sessions_that_delete_ends_at_once) {
    const CallServer server;
    Caller caller;
    for (const std::string path : {"/whip", "/whep"}) {
        caller.renew();
        const auto answer = post_whip(server.port, caller.offer(), path);
        ASSERT_EQ(answer.status, 201) << answer.body;
        EXPECT_EQ(answer.headers.at("content-type"), "application/sdp");
        EXPECT_THAT(answer.headers.at("etag"), testing::MatchesRegex("\"[A-Za-z0-9+/]{4,256}\""));
        EXPECT_EQ(answer.headers.count("link"), 0U) << "no server is configured";
        const std::string session = answer.headers.at("location");
        EXPECT_THAT(session, testing::MatchesRegex(path + "/[A-Za-z0-9_-]{22}"));
        caller.answer(answer.body);
        ASSERT_TRUE(caller.open()) << caller.peer().end_reason();
        EXPECT_EQ(caller.echo(true, "ping"), "text:pong");

        EXPECT_EQ(ask(server.port, "DELETE", session).status, 200);
        ASSERT_TRUE(caller.ended());
        EXPECT_EQ(caller.peer().end_error(), webrtc::PeerErrc::closed_by_peer) << caller.peer().end_reason();
        EXPECT_EQ(ask(server.port, "DELETE", session).status, 404);
        EXPECT_EQ(patch(server.port, session, "*", fragment_of("abcd", "0123456789012345678901")).status, 404);
    }
}

TEST(Calls, a_session_ends_with_its_call) {
    const CallServer server;
    Caller caller;
    const auto answer = post_whip(server.port, caller.offer());
    caller.answer(answer.body);
    ASSERT_TRUE(caller.open()) << caller.peer().end_reason();
    caller.hang_up();
    // Its name is forgotten with it: a PATCH that is wrong in other ways as well is a PATCH of nothing.
    EXPECT_TRUE(eventually([&] { return ask(server.port, "PATCH", answer.headers.at("location")).status == 404; }));
    EXPECT_EQ(ask(server.port, "DELETE", answer.headers.at("location")).status, 404);
}

TEST(Calls, candidates_that_follow_make_the_call) {
    const CallServer server;
    Caller caller;
    const std::string offer = caller.offer();
    // The same offer without its candidates, as somebody sends it who trickles.
    std::string bare, candidates, credentials;
    for (std::size_t at = 0; at < offer.size();) {
        const std::size_t end = offer.find("\r\n", at) + 2;
        const std::string line = offer.substr(at, end - at);
        at = end;
        if (line.starts_with("a=candidate:"))
            candidates += line;
        else if (!line.starts_with("a=end-of-candidates"))
            bare += line;
        if ((line.starts_with("a=ice-ufrag:") || line.starts_with("a=ice-pwd:")) && credentials.find(line) == std::string::npos)
            credentials += line;
    }
    ASSERT_FALSE(candidates.empty());
    const auto answer = post_whip(server.port, bare);
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto patched = patch(
        server.port, answer.headers.at("location"), answer.headers.at("etag"),
        credentials + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n" + candidates + "a=end-of-candidates\r\n");
    EXPECT_EQ(patched.status, 204) << patched.body;
    caller.answer(answer.body);
    EXPECT_TRUE(caller.open()) << caller.peer().end_reason();
}

TEST(Calls, patch_says_what_is_wrong_with_it) {
    const CallServer server;
    const auto answer = post_whip(server.port, lone_offer());
    ASSERT_EQ(answer.status, 201) << answer.body;
    const std::string session = answer.headers.at("location"), etag = answer.headers.at("etag");
    EXPECT_EQ(answer.headers.at("accept-patch"), "application/trickle-ice-sdpfrag");
    const std::string candidate = "1 1 udp 2130706431 127.0.0.1 9 typ host";
    const std::string trickle = fragment_of("abcd", "0123456789012345678901", candidate);

    EXPECT_EQ(patch(server.port, session, "", trickle).status, 428);
    EXPECT_EQ(patch(server.port, session, "\"another\"", trickle).status, 412);
    EXPECT_EQ(patch(server.port, session, "W/" + etag, trickle).status, 412) << "a weak tag never matches";
    EXPECT_EQ(patch(server.port, session, "\"another\", " + etag, trickle).status, 204);
    const auto typed = ask(server.port, "PATCH", session, {{"Content-Type", "application/sdp"}, {"If-Match", etag}}, trickle);
    EXPECT_EQ(typed.status, 415);
    EXPECT_EQ(typed.headers.at("accept-patch"), "application/trickle-ice-sdpfrag");
    const auto bad = patch(server.port, session, etag, "v=0\r\n");
    EXPECT_EQ(bad.status, 400);
    EXPECT_THAT(bad.body, HasSubstr("\"error\": "));
    EXPECT_EQ(patch(server.port, "/whip/nobody", etag, trickle).status, 404);
    EXPECT_EQ(ask(server.port, "PATCH", "/whip/nobody", {}, "x").status, 404)
        << "what is not there has no Content-Type to ask for";
    EXPECT_EQ(patch(server.port, session, etag, trickle).status, 204) << "and after all that it is still there";
}

TEST(Calls, a_restart_of_ice_is_answered_and_changes_the_tag) {
    const CallServer server;
    const auto answer = post_whip(server.port, lone_offer());
    const std::string session = answer.headers.at("location"), etag = answer.headers.at("etag");
    // RFC 9725 writes the wildcard in quotes, RFC 9110 does not.
    const auto restart = patch(server.port, session, "\"*\"", fragment_of("efgh", "9876543210987654321098"));
    ASSERT_EQ(restart.status, 200) << restart.body;
    EXPECT_EQ(restart.headers.at("content-type"), "application/trickle-ice-sdpfrag");
    EXPECT_THAT(restart.body, HasSubstr("a=ice-pwd:"));
    const std::string fresh = restart.headers.at("etag");
    EXPECT_NE(fresh, etag);
    EXPECT_THAT(restart.body, HasSubstr("a=ice-ufrag:" + fresh.substr(1, fresh.size() - 2)));
    const std::string trickle = fragment_of("efgh", "9876543210987654321098", "1 1 udp 2130706431 127.0.0.1 9 typ host");
    EXPECT_EQ(patch(server.port, session, etag, trickle).status, 412);
    EXPECT_EQ(patch(server.port, session, fresh, trickle).status, 204);
    EXPECT_EQ(patch(server.port, session, "*", fragment_of("ijkl", "1111111111222222222233")).status, 200);
}

TEST(Calls, whip_speaks_http_as_rfc_9725_has_it) {
    const CallServer server({"--stun", "stun.example.org:3478, stuns:other.example.org"});
    for (const std::string path : {"/whip", "/whep"}) {
        const auto typed = ask(server.port, "POST", path, {{"Content-Type", "application/json"}}, in_json(lone_offer()));
        EXPECT_EQ(typed.status, 415);
        EXPECT_EQ(typed.headers.at("accept-post"), "application/sdp");
        EXPECT_EQ(ask(server.port, "POST", path, {}, lone_offer()).status, 415);
        EXPECT_EQ(ask(server.port, "POST", path, {{"Content-Type", "Application/SDP; charset=utf-8"}}, lone_offer()).status, 201);

        for (const char* method : {"GET", "HEAD", "PUT", "PATCH", "DELETE"}) {
            const auto refused = ask(server.port, method, path);
            EXPECT_EQ(refused.status, 405) << method;
            EXPECT_EQ(refused.headers.at("allow"), "POST, OPTIONS") << method;
        }
        const auto options = ask(server.port, "OPTIONS", path);
        EXPECT_EQ(options.status, 204);
        EXPECT_EQ(options.headers.at("accept-post"), "application/sdp");
        EXPECT_EQ(options.headers.at("allow"), "POST, OPTIONS");

        const auto begun = post_whip(server.port, lone_offer(), path + "?token=1");
        ASSERT_EQ(begun.status, 201);
        EXPECT_THAT(begun.headers.at("link"), HasSubstr("rel=\"ice-server\""));
        const std::string session = begun.headers.at("location");
        EXPECT_THAT(session, testing::StartsWith(path + "/")) << "the query is the request's";
        for (const char* method : {"GET", "HEAD", "PUT", "POST"}) {
            const auto refused = ask(server.port, method, session);
            EXPECT_EQ(refused.status, 405) << method;
            EXPECT_EQ(refused.headers.at("allow"), "PATCH, DELETE, OPTIONS") << method;
        }
        EXPECT_EQ(ask(server.port, "OPTIONS", session).headers.at("accept-patch"), "application/trickle-ice-sdpfrag");
        EXPECT_EQ(ask(server.port, "DELETE", path + "/0123456789012345678901").status, 404);
    }
}

/// What a browser asks before it lets a page of another origin post to a path.
RawClient::Answer preflight(std::uint16_t port, std::string_view path, const std::string& origin,
                            const std::string& method = "POST") {
    return ask(
        port, "OPTIONS", path,
        {{"Origin", origin}, {"Access-Control-Request-Method", method}, {"Access-Control-Request-Headers", "content-type"}});
}

TEST(Calls, pages_of_other_origins_may_not_call_unless_they_are_of_this_machine) {
    const CallServer server;
    for (const std::string path : {"/whip", "/whep", "/whip/0123456789012345678901", "/offer"}) {
        const auto refused = preflight(server.port, path, "https://a.example");
        EXPECT_EQ(refused.headers.count("access-control-allow-origin"), 0U) << path;
        EXPECT_EQ(refused.headers.count("access-control-allow-methods"), 0U) << path;
    }
    // A browser sends what follows without asking before, and only an offer's own Content-Type begins a call.
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}) {
        const std::map<std::string, std::string> headers{{"Content-Type", type}, {"Origin", "https://a.example"}};
        EXPECT_EQ(ask(server.port, "POST", "/whip", headers, lone_offer()).status, 415) << type;
        EXPECT_THAT(ask(server.port, "POST", "/offer?s=0", headers, in_json(lone_offer())).body, Not(HasSubstr("answer")))
            << type;
    }
    const auto here = preflight(server.port, "/whip", "http://localhost:3000");
    EXPECT_EQ(here.status, 204);
    EXPECT_EQ(here.headers.at("access-control-allow-origin"), "http://localhost:3000");
    EXPECT_THAT(here.headers.at("access-control-allow-methods"), HasSubstr("PATCH"));
    EXPECT_THAT(here.headers.at("access-control-allow-headers"), HasSubstr("If-Match"));
    EXPECT_EQ(preflight(server.port, "/offer", "http://localhost:3000").headers.count("access-control-allow-origin"), 0U);
}

TEST(Calls, origins_that_the_server_is_told_of_may_use_whip) {
    const CallServer server({"--cors", "https://a.example,https://b.example"});
    EXPECT_EQ(preflight(server.port, "/whip", "https://b.example").headers.at("access-control-allow-origin"),
              "https://b.example");
    EXPECT_EQ(preflight(server.port, "/whip", "https://c.example").headers.count("access-control-allow-origin"), 0U);
    EXPECT_EQ(preflight(server.port, "/offer", "https://a.example").headers.count("access-control-allow-origin"), 0U);
    const auto begun =
        ask(server.port, "POST", "/whip", {{"Content-Type", "application/sdp"}, {"Origin", "https://a.example"}}, lone_offer());
    EXPECT_EQ(begun.status, 201);
    EXPECT_EQ(begun.headers.at("access-control-allow-origin"), "https://a.example");
    for (const char* name : {"Location", "ETag"}) EXPECT_THAT(begun.headers.at("access-control-expose-headers"), HasSubstr(name));
    EXPECT_EQ(preflight(server.port, begun.headers.at("location"), "https://a.example", "DELETE")
                  .headers.count("access-control-allow-origin"),
              1U);

    const CallServer open({"--cors=*"});
    EXPECT_EQ(preflight(open.port, "/whip", "https://c.example").headers.at("access-control-allow-origin"), "*");
}

TEST(Calls, offer_says_what_is_wrong_with_it) {
    const CallServer server({"--limits.body_bytes=4MiB"});
    const auto post = [&](const std::string& body) {
        return ask(server.port, "POST", "/offer", {{"Content-Type", "application/json"}}, body);
    };
    EXPECT_THAT(post(R"({"sdp": 1, "type": "offer"})").body, HasSubstr("'sdp' must be a string"));
    EXPECT_THAT(post(R"({"sdp": "v=0"})").body, HasSubstr("'type' is missing"));
    EXPECT_THAT(post(R"({"sdp": "v=0", "type": "answer"})").body, HasSubstr("'type' must be"));
    const auto garbage = post(in_json("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\nrubbish\r\n"));
    EXPECT_EQ(garbage.status, 400);
    EXPECT_THAT(garbage.body, HasSubstr("\"error\": \"line 3: "));
    EXPECT_THAT(garbage.body, HasSubstr("\"line\": 3"));
    for (const std::string& body : {std::string(R"({"sdp": null, "type": "offer"})"), in_json(""), in_json("hello"),
                                    in_json(std::string("v=0\0\r\n", 6)), in_json(std::string(100'000, 'a'))})
        EXPECT_EQ(post(body).status, 400) << body.substr(0, 80);
    std::string no_fingerprint = lone_offer();
    no_fingerprint.erase(no_fingerprint.find("a=fingerprint"),
                         no_fingerprint.find("a=setup") - no_fingerprint.find("a=fingerprint"));
    EXPECT_EQ(post(in_json(no_fingerprint)).status, 400);
    EXPECT_EQ(post_whip(server.port, "hello").status, 400);
    EXPECT_EQ(post_whip(server.port, "").status, 400);
    EXPECT_EQ(post(in_json(std::string(128UL * 1024 + 1, 'a'))).status, 413) << "also where bodies may be larger";
    EXPECT_EQ(post_whip(server.port, std::string(128UL * 1024 + 1, 'a')).status, 413);
    EXPECT_EQ(post(std::string(4UL * 1024 * 1024 + 1, ' ')).status, 413);

    EXPECT_EQ(post(R"({"sdp": ")" + std::string("x") + R"(", "type": "offer", "video_transform": "edges"})").status, 400);
    std::string with_more = in_json(lone_offer());
    with_more.insert(with_more.size() - 1, R"(, "video_transform": "edges", "more": [1])");
    EXPECT_EQ(post(with_more).status, 200) << "fields of aiortc's page are no mistake";
}

TEST(Calls, offer_of_another_type_is_no_sleep) {
    const CallServer server;
    const auto post = [&](const std::string& type, const std::string& body) {
        return ask(server.port, "POST", "/offer", {{"Content-Type", type}}, body);
    };
    for (const char* type : {"text/plain;charset=UTF-8", "application/x-www-form-urlencoded"}) {
        const auto refused = post(type, in_json(lone_offer()));
        EXPECT_EQ(refused.status, 415) << type;
        EXPECT_THAT(refused.body, HasSubstr("the Content-Type of an offer is application/json")) << type;
    }
    EXPECT_EQ(post("application/sdp", lone_offer()).status, 415);
    EXPECT_EQ(post("application/json; charset=utf-8", in_json(lone_offer())).status, 200);
    EXPECT_THAT(post("application/x-www-form-urlencoded", "sleep=0").body, HasSubstr("slept"));
    EXPECT_EQ(ask(server.port, "POST", "/offer?s=0", {{"Content-Type", "text/plain"}}, R"({"other": 1})").status, 200);
}

TEST(Calls, offer_sleeps_before_it_answers_where_it_is_asked_to) {
    const CallServer server;
    const auto began = Clock::now();
    EXPECT_EQ(post_offer(server.port, lone_offer()).status, 200);
    const auto quick = Clock::now() - began;
    std::string body = in_json(lone_offer());
    body.insert(body.size() - 1, R"(, "sleep": 1.5)");
    const auto again = Clock::now();
    const auto answer = ask(server.port, "POST", "/offer", {{"Content-Type", "application/json"}}, body);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("\"type\": \"answer\""));
    EXPECT_GE(Clock::now() - again, std::chrono::milliseconds(1500));
    EXPECT_LT(quick, std::chrono::milliseconds(30'000));
    body.replace(body.find("1.5"), 3, "61");
    EXPECT_EQ(ask(server.port, "POST", "/offer", {{"Content-Type", "application/json"}}, body).status, 400);
    EXPECT_THAT(ask(server.port, "GET", "/offer?s=0").body, HasSubstr("\"slept\": 0,")) << "and without an sdp it is what it was";
}

TEST(Calls, no_more_at_a_time_than_allowed) {
    const CallServer server({"--max-calls", "2"});
    const auto first = post_whip(server.port, lone_offer());
    ASSERT_EQ(first.status, 201);
    ASSERT_EQ(post_offer(server.port, lone_offer()).status, 200);
    for (const auto& refused : {post_whip(server.port, lone_offer()), post_offer(server.port, lone_offer())}) {
        EXPECT_EQ(refused.status, 503);
        EXPECT_EQ(refused.headers.count("retry-after"), 1U);
        EXPECT_THAT(refused.body, HasSubstr("takes 2 at a time"));
    }
    EXPECT_EQ(ask(server.port, "DELETE", first.headers.at("location")).status, 200);
    EXPECT_EQ(post_whip(server.port, lone_offer()).status, 201) << "a place that is free again";

    const CallServer none({"--max-calls=0"});
    EXPECT_EQ(post_offer(none.port, lone_offer()).status, 503);
    EXPECT_EQ(ask(none.port, "GET", "/offer?s=0").status, 200);
}

TEST(Calls, whoever_leaves_before_the_answer_leaves_no_call_behind) {
    const CallServer server({"--max-calls", "1"});
    std::string body = in_json(lone_offer());
    body.insert(body.size() - 1, R"(, "sleep": 0.2)");
    for (int i = 0; i < 3; ++i) {
        RawClient client(server.port);
        client.send("POST /offer HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
        client.close();
    }
    EXPECT_TRUE(
        eventually([&] { return ask(server.port, "GET", "/inflight").body.starts_with("{\"inflight\": 0, \"waiting\": 0"); }));
    EXPECT_EQ(post_offer(server.port, lone_offer()).status, 200);
}

TEST(Calls, the_end_of_the_server_hangs_up) {
    for (const char* kind : {"coroutine", "pool:2"}) {
        CallServer server({"--kind", kind});
        Caller caller;
        const auto answer = post_offer(server.port, caller.offer());
        caller.answer(sdp_of(answer));
        ASSERT_TRUE(caller.open()) << caller.peer().end_reason();
        ASSERT_EQ(post_offer(server.port, lone_offer()).status, 200) << "one that never connects holds nothing up either";
        server.process.signal(SIGTERM);
        ASSERT_TRUE(caller.ended());
        EXPECT_EQ(caller.peer().end_error(), webrtc::PeerErrc::closed_by_peer) << caller.peer().end_reason();
        EXPECT_EQ(server.process.wait(), 0);
    }
}

TEST(Calls, a_call_without_data_ends_after_the_idle_limit) {
    const CallServer server({"--call-idle", "300ms"});
    Caller caller;
    const auto answer = post_offer(server.port, caller.offer());
    caller.answer(sdp_of(answer));
    ASSERT_TRUE(caller.ended());
    EXPECT_EQ(caller.peer().end_error(), webrtc::PeerErrc::closed_by_peer) << caller.peer().end_reason();
}

TEST(Calls, a_port_that_is_named_is_the_one_and_one_that_is_taken_is_told_at_the_start) {
    const CallServer any;
    const std::string sdp = sdp_of(post_offer(any.port, lone_offer()));
    const auto at = sdp.find("a=candidate:");
    ASSERT_NE(at, std::string::npos) << sdp;
    const std::string line = sdp.substr(at, sdp.find("\r\n", at) - at);
    EXPECT_THAT(line, HasSubstr(" 127.0.0.1 ")) << "before the machine's other addresses, for who calls no loopback one";
    const auto port_at = line.find(" 127.0.0.1 ") + 11;
    const std::string port = line.substr(port_at, line.find(' ', port_at) - port_at);

    ServerProcess second({"--port=0", "--rtc-port", port});
    EXPECT_EQ(second.wait(), 3);
    EXPECT_THAT(second.read_errors(), HasSubstr("cannot take calls on UDP port " + port));
}

TEST(Calls, an_advertised_address_is_what_answers_name) {
    const CallServer server({"--advertise", "203.0.113.7"});
    const std::string sdp = sdp_of(post_offer(server.port, lone_offer()));
    EXPECT_THAT(sdp, HasSubstr(" 203.0.113.7 "));
    EXPECT_THAT(sdp, Not(HasSubstr(" 127.0.0.1 ")));
}

TEST(Calls, the_page_is_whole_and_lets_nothing_foreign_run) {
    const CallServer server({"--stun", "stun.example.org"});
    const auto page = ask(server.port, "GET", "/");
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.headers.at("content-security-policy"), HasSubstr("default-src 'self'"));
    EXPECT_THAT(page.body, HasSubstr("value=\"stun:stun.example.org\""));
    EXPECT_THAT(page.body, Not(HasSubstr("@STUN@")));
    for (const char* foreign : {"http://", "https://", "<style", " style=", "onclick", "<script>"})
        EXPECT_THAT(page.body, Not(HasSubstr(foreign))) << foreign;
    // The script and all modules that it is made of.
    std::set<std::string> seen;
    std::vector<std::string> waiting = {"/client.js"};
    while (!waiting.empty()) {
        const std::string path = waiting.back();
        waiting.pop_back();
        if (!seen.insert(path).second) continue;
        const auto script = ask(server.port, "GET", path);
        EXPECT_EQ(script.status, 200) << path;
        EXPECT_THAT(script.headers.at("content-type"), HasSubstr("text/javascript")) << path;
        EXPECT_THAT(script.headers.at("content-security-policy"), HasSubstr("default-src 'self'")) << path;
        static const std::regex imported(R"re(from "\./(?:client/)?([a-z]+\.js)")re");
        for (auto at = std::sregex_iterator(script.body.begin(), script.body.end(), imported); at != std::sregex_iterator(); ++at)
            waiting.push_back("/client/" + (*at)[1].str());
    }
    EXPECT_GE(seen.size(), 10);
    EXPECT_EQ(ask(server.port, "GET", "/client/none.js").status, 404);
    // What it proposes to type reaches this server: at the place where the reader has.
    const std::string start = "GET / HTTP/1.1\r\nHost: ";
    const auto page_at = [&](const std::string& host) {
        RawClient client(server.port);
        client.send(start + host + "\r\n\r\n");
        return client.read_answer().body;
    };
    EXPECT_THAT(page_at("[::1]:8123"), HasSubstr("volley post [::1]:8123/offer\n"));
    EXPECT_THAT(page_at("a'b"), HasSubstr("volley post localhost:8000/offer\n"));
    EXPECT_THAT(ask(server.port, "GET", "/client.css").headers.at("content-type"), HasSubstr("text/css"));
    EXPECT_THAT(ask(CallServer().port, "GET", "/").body, HasSubstr("id=\"stun\" value=\"\""));
}

}  // namespace
}  // namespace volley::test
