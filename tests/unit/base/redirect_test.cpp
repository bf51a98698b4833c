#include <volley/http/redirect.hpp>

#include <gtest/gtest.h>

namespace volley::http {
namespace {

std::string target(int status, const char* location, const char* from = "http://h:8000/a/b?q=1") {
    Response response;
    response.status = status;
    if (location != nullptr) response.headers.add("location", location);
    const auto to = redirect_target(response, *parse_url(from), false);
    return to ? to->to_string() : "none";
}

TEST(Redirect, locations_are_absolute_or_relative) {
    EXPECT_EQ(target(302, "https://x/y"), "https://x/y");
    EXPECT_EQ(target(301, "//x/y"), "http://x/y");
    EXPECT_EQ(target(303, "/y"), "http://h:8000/y");
    EXPECT_EQ(target(307, "y?z=1"), "http://h:8000/a/y?z=1");
    EXPECT_EQ(target(308, "../y"), "http://h:8000/y");
    EXPECT_EQ(target(302, "?r=2"), "http://h:8000/a/b?r=2");
    EXPECT_EQ(target(302, "/next?to=http://x/"), "http://h:8000/next?to=http://x/");
}

TEST(Redirect, other_answers_and_other_schemes_lead_nowhere) {
    EXPECT_EQ(target(200, "/y"), "none");
    EXPECT_EQ(target(304, "/y"), "none");
    EXPECT_EQ(target(302, nullptr), "none");
    EXPECT_EQ(target(302, "ftp://x/"), "none");
    EXPECT_EQ(target(302, "file:///etc/passwd"), "none");
}

Request sent(const char* method, int status, const char* to) {
    Request request{
        method, "/a", {{"Host", "h"}, {"Content-Length", "1"}, {"Authorization", "x"}, {"Cookie", "c"}, {"X", "y"}}, "b"};
    redirect_request(status, *parse_url(to), *parse_url("http://h/a"), request);
    return request;
}

TEST(Redirect, only_307_and_308_keep_method_and_body) {
    EXPECT_EQ(sent("POST", 302, "http://h/n").method, "GET");
    EXPECT_EQ(sent("POST", 302, "http://h/n").body, "");
    EXPECT_FALSE(sent("POST", 303, "http://h/n").headers.has("Content-Length"));
    EXPECT_EQ(sent("HEAD", 301, "http://h/n").method, "HEAD");
    EXPECT_EQ(sent("PUT", 307, "http://h/n?x").method, "PUT");
    EXPECT_EQ(sent("PUT", 307, "http://h/n?x").body, "b");
    EXPECT_EQ(sent("PUT", 307, "http://h/n?x").target, "/n?x");
}

TEST(Redirect, secrets_stay_with_their_origin) {
    EXPECT_TRUE(sent("GET", 302, "http://h/n").headers.has("Authorization"));
    for (const char* elsewhere : {"http://other/", "https://h/", "http://h:81/"}) {
        const auto request = sent("GET", 302, elsewhere);
        EXPECT_FALSE(request.headers.has("Authorization")) << elsewhere;
        EXPECT_FALSE(request.headers.has("Cookie")) << elsewhere;
        EXPECT_TRUE(request.headers.has("X")) << elsewhere;
    }
    EXPECT_EQ(sent("GET", 302, "http://other:81/").headers.get("Host"), "other:81");
}

}  // namespace
}  // namespace volley::http
