// Changes of a file while its server runs: no request is lost, and a broken file breaks nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "app/reload.hpp"
#include "net/app/folder.hpp"

namespace volley::test {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

/// A server and its reloader on a thread of their own.
class Reloading {
public:
    explicit Reloading(const std::string& file) {
        notice_ = std::make_shared<app::Notice>();
        app::Built built = app::build_application(file, std::make_shared<view::Gauge>(), notice_);
        if (!built.errors.empty()) throw std::runtime_error(format_source_error(built.errors[0]));
        server_ = std::make_unique<server::Server>(loop_.get_executor(), std::move(built.routes), options_of("coroutine"));
        Diagnostics why;
        if (server_->listen(why)) throw std::runtime_error(why.message);
        reloader_ =
            std::make_unique<app::Reloader>(*server_, loop_.get_executor(), built, notice_, [this](std::string_view text) {
                const std::scoped_lock lock(mutex_);
                said_ += text;
            });
        const auto ignore = [](std::exception_ptr) {};
        asio::co_spawn(loop_, server_->serve(), asio::bind_cancellation_slot(stop_server_.slot(), ignore));
        asio::co_spawn(loop_, reloader_->run(), asio::bind_cancellation_slot(stop_reloader_.slot(), ignore));
        thread_ = std::thread([this] { loop_.run(); });
    }
    Reloading(const Reloading&) = delete;
    Reloading& operator=(const Reloading&) = delete;
    ~Reloading() {
        asio::post(loop_, [this] {
            stop_reloader_.emit(asio::cancellation_type::terminal);
            stop_server_.emit(asio::cancellation_type::terminal);
        });
        thread_.join();
    }
    [[nodiscard]] std::uint16_t port() const { return server_->local_port(); }
    [[nodiscard]] std::string said() {
        const std::scoped_lock lock(mutex_);
        return said_;
    }
    [[nodiscard]] bool comes(std::string_view text) {
        return eventually([&] { return said().find(text) != std::string::npos; });
    }

private:
    asio::io_context loop_{1};
    std::shared_ptr<app::Notice> notice_;
    std::unique_ptr<server::Server> server_;
    std::unique_ptr<app::Reloader> reloader_;
    asio::cancellation_signal stop_server_, stop_reloader_;
    std::mutex mutex_;
    std::string said_;
    std::thread thread_;
};

std::string get(std::uint16_t port, std::string_view target) {
    RawClient client(port);
    client.get(target);
    return client.read_answer().body;
}

std::string file_with(int version, std::string_view more = {}) {
    return "version: 1\nroutes:\n  /work: { view: sleep, s: 0s, name: n" + std::to_string(version) +
           " }\n  /inflight: inflight\n  /page: { view: page, file: page.html }\n  /v: { view: status, code: " +
           std::to_string(200 + version) + " }\n" + std::string(more);
}

TEST(Reload, a_change_is_taken_up_and_the_counts_go_on) {
    Folder folder;
    folder.write("page.html", "<body>one");
    folder.write("app.yaml", file_with(1));
    Reloading server(folder / "app.yaml");
    EXPECT_THAT(get(server.port(), "/work"), HasSubstr("slept"));
    folder.write("app.yaml", file_with(2));
    ASSERT_TRUE(server.comes("reloaded ")) << server.said();
    EXPECT_THAT(get(server.port(), "/inflight"),
                HasSubstr("\"/work\": {\"name\": \"n2\", \"running\": 0, \"waiting\": 0, \"peak\": 1, \"served\": 1}"));
    // As editors do it: a new file takes the place of the old one.
    folder.write("page.tmp", "<body>two");
    std::filesystem::rename(folder / "page.tmp", folder / "page.html");
    EXPECT_TRUE(eventually([&] { return get(server.port(), "/page") == "<body>two"; }));
}

TEST(Reload, a_broken_file_is_shown_and_the_old_one_goes_on) {
    Folder folder;
    folder.write("page.html", "<!doctype html><html><body class=\"a\"><p>one</p>");
    folder.write("app.yaml", file_with(1));
    Reloading server(folder / "app.yaml");
    folder.write("app.yaml", file_with(2, "  /bad: { veiw: \"<script>\" }\n"));
    ASSERT_TRUE(server.comes("what answers is as it was before")) << server.said();
    EXPECT_THAT(server.said(), HasSubstr("app.yaml:7:11: error: unknown key `veiw`"));
    EXPECT_THAT(server.said(), HasSubstr("      |           ^"));
    const std::string page = get(server.port(), "/page");
    EXPECT_THAT(page, testing::StartsWith("<!doctype html><html><body class=\"a\"><div"));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
    EXPECT_THAT(page, testing::Not(HasSubstr("<script>")));
    EXPECT_THAT(page, HasSubstr("<p>one</p>"));
    EXPECT_THAT(get(server.port(), "/"), HasSubstr("has errors"));
    EXPECT_THAT(get(server.port(), "/work"), HasSubstr("slept")) << "other routes go on";
    const std::string before = server.said();
    folder.write("app.yaml", file_with(3));
    ASSERT_TRUE(server.comes("reloaded "));
    EXPECT_THAT(get(server.port(), "/page"), testing::Not(HasSubstr("has errors")));
    std::filesystem::remove(folder / "app.yaml");
    ASSERT_TRUE(server.comes("cannot read the file"));
    folder.write("app.yaml", file_with(4));
    EXPECT_TRUE(eventually([&] { return get(server.port(), "/inflight").find("\"n4\"") != std::string::npos; }));
}

TEST(Reload, a_request_in_flight_ends_as_it_began) {
    Folder folder;
    folder.write("page.html", "x");
    folder.write("app.yaml", file_with(1));
    Reloading server(folder / "app.yaml");
    RawClient slow(server.port());
    slow.get("/work?s=0.7");
    folder.write("app.yaml", "version: 1\nroutes: { /other: ping }\n");
    ASSERT_TRUE(server.comes("reloaded "));
    RawClient later(server.port());
    later.get("/work");
    EXPECT_EQ(later.read_answer().status, 404);
    const auto answer = slow.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("slept"));
}

