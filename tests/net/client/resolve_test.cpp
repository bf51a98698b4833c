// A resolver that answers when a test lets it.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include <dlfcn.h>
#include <netdb.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <volley/client/transport.hpp>

#include "net/deadline.hpp"
#include "net/task_group.hpp"
#include "support/raw_server.hpp"

namespace {

/// Where questions for `slow.test` wait. Never destroyed: a thread may still stand in it when the program ends.
struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    int asked = 0;
    int answered = 0;

    void set_open(bool to) {
        const std::scoped_lock lock(mutex);
        open = to;
        changed.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex);
        ++asked;
        changed.wait(lock, [this] { return open; });
        ++answered;
        changed.notify_all();
    }
    int questions() {
        const std::scoped_lock lock(mutex);
        return asked;
    }
    void wait_for_answers(int n) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return answered == n; });
    }
};
Gate& gate() {
    static auto* const the = new Gate;
    return *the;
}

}  // namespace

/// Stands before the C library's: `slow.test` is 127.0.0.1, once the gate is open.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** out) {
    static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    if (name == nullptr || std::string_view(name) != "slow.test") return real(name, service, hints, out);
    gate().pass();
    return real("127.0.0.1", service, hints, out);
}

namespace volley::client {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::RawConnection;
using test::RawServer;

Target slow_target(std::uint16_t port = 1) {
    Target target;
    target.host = "slow.test";
    target.port = port;
    return target;
}

asio::awaitable<void> fire_into(Transport& transport, Duration limit, Exchange& out) {
    static const http::Request request;
    out = co_await transport.fire(request, Clock::now(), Clock::now() + limit);
}

asio::awaitable<void> cancel_soon(Transport& transport, Exchange& out) {
    net::TaskGroup group(co_await asio::this_coro::executor);
    group.spawn(fire_into(transport, 60s, out));
    co_await net::sleep_until(Clock::now() + 50ms);
    group.cancel();
    co_await group.join();
}

// A name server that did not answer held a request, its cancellation and the end of the program up for as long as getaddrinfo took:
// six seconds past a timeout of half a second.
TEST(Resolve, a_deadline_and_cancellation_end_the_wait_for_a_name) {
    gate().set_open(false);
    const int before = gate().questions();
    for (const bool cancel : {false, true}) {
        const TimePoint start = Clock::now();
        Exchange e;
        {
            asio::io_context io;
            const auto transport = make_http1_transport(io.get_executor(), slow_target());
            auto done =
                asio::co_spawn(io, cancel ? cancel_soon(*transport, e) : fire_into(*transport, 50ms, e), asio::use_future);
            io.run();
            done.get();
        }
        EXPECT_EQ(e.error, cancel ? Condition::cancelled : Condition::timeout) << e.error.message();
        EXPECT_LT(Clock::now() - start, 20s);
    }
    gate().set_open(true);  // the answers come when nothing is left of those who asked
    gate().wait_for_answers(before + 2);
}

TEST(Resolve, one_answer_serves_all_connections) {
    gate().set_open(false);
    const int before = gate().questions();
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    asio::io_context io;
    const auto transport = make_http1_transport(io.get_executor(), slow_target(server.port()));
    // One that gives up leaves its question to those who come after it.
    Exchange e;
    auto first = asio::co_spawn(io, fire_into(*transport, 20ms, e), asio::use_future);
    io.run();
    first.get();
    EXPECT_EQ(e.error, Condition::timeout);
    Exchange failed;
    auto held = asio::co_spawn(io, transport->prepare(10, Clock::now() + 20s, failed), asio::use_future);
    io.restart();
    io.poll();
    gate().set_open(true);
    io.run();
    EXPECT_EQ(held.get(), 10U);
    EXPECT_FALSE(failed.error) << failed.error.message();
    EXPECT_EQ(gate().questions() - before, 1);
}

}  // namespace
}  // namespace volley::client
