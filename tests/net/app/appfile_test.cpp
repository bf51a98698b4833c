// What an application file makes a server do: views, faults, pages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "app/settings.hpp"
#include "net/app/folder.hpp"

namespace volley::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(AppFile, every_view_answers) {
    Folder folder;
    folder.write("about.html", "<title>{{ title }}</title>{{ query.q }} {{ params.who | default('-') }}");
    folder.write("logo.svg", "<svg/>");
    folder.write("public/a.txt", "a");
    auto built = build_in(folder, R"(
  /offer: { view: sleep, s: 0s, name: offer }
  /echo: echo
  /about/{who}: { view: page, file: about.html, with: { title: "<About>" } }
  /static: { view: static, root: public }
  /logo: { view: file, file: logo.svg }
  /old: { view: redirect, to: /offer, status: 308 }
  /teapot: { view: status, code: 418 }
  /blob: { view: bytes, n: 64KiB }
  /ticks: { view: ticks, n: 3, every: 1ms }
  /late: { view: ticks, n: 3, every: 1ms, fault: buffer }
  /inflight: inflight
  /read: { view: echo, methods: [GET] }
)");
    EXPECT_THAT(app::print_table(built.table), HasSubstr("/offer             GET, HEAD, POST, OPTIONS  sleep     yes    offer"));
    LiveServer server(std::move(built.routes), options_of("coroutine"));
    EXPECT_EQ(ask(server, "/offer").status, 200);
    EXPECT_EQ(ask(server, "/echo", "", "AHOY").status, 200);
    EXPECT_EQ(ask(server, "/about/%3Cme%3E?q=%22%7B%7B").body, "<title>&lt;About&gt;</title>&quot;{{ &lt;me&gt;");
    EXPECT_EQ(ask(server, "/static/a.txt").body, "a");
    EXPECT_EQ(ask(server, "/logo").headers.at("content-type"), "image/svg+xml");
    EXPECT_EQ(ask(server, "/old").status, 308);
    EXPECT_EQ(ask(server, "/old").headers.at("location"), "/offer");
    EXPECT_EQ(ask(server, "/teapot").status, 418);
    EXPECT_EQ(ask(server, "/blob").body.size(), 65'536U);
    const auto ticks = ask(server, "/ticks");
    EXPECT_EQ(ticks.headers.count("content-length"), 0U);
    const auto late = ask(server, "/late");
    EXPECT_TRUE(late.headers.contains("content-length"));
    EXPECT_THAT(late.body, HasSubstr("id: 3"));
    EXPECT_EQ(ask(server, "/read", "", "POST").status, 405);
    EXPECT_THAT(ask(server, "/inflight").body, HasSubstr("\"/offer\": {\"name\": \"offer\", \"running\": 0"));
    EXPECT_THAT(ask(server, "/").body, HasSubstr("<td>/about/{who}"));
}

TEST(AppFile, the_example_can_be_served) {
    auto built = app::build_application(VOLLEY_EXAMPLE, std::make_shared<view::Gauge>(), std::make_shared<const app::Notice>());
    for (const auto& e : built.errors) ADD_FAILURE() << format_source_error(e);
    const std::size_t n = built.table.size();
    EXPECT_GE(n, 15U);
    LiveServer server(std::move(built.routes), options_of("coroutine"));
    EXPECT_THAT(ask(server, "/?name=%3Cb%3E").body, HasSubstr("Hello, &lt;b&gt;."));
    EXPECT_THAT(ask(server, "/static/").body, HasSubstr("<!doctype html>"));
}

/// So many requests at once. @return how many answered with that status.
std::size_t burst(const LiveServer& server, std::string_view target, std::size_t n, int status) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < n; ++i) {
        clients.push_back(std::make_unique<RawClient>(server.port()));
        clients.back()->get(target);
    }
    std::size_t right = 0;
    for (auto& client : clients) right += client->read_answer().status == status ? 1 : 0;
    return right;
}

