// libcurl on an event loop that refuses: what goes wrong in its calls back to us must not leave them as an exception, because what they
// return to is C.
#include <gtest/gtest.h>

#include <new>
#include <optional>
#include <stdexcept>

#include <sys/socket.h>

#include <curl/curl.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_future.hpp>

#include <volley/client/transport.hpp>

#include "net/curl_multi.hpp"
#include "support/allocations.hpp"
#include "support/raw_server.hpp"

namespace {

/// For the next allocation of this thread.
void fail_once(std::size_t) {
    volley::test::on_allocation = nullptr;
    throw std::bad_alloc();
}

}  // namespace

namespace volley::net {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::RawConnection;
using test::RawServer;

void answer_all(RawConnection& c, int) {
    while (!c.read_request().empty()) c.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

struct Loop {
    asio::io_context io{1};
    std::optional<asio::posix::stream_descriptor> rival;
};

int open(const curl_sockaddr* to) { return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol); }

/// A socket that is in the loop's epoll set already: the set does not take it twice.
curl_socket_t open_taken(void* loop, curlsocktype, curl_sockaddr* to) {
    auto& [io, rival] = *static_cast<Loop*>(loop);
    const int made = open(to);
    rival.emplace(io, made);
    return made;
}
/// What is called next has no memory.
curl_socket_t open_and_run_out(void*, curlsocktype, curl_sockaddr* to) {
    const int made = open(to);
    volley::test::on_allocation = &fail_once;
    return made;
}

std::size_t drop(char*, std::size_t size, std::size_t n, void*) { return size * n; }

class CurlMultiTest : public testing::Test {
protected:
    std::shared_ptr<CURL> easy_to(const RawServer& server) {
        std::shared_ptr<CURL> easy(curl_easy_init(), &curl_easy_cleanup);
        curl_easy_setopt(easy.get(), CURLOPT_URL, ("http://127.0.0.1:" + std::to_string(server.port()) + '/').c_str());
        curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, 20'000L);
        curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &drop);
        return easy;
    }
    std::future<int> perform(CURL* easy) { return asio::co_spawn(loop_.io, multi_.perform(easy), asio::use_future); }
    void run() {
        loop_.io.restart();
        loop_.io.run();
    }
    void expect_refusal(curl_opensocket_callback how) {
        RawServer server(answer_all);
        const auto good = easy_to(server);
        auto first = perform(good.get());
        run();
        EXPECT_EQ(first.get(), CURLE_OK);

        // One that runs beside it: curl takes no more from who has failed it, so both end.
        RawServer silent([](RawConnection& c, int) { c.wait_for_close(); });
        const auto waits = easy_to(silent);
        auto beside = perform(waits.get());
        loop_.io.restart();
        loop_.io.run_for(50ms);
        const auto bad = easy_to(silent);
        curl_easy_setopt(bad.get(), CURLOPT_OPENSOCKETFUNCTION, how);
        curl_easy_setopt(bad.get(), CURLOPT_OPENSOCKETDATA, &loop_);
        auto refused = perform(bad.get());
        const auto start = Clock::now();
        ASSERT_NO_THROW(run());
        EXPECT_LT(Clock::now() - start, 15s);
        EXPECT_EQ(refused.get(), CurlMulti::no_resources);
        EXPECT_EQ(beside.get(), CurlMulti::no_resources);

        auto after = perform(good.get());
        run();
        EXPECT_EQ(after.get(), CURLE_OK) << "and it goes on";
    }

    Loop loop_;
    CurlMulti multi_{loop_.io.get_executor()};
};

TEST_F(CurlMultiTest, a_socket_that_cannot_be_watched_ends_transfers_with_an_error) { expect_refusal(&open_taken); }

TEST_F(CurlMultiTest, memory_that_runs_out_in_a_call_back_ends_transfers_with_an_error) { expect_refusal(&open_and_run_out); }

/// What a transport says of one request whose answer is read by `sink`.
asio::awaitable<client::Exchange> fetch(client::Transport& transport, const client::ResponseSink& sink) {
    static const http::Request request;
    co_return co_await transport.fire(request, Clock::now(), Clock::now() + 20s, &sink);
}

class CurlSinkTest : public testing::Test {
protected:
    std::future<client::Exchange> fetch_with(const client::ResponseSink& sink) {
        auto result = asio::co_spawn(io_, fetch(*transport_, sink), asio::use_future);
        io_.restart();
        EXPECT_NO_THROW(io_.run());
        return result;
    }
    static client::Target target_of(const RawServer& server) {
        client::Target target;
        target.host = "127.0.0.1";
        target.port = server.port();
        return target;
    }
    asio::io_context io_{1};
    RawServer server_{answer_all};
    std::unique_ptr<client::Transport> transport_ = client::make_curl_transport(io_.get_executor(), target_of(server_));
};

TEST_F(CurlSinkTest, what_a_sink_throws_comes_out_of_fire) {
    client::ResponseSink sink;
    sink.on_head = [](const http::Response&) -> bool { throw std::runtime_error("of the sink"); };
    auto at_head = fetch_with(sink);
    EXPECT_THROW(at_head.get(), std::runtime_error);
    EXPECT_EQ(transport_->open_connections(), 0U);
    sink.on_head = {};
    sink.on_body = [](std::string_view) -> bool { throw std::runtime_error("of the sink"); };
    auto at_body = fetch_with(sink);
    EXPECT_THROW(at_body.get(), std::runtime_error);
    sink.on_body = [](std::string_view) { return true; };
    EXPECT_FALSE(fetch_with(sink).get().error);
}

TEST_F(CurlSinkTest, memory_that_runs_out_is_our_own_trouble) {
    client::ResponseSink sink;
    sink.on_body = [](std::string_view) -> bool { throw std::bad_alloc(); };
    EXPECT_EQ(fetch_with(sink).get().error, Condition::exhausted);
}

}  // namespace
}  // namespace volley::net
