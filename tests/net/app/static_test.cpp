// Files from below a folder: what is sent, and every way out of the folder that is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "files/static_files.hpp"
#include "net/app/folder.hpp"

namespace volley::test {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

class Static : public testing::TestWithParam<files::Beneath> {
protected:
    Static() {
        folder.write("secret.txt", "secret");
        folder.write("public/index.html", "<p>index");
        folder.write("public/a.txt", "0123456789");
        folder.write("public/sp ace.css", "p {}");
        folder.write("public/.hidden", "secret");
        folder.write("public/.git/config", "secret");
        folder.write("public/sub/b.txt", "b");
        folder.write("public/empty/.keep", "");
        folder.write("public/big.bin", std::string(200'001, 'x'));
        folder.write("public/none.txt", "");
        std::filesystem::create_symlink("../secret.txt", folder / "public/out");
        std::filesystem::create_symlink(folder / "secret.txt", folder / "public/absolute");
        std::filesystem::create_directory_symlink("..", folder / "public/up");
        std::filesystem::create_symlink("a.txt", folder / "public/in");
        std::filesystem::create_symlink("loop", folder / "public/loop");
        std::filesystem::create_symlink("/proc/self/root/etc/passwd", folder / "public/magic");
        ::mkfifo((folder / "public/pipe").c_str(), 0600);
        view::Routes routes;
        routes.add_view("/static/{path...}",
                        app::view_of(files::static_view(*files::open_folder(folder / "public"), GetParam()), {"GET"}));
        server = std::make_unique<LiveServer>(std::move(routes), options_of("coroutine"));
    }
    RawClient::Answer get(std::string_view target, std::string_view fields = {}, std::string_view method = "GET") {
        return ask(*server, target, fields, method);
    }

    Folder folder;
    std::unique_ptr<LiveServer> server;
};

INSTANTIATE_TEST_SUITE_P(Beneath, Static, testing::Values(files::Beneath::kernel, files::Beneath::step_wise),
                         [](const auto& tested) { return tested.param == files::Beneath::kernel ? "kernel" : "step_wise"; });

TEST_P(Static, no_path_leads_out_of_the_folder) {
    struct Attempt {
        std::string target;
        int status;
        std::string sentence;
    };
    for (const Attempt& a : {
             Attempt{"/static/../secret.txt", 400, "does not climb"},
             Attempt{"/static/%2e%2e/secret.txt", 400, "does not climb"},
             Attempt{"/static/%2E./secret.txt", 400, "does not climb"},
             Attempt{"/static/sub/../../secret.txt", 400, "does not climb"},
             Attempt{"/static/./a.txt", 400, "does not climb"},
             Attempt{"/static/..%2fsecret.txt", 400, "encoded slash"},
             Attempt{"/static/%2fetc%2fpasswd", 400, "encoded slash"},
             Attempt{"/static/sub%2Fb.txt", 400, "encoded slash"},
             Attempt{"/static//etc/passwd", 404, "two slashes"},
             Attempt{"/static/" + folder / "secret.txt", 404, "two slashes"},
             Attempt{"/static/..%5csecret.txt", 400, "backslash"},
             Attempt{"/static/..\\secret.txt", 400, ""},
             Attempt{"/static/a.txt%00", 400, "NUL"},
             Attempt{"/static/%00", 400, "NUL"},
             Attempt{"/static/%252e%252e/secret.txt", 404, "no such file"},
             Attempt{"/static/%c0%ae%c0%ae/secret.txt", 404, "no such file"},
             Attempt{"/static/.hidden", 404, "begin with a dot"},
             Attempt{"/static/.git/config", 404, "begin with a dot"},
             Attempt{"/static/%2ehidden", 404, "begin with a dot"},
             Attempt{"/static/out", 404, "link"},
             Attempt{"/static/absolute", 404, "link"},
             Attempt{"/static/up/secret.txt", 404, ""},
             Attempt{"/static/up/public/a.txt", 404, ""},
             Attempt{"/static/loop", 404, "link"},
             Attempt{"/static/magic", 404, "link"},
             Attempt{"/static/pipe", 404, "neither a file nor a folder"},
             Attempt{"/static/empty/", 404, "no index.html, and folders are not listed"},
             Attempt{"/static/a.txt/", 404, ""},
             Attempt{"/static/" + std::string(300, 'n'), 404, "no such file"},
             Attempt{"/static/nothing", 404, "no such file"},
         }) {
        const auto answer = get(a.target);
        EXPECT_EQ(answer.status, a.status) << a.target << ' ' << answer.body;
        EXPECT_THAT(answer.body, HasSubstr(a.sentence)) << a.target;
        EXPECT_THAT(answer.body, testing::Not(HasSubstr("\"secret\""))) << a.target;
        EXPECT_NE(answer.body, "secret") << a.target;
    }
    EXPECT_TRUE(server->errors().empty());
}

TEST_P(Static, a_link_that_stays_beneath_is_followed_where_the_kernel_can_tell) {
    const bool kernel = GetParam() == files::Beneath::kernel;
    EXPECT_EQ(get("/static/in").status, kernel ? 200 : 404);
}

TEST_P(Static, files_come_with_type_tag_and_date) {
    const auto answer = get("/static/a.txt");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "0123456789");
    EXPECT_EQ(answer.headers.at("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.headers.at("content-length"), "10");
    EXPECT_TRUE(answer.headers.contains("last-modified"));
    EXPECT_EQ(get("/static/sp%20ace.css?v=1").headers.at("content-type"), "text/css; charset=utf-8");
    EXPECT_EQ(get("/static/big.bin").body.size(), 200'001U);
    EXPECT_EQ(get("/static/none.txt").body, "");
    EXPECT_EQ(get("/static/").body, "<p>index");
    const auto moved = get("/static/sub?a=1");
    EXPECT_EQ(moved.status, 301);
    EXPECT_EQ(moved.headers.at("location"), "./sub/?a=1");
    EXPECT_EQ(get("/static").headers.at("location"), "./static/");
    const auto head = get("/static/big.bin", "", "HEAD");
    EXPECT_EQ(head.headers.at("content-length"), "200001");
    EXPECT_EQ(get("/static/a.txt", "", "POST").status, 405);
}

TEST_P(Static, what_the_client_has_is_not_sent_again) {
    const auto first = get("/static/a.txt");
    const std::string tag = first.headers.at("etag"), date = first.headers.at("last-modified");
    for (const std::string& fields : {"If-None-Match: " + tag, "If-None-Match: \"x\", W/" + tag, "If-None-Match: *"s,
                                      "If-Modified-Since: " + date, "If-Modified-Since: Fri, 31-Dec-60 23:59:59 GMT"s}) {
        const auto answer = get("/static/a.txt", fields + "\r\n");
        EXPECT_EQ(answer.status, 304) << fields;
        EXPECT_EQ(answer.headers.at("etag"), tag);
    }
    for (const std::string& fields : {"If-None-Match: \"x\""s, "If-None-Match: \"x\"\r\nIf-Modified-Since: " + date,
                                      "If-Modified-Since: Sun Nov  6 08:49:37 1994"s, "If-Modified-Since: soon"s})
        EXPECT_EQ(get("/static/a.txt", fields + "\r\n").status, 200) << fields;
    folder.write("public/a.txt", "abcdefghij!");
    EXPECT_EQ(get("/static/a.txt", "If-None-Match: " + tag + "\r\n").body, "abcdefghij!");
}

TEST_P(Static, one_range_is_sent_by_itself) {
    struct Case {
        std::string range, body, content_range;
    };
    for (const Case& c : {Case{"bytes=0-3", "0123", "bytes 0-3/10"}, Case{"bytes=7-", "789", "bytes 7-9/10"},
                          Case{"bytes=-2", "89", "bytes 8-9/10"}, Case{"bytes=5-999", "56789", "bytes 5-9/10"},
                          Case{"Bytes= 1-1 ", "1", "bytes 1-1/10"}, Case{"bytes=-99", "0123456789", "bytes 0-9/10"}}) {
        const auto answer = get("/static/a.txt", "Range: " + c.range + "\r\n");
        EXPECT_EQ(answer.status, 206) << c.range;
        EXPECT_EQ(answer.body, c.body) << c.range;
        EXPECT_EQ(answer.headers.at("content-range"), c.content_range);
    }
    for (const char* range : {"bytes=10-", "bytes=-0", "bytes=99-100"}) {
        const auto answer = get("/static/a.txt", "Range: " + std::string(range) + "\r\n");
        EXPECT_EQ(answer.status, 416) << range;
        EXPECT_EQ(answer.headers.at("content-range"), "bytes */10");
    }
    for (const char* range :
         {"bytes=3-1", "bytes=a-b", "bytes=0-1,3-4", "lines=1-2", "bytes=", "bytes=-", "bytes=99999999999999999999-"})
        EXPECT_EQ(get("/static/a.txt", "Range: " + std::string(range) + "\r\n").status, 200) << range;
    EXPECT_EQ(get("/static/a.txt", "Range: bytes=0-3\r\nIf-Range: \"old\"\r\n").status, 200);
    const auto big = get("/static/big.bin", "Range: bytes=100000-\r\n");
    EXPECT_EQ(big.status, 206);
    EXPECT_EQ(big.body.size(), 100'001U);
    EXPECT_EQ(get("/static/a.txt", "Range: bytes=0-3\r\n", "HEAD").status, 200);
}

}  // namespace
}  // namespace volley::test
