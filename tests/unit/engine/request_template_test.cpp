// Requests with gaps: what is rendered is what a client would have rendered from the filled request.
#include <gtest/gtest.h>

#include "client/request_text.hpp"
#include "engine/request_template.hpp"

namespace volley::engine {
namespace {

client::Target target() {
    client::Target t;
    t.host = "example.org";
    return t;
}

std::string user() { return std::string(marker(Slot::user)); }
std::string iteration() { return std::string(marker(Slot::iteration)); }

/// Both ways must give the same bytes, whatever the numbers.
void expect_same(const http::Request& request) {
    const auto made = RequestTemplate::make(request, target());
    ASSERT_TRUE(made);
    std::string out = "left over from the one before";
    for (const std::uint64_t u : {0ULL, 9ULL, 10ULL, 12345ULL, 18446744073709551615ULL}) {
        for (const std::uint64_t i : {0ULL, 99ULL, 100ULL, 18446744073709551615ULL}) {
            http::Request filled = request;
            fill(filled, u, i);
            EXPECT_FALSE(has_slots(filled));
            made->render(u, i, out);
            EXPECT_EQ(out, client::render_request(filled, target()).value());
        }
    }
}

TEST(RequestTemplate, without_slots_is_fixed) {
    const http::Request request{"POST", "/a", {{"X", "1"}}, "body"};
    EXPECT_FALSE(has_slots(request));
    const auto made = RequestTemplate::make(request, target());
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->is_fixed());
    EXPECT_TRUE(made->head().ends_with("\r\n\r\n")) << made->head();
    EXPECT_EQ(made->body(), "body");
    EXPECT_EQ(std::string(made->head()) + "body", client::render_request(request, target()).value());
    expect_same(request);
}

TEST(RequestTemplate, slots_of_every_part_are_filled) {
    expect_same({"GET", "/users/" + user(), {}, ""});
    expect_same({"GET", "/" + iteration() + "?u=" + user() + "&i=" + iteration(), {}, ""});
    expect_same({"GET", "/", {{"X-User", user()}, {"X-Same", "a"}, {"X-It", "<" + iteration() + ">"}}, ""});
    expect_same({"POST", "/", {}, user()});
    expect_same({"POST", "/", {}, "before " + iteration() + " between " + user() + iteration() + " behind"});
    expect_same({"PUT", "/" + user(), {{"X", iteration()}}, user() + user() + "x" + iteration()});
    expect_same({"POST", "/" + user(), {}, "a body without any"});
    expect_same({"POST", "/" + user(), {}, ""});
}

TEST(RequestTemplate, a_length_that_was_given_follows_a_body_with_slots) {
    const http::Request request{"POST", "/", {{"Content-Length", "3"}}, "n=" + user()};
    const auto made = RequestTemplate::make(request, target());
    ASSERT_TRUE(made);
    std::string out;
    made->render(1234, 0, out);
    EXPECT_NE(out.find("\r\nContent-Length: 6\r\n"), std::string::npos) << out;
    EXPECT_EQ(out.find("Content-Length: 3"), std::string::npos) << out;
    EXPECT_TRUE(out.ends_with("\r\n\r\nn=1234")) << out;
}

TEST(RequestTemplate, a_transfer_coding_keeps_its_framing) {
    const http::Request request{"POST", "/" + user(), {{"Transfer-Encoding", "chunked"}}, "1\r\nx\r\n0\r\n\r\n"};
    const auto made = RequestTemplate::make(request, target());
    ASSERT_TRUE(made);
    std::string out;
    made->render(5, 0, out);
    EXPECT_EQ(out.find("Content-Length"), std::string::npos) << out;
    EXPECT_TRUE(out.ends_with(request.body));
}

TEST(RequestTemplate, refuses_what_cannot_be_sent) {
    EXPECT_EQ(RequestTemplate::make({"GET", "/ x", {}, ""}, target()).error(), NetErrc::unsupported);
    EXPECT_EQ(RequestTemplate::make({"GET", "/" + user(), {{"X", "a\r\nb"}}, ""}, target()).error(), NetErrc::unsupported);
}

TEST(RequestTemplate, markers_are_whole_words_of_their_own) {
    // None is part of another, or filling one would spoil the other.
    for (const Slot a : {Slot::user, Slot::iteration, Slot::length})
        for (const Slot b : {Slot::user, Slot::iteration, Slot::length})
            if (a != b) {
                EXPECT_EQ(marker(a).find(marker(b)), std::string_view::npos);
            }
}

}  // namespace
}  // namespace volley::engine