TEST(Faults, change_how_many_run_at_a_time) {
    Folder folder;
    auto built = build_in(folder, R"(
  /plain: { view: sleep, s: 50ms }
  /block: { view: sleep, s: 50ms, fault: block }
  /lock: { view: sleep, s: 50ms, fault: lock }
  /two: { view: sleep, s: 50ms, fault: "semaphore:2" }
  /thread: { view: sleep, s: 50ms, fault: "thread:1" }
  /cpu: { view: sleep, s: 50ms, fault: "cpu:50%" }
  /limit: { view: sleep, s: 300ms, fault: "limit:3" }
)");
    for (const char* kind : {"coroutine", "pool:6"}) {
        auto again =
            app::build_application(folder / "app.yaml", std::make_shared<view::Gauge>(), std::make_shared<const app::Notice>());
        LiveServer server(std::move(again.routes), options_of(kind));
        const auto seconds = [&](std::string_view target) {
            const auto start = Clock::now();
            EXPECT_EQ(burst(server, target, 6, 200), 6U) << target;
            return to_seconds(Clock::now() - start);
        };
        EXPECT_GE(seconds("/lock"), 0.3);
        EXPECT_GE(seconds("/two"), 0.15);
        EXPECT_GE(seconds("/thread"), 0.3);
        EXPECT_GE(seconds("/cpu"), 0.05);
        EXPECT_GE(seconds("/block"), std::string_view(kind) == "coroutine" ? 0.3 : 0.05);
        EXPECT_GE(seconds("/plain"), 0.05);
        EXPECT_EQ(burst(server, "/limit", 6, 503), 3U);
    }
}

TEST(Faults, a_waiting_client_that_leaves_gives_up_its_place) {
    Folder folder;
    auto built = build_in(folder, "  /lock: { view: sleep, s: 0s, fault: lock }\n");
    LiveServer server(std::move(built.routes), options_of("coroutine"));
    {
        RawClient holds(server.port()), waits(server.port());
        holds.get("/lock?s=60");
        ASSERT_TRUE(eventually([&] { return server.count("/lock").running == 1; }));
        waits.get("/lock?s=60");
        ASSERT_TRUE(eventually([&] { return server.count("/lock").running == 2; }));
    }
    ASSERT_TRUE(eventually([&] { return server.count("/lock").running == 0; }));
    EXPECT_EQ(ask(server, "/lock").status, 200) << "the lock is free again";
}

TEST(Faults, the_same_seed_fails_the_same_requests) {
    Folder folder;
    const auto failures = [&](std::string_view seed) {
        auto built = build_in(folder, "  /x: { view: ping, fault: \"fail:30%\" }\n", seed);
        LiveServer server(std::move(built.routes), options_of("coroutine"));
        std::string out;
        RawClient client(server.port());
        for (int i = 0; i < 200; ++i) {
            client.get("/x");
            out += client.read_answer().status == 500 ? 'x' : '.';
        }
        return out;
    };
    const std::string first = failures("seed: 7\n");
    EXPECT_EQ(failures("seed: 7\n"), first);
    EXPECT_NE(failures("seed: 8\n"), first);
    const auto failed = std::count(first.begin(), first.end(), 'x');
    EXPECT_GT(failed, 30);
    EXPECT_LT(failed, 90);
}

TEST(Build, what_the_file_names_must_be_there) {
    Folder folder;
    folder.write("bad.html", "<p>\n{{ titel }}");
    folder.write("app.yaml", R"(version: 1
routes:
  /a: { view: page, file: none.html }
  /b: { view: static, root: none }
  /c: { view: file, file: none.png }
  /d: { view: page, file: bad.html, with: { title: x } }
  /e: { view: file, file: . }
)");
    const auto built =
        app::build_application(folder / "app.yaml", std::make_shared<view::Gauge>(), std::make_shared<const app::Notice>());
    std::vector<std::string> said;
    for (const auto& e : built.errors)
        said.push_back(e.file.substr(e.file.rfind('/') + 1) + ':' + std::to_string(e.pos.line) + ':' +
                       std::to_string(e.pos.column) + ' ' + e.text);
    EXPECT_THAT(said,
                ElementsAre(testing::MatchesRegex("app.yaml:3:27 cannot read the page `.*`: No such file or directory.*"),
                            testing::MatchesRegex("app.yaml:4:29 cannot open the folder `.*`: No such file or directory.*"),
                            testing::MatchesRegex("app.yaml:5:27 cannot open `.*`: No such file or directory.*"),
                            "bad.html:2:4 nothing is called `titel`", testing::MatchesRegex("app.yaml:7:27 `.*` is a folder")));
}

}  // namespace
}  // namespace volley::test