TEST(Reload, ten_thousand_requests_while_the_file_is_rewritten_twenty_times) {
    Folder folder;
    folder.write("page.html", "<body>{{ path }}");
    folder.write("app.yaml", file_with(0));
    Reloading server(folder / "app.yaml");
    std::atomic<int> right{0}, wrong{0}, running{10};
    std::vector<std::thread> clients;
    for (int c = 0; c < 10; ++c)
        clients.emplace_back([&, c] {
            RawClient client(server.port());
            for (int i = 0; i < 1000; ++i) {
                client.get(i % 3 == 0 ? "/work" : i % 3 == 1 ? "/page" : "/v");
                const auto answer = client.read_answer();
                const bool good = answer.whole && answer.status >= 200 && answer.status < 300;
                ++(good ? right : wrong);
                // Spread over the rewriting, however fast the machine is.
                if (i % 20 == c) std::this_thread::sleep_for(std::chrono::milliseconds(30));
            }
            --running;
        });
    for (int version = 1; version <= 20; ++version) {
        const std::string text = file_with(version, version % 2 == 0 ? "  /bad: { view: nothing" : "");
        // In two halves, so that a half-written file is seen now and then.
        folder.write("app.yaml", text.substr(0, text.size() / 2));
        std::this_thread::sleep_for(std::chrono::milliseconds(version % 3 * 40));
        folder.write("app.yaml", text);
        std::this_thread::sleep_for(std::chrono::milliseconds(80));
    }
    for (auto& client : clients) client.join();
    EXPECT_EQ(right, 10'000);
    EXPECT_EQ(wrong, 0);
    folder.write("app.yaml", file_with(42));
    EXPECT_TRUE(eventually([&] { return get(server.port(), "/inflight").find("\"n42\"") != std::string::npos; }));
    EXPECT_THAT(server.said(), HasSubstr("has errors"));
}

}  // namespace
}  // namespace volley::test
