#include "build_request.hpp"

#include <gtest/gtest.h>

#include <volley/error.hpp>

#include "raw_args.hpp"

namespace volley::cli {
namespace {

struct Built {
    std::string error;
    BuiltRequest request;
    std::string header(const char* name) const { return std::string(request.request.headers.get(name).value_or("(none)")); }
    const std::string& body() const { return request.request.body; }
};

Built build(const std::vector<std::string>& args) {
    Built out;
    RequestOptions options;
    const FileReader reader = [](const std::string& path) {
        return path == "none" ? FileText{false, "No such file or directory"} : FileText{true, "text of " + path};
    };
    if (auto error = read_request_options(parse_args(Verb::request, args), "", Program{}, Terminal{}, options))
        out.error = *error;
    else if (auto wrong = build_request(options, reader, out.request))
        out.error = *wrong;
    return out;
}

TEST(BuildRequest, fields_make_a_json_post_with_blanks_as_httpie_has_them) {
    const auto b = build({":8000/offer?x=1", "a=b", "n:=1.50", "q==v w", "X-A: sp "});
    EXPECT_EQ(b.error, "");
    EXPECT_EQ(b.request.request.method, "POST");
    EXPECT_EQ(b.request.request.target, "/offer?x=1&q=v+w");
    EXPECT_EQ(b.body(), R"({"a": "b", "n": 1.50})");
    EXPECT_EQ(b.header("Content-Type"), "application/json");
    EXPECT_EQ(b.header("Accept"), "application/json, */*;q=0.5");
    EXPECT_EQ(b.header("Content-Length"), std::to_string(b.body().size()));
    EXPECT_EQ(b.header("Host"), "localhost:8000");
    EXPECT_EQ(b.header("X-A"), "sp");
}

TEST(BuildRequest, without_a_body_only_methods_that_may_have_one_announce_its_length) {
    EXPECT_EQ(build({":"}).header("Content-Length"), "(none)");
    EXPECT_EQ(build({":"}).header("Content-Type"), "(none)");
    EXPECT_EQ(build({"POST", ":"}).header("Content-Length"), "0");
    EXPECT_EQ(build({"AHOY", ":"}).header("Content-Length"), "0");
    EXPECT_EQ(build({"HEAD", ":"}).header("Content-Length"), "(none)");
    EXPECT_EQ(build({"-j", ":"}).header("Content-Type"), "application/json");
}

TEST(BuildRequest, items_replace_take_away_and_repeat_headers) {
    EXPECT_EQ(build({":", "Accept:"}).header("Accept"), "(none)");
    EXPECT_EQ(build({":", "X;"}).header("X"), "");
    EXPECT_EQ(build({":", "Host:"}).header("Host"), "localhost");
    const auto b = build({":", "Foo:1", "Foo:", "Foo:2", "Accept:x", "Accept:y"});
    EXPECT_EQ(b.header("Foo"), "2");
    std::string all;
    for (const auto& [name, value] : b.request.request.headers)
        if (name == "Accept") all += value;
    EXPECT_EQ(all, "xy");
}

TEST(BuildRequest, a_header_cannot_smuggle_another_one_in) {
    EXPECT_NE(build({":", "X:a\r\nEvil:1"}).error.find("control character"), std::string::npos);
    EXPECT_NE(build({":", "X\r\nEvil;"}).error.find("cannot be the name"), std::string::npos);
    EXPECT_NE(build({":", "Content-Length:5"}).error.find("cannot be set"), std::string::npos);
    EXPECT_NE(build({":", "Transfer-Encoding:chunked", "a=b"}).error.find("cannot be set"), std::string::npos);
}

TEST(BuildRequest, forms_are_urlencoded_or_in_parts) {
    const auto form = build({"-f", ":", "a=b c&d", "n:=1.50", "ok:=true", "a[b]=\u00fc"});
    EXPECT_EQ(form.body(), "a=b+c%26d&n=1.50&ok=true&a%5Bb%5D=%C3%BC");
    EXPECT_EQ(form.header("Content-Type"), "application/x-www-form-urlencoded; charset=utf-8");
    const auto parts = build({"--form", "--boundary=B", ":", "a\"b=c", "f@d/t.txt"});
    EXPECT_EQ(
        parts.body(),
        "--B\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\nc\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; "
        "filename=\"t.txt\"\r\nContent-Type: text/plain\r\n\r\ntext of d/t.txt\r\n--B--\r\n");
    EXPECT_EQ(parts.header("Content-Type"), "multipart/form-data; boundary=B");
    EXPECT_NE(build({"-f", ":", "a:={}"}).error.find("complex JSON value types"), std::string::npos);
    EXPECT_EQ(build({"--multipart", ":", "a=b"}).header("Content-Type").size(),
              std::string("multipart/form-data; boundary=").size() + 32);
}

TEST(BuildRequest, a_body_has_one_source) {
    EXPECT_EQ(build({":", "@x.xml"}).header("Content-Type"), "application/xml");
    EXPECT_EQ(build({":", "@x.xml"}).request.request.method, "POST");
    EXPECT_EQ(build({"--raw", "[1,2]", ":"}).body(), "[1,2]");
    EXPECT_EQ(build({"--raw=", ":"}).request.request.method, "POST");
    EXPECT_NE(build({"--raw=x", ":", "a=b"}).error.find("cannot be mixed"), std::string::npos);
    EXPECT_NE(build({":", "@x", "a=b"}).error.find("cannot be mixed"), std::string::npos);
    EXPECT_NE(build({":", "@x", "@y"}).error.find("from multiple files"), std::string::npos);
    EXPECT_EQ(build({":", "f@x"}).error, "invalid file fields (perhaps you meant --form?): f");
}

TEST(BuildRequest, credentials_become_headers_and_never_words) {
    EXPECT_EQ(build({"-a", "u:p", ":"}).header("Authorization"), "Basic dTpw");
    EXPECT_EQ(build({"-au:", ":"}).header("Authorization"), "Basic dTo=");
    EXPECT_EQ(build({"-a=u\\:v:p", ":"}).header("Authorization"), "Basic dTp2OnA=");
    EXPECT_EQ(build({"-A", "bearer", "-a", "t", ":"}).header("Authorization"), "Bearer t");
    EXPECT_EQ(build({"-A", "digest", "-a", "u:p", ":"}).header("Authorization"), "(none)");
    EXPECT_EQ(build({"-A", "digest", "-a", "u:p", ":"}).request.digest_user, "u");
    EXPECT_EQ(build({"http://a:b@h/"}).header("Authorization"), "Basic YTpi");
    EXPECT_EQ(build({"-a", "u:p", "http://a:b@h/", "Authorization:x"}).header("Authorization"), "Basic dTpw");
    EXPECT_NE(build({"-a", "secret", ":"}).error.find("password is missing"), std::string::npos);
    EXPECT_EQ(build({"-a", "secret", ":"}).error.find("secret"), std::string::npos);
    EXPECT_EQ(build({"http://me:secret@h:x/"}).error.find("secret"), std::string::npos);
    EXPECT_EQ(masked_url("me:secret@h/x@y"), "me:***@h/x@y");
    EXPECT_EQ(masked_url("h:80/a@b"), "h:80/a@b");
}

}  // namespace
}  // namespace volley::cli
