// One set of behaviour tests for every carrier: what the load engine relies on, whichever client carries its requests.
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/steady_timer.hpp>

#include "net/client/probe_call.hpp"
#include "net/client/target_of.hpp"
#include "support/descriptors.hpp"
#include "support/raw_client.hpp"
#include "support/raw_server.hpp"

namespace volley::client {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::answer_all;
using test::ok_answer;
using test::ProbeCall;
using test::RawConnection;
using test::RawServer;
using test::target_of;

struct Implementation {
    const char* name;
    std::unique_ptr<Carrier> (*make)(const asio::any_io_executor&, Target);
};

std::unique_ptr<Carrier> make_curl(const asio::any_io_executor& executor, Target target) {
    return make_curl_carrier(executor, std::move(target), {});
}

class CarrierTest : public testing::TestWithParam<Implementation> {
protected:
    std::unique_ptr<Carrier> make(Target target) { return GetParam().make(io_.get_executor(), std::move(target)); }
    [[nodiscard]] static bool fast() { return GetParam().name == std::string_view("fast"); }
    bool run(const ProbeCall& call) {
        return test::run_until(io_, [&] { return call.done; });
    }
    /// What comes of one request to a server that follows a script.
    /// @param unseen  how long nobody looks: the kernel makes the connection, and all that the server does has come at once.
    error_code error_of(const RawServer::Script& script, Duration limit = 20s, const std::function<void(Target&)>& change = {},
                        Duration unseen = {}) {
        RawServer server(script);
        Target target = target_of(server);
        if (change) change(target);
        const auto carrier = make(target);
        ProbeCall call(target);
        call.fire(*carrier, limit);
        std::this_thread::sleep_for(unseen);
        EXPECT_TRUE(run(call));
        took_ = call.sample.response_time();
        status_ = call.status;
        body_ = call.body;
        return call.error;
    }
    error_code error_of(std::string_view answer) {
        return error_of([answer](RawConnection& c, int) {
            c.read_request();
            c.send(answer);
        });
    }

    asio::io_context io_{1};
    int status_ = 0;  ///< of the last error_of()
    Duration took_{};
    std::string body_;
};

INSTANTIATE_TEST_SUITE_P(All, CarrierTest,
                         testing::Values(Implementation{"fast", &make_fast_carrier}, Implementation{"curl", &make_curl}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_P(CarrierTest, hands_over_the_answer_and_orders_its_instants) {
    RawServer server([](RawConnection& c, int) {
        c.read_request();
        c.send("HTTP/1.1 203 Fine\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello");
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall call(target);
    call.fire(*carrier);
    call.sample.step = 7;
    const TimePoint planned = call.sample.planned;
    ASSERT_TRUE(run(call));
    ASSERT_FALSE(call.error) << call.error.message() << call.why.message;
    EXPECT_EQ(call.status, 203);
    EXPECT_EQ(call.head.reason, "Fine");
    EXPECT_EQ(*call.head.headers.get("x-a"), "1");
    EXPECT_EQ(call.body, "hello");
    const auto& s = call.sample;
    EXPECT_EQ(s.step, 7U);
    EXPECT_EQ(s.status, 203);
    EXPECT_EQ(s.planned, planned);
    EXPECT_EQ(s.started, planned) << "the owner's";
    EXPECT_LE(s.started, s.connected);
    EXPECT_LE(s.connected, s.sent);
    EXPECT_LE(s.sent, s.first_byte);
    EXPECT_LE(s.first_byte, s.done);
    EXPECT_GE(s.bytes, 50U);
    EXPECT_EQ(carrier->opened(), 1U);
}

TEST_P(CarrierTest, sends_head_and_body) {
    std::string seen;
    RawServer server([&](RawConnection& c, int) {
        seen = c.read_request();
        c.send(ok_answer);
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall call(target, {"POST", "/offer?a=b", {{"X-Two", "1"}}, "the body"});
    call.fire(*carrier);
    ASSERT_TRUE(run(call));
    EXPECT_FALSE(call.error);
    EXPECT_TRUE(seen.starts_with("POST /offer?a=b HTTP/1.1\r\nHost: 127.0.0.1:")) << seen;
    EXPECT_NE(seen.find("\r\nX-Two: 1\r\n"), std::string::npos) << seen;
    EXPECT_NE(seen.find("\r\nContent-Length: 8\r\n"), std::string::npos) << seen;
    EXPECT_TRUE(seen.ends_with("\r\n\r\nthe body")) << seen;
}

TEST_P(CarrierTest, a_body_larger_than_any_buffer_arrives_whole) {
    std::size_t seen = 0;
    RawServer server([&](RawConnection& c, int) {
        seen = c.read_request().size();
        c.send(ok_answer);
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    constexpr std::size_t size = 16U << 20U;
    ProbeCall call(target, {"POST", "/", {}, std::string(size, 'x')});
    call.fire(*carrier);
    ASSERT_TRUE(run(call));
    EXPECT_FALSE(call.error) << call.error.message();
    EXPECT_GT(seen, size);
}

TEST_P(CarrierTest, reads_every_framing) {
    EXPECT_FALSE(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
    EXPECT_EQ(body_, "abcde");
    EXPECT_FALSE(error_of("HTTP/1.1 200 OK\r\n\r\nto the end"));
    EXPECT_EQ(body_, "to the end");
    EXPECT_FALSE(error_of("HTTP/1.0 200 OK\r\n\r\nold"));
    EXPECT_EQ(body_, "old");
    EXPECT_FALSE(error_of("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"));
    EXPECT_EQ(status_, 204);
}

TEST_P(CarrierTest, an_answer_to_head_has_no_body) {
    RawServer server([](RawConnection& c, int) {
        c.read_request();
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
        c.wait_for_close();
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall call(target, {"HEAD", "/", {}, ""});
    call.fire(*carrier);
    ASSERT_TRUE(run(call));
    EXPECT_FALSE(call.error);
    EXPECT_EQ(call.status, 200);
    EXPECT_EQ(call.body, "");
}

TEST_P(CarrierTest, names_how_a_call_failed) {
    EXPECT_EQ(error_of(""), Condition::reset);
    EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), Condition::truncated);
    EXPECT_EQ(status_, 200) << "what arrived was handed over";
    EXPECT_EQ(body_, "half");
    EXPECT_EQ(error_of("no HTTP at all, but many words\r\n\r\n"), Condition::protocol);
    EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Condition::protocol);
    EXPECT_EQ(error_of([](RawConnection& c, int) {
                  c.read_request();
                  c.reset();
              }),
              Condition::reset);
    const auto silent = [](RawConnection& c, int) { c.wait_for_close(); };
    EXPECT_EQ(error_of(silent, 50ms), Condition::timeout);
    const auto small = [](Target& t) {
        t.max_header_bytes = 2000;
        t.max_body_bytes = 100;
    };
    const auto says = [](std::string text) {
        return [text](RawConnection& c, int) {
            c.read_request();
            c.send(text);
        };
    };
    EXPECT_EQ(error_of(says("HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'a') + "\r\n\r\n"), 20s, small), Condition::too_large);
    EXPECT_EQ(error_of(says("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'b')), 20s, small),
              Condition::too_large);
}

TEST_P(CarrierTest, nobody_listens_is_refused_each_time) {
    Target target;
    target.host = "127.0.0.1";
    {
        RawServer gone([](RawConnection&, int) {});
        target.port = gone.port();
    }
    const auto carrier = make(target);
    ProbeCall call(target);
    for (int i = 0; i < 3; ++i) {
        call.fire(*carrier);
        ASSERT_TRUE(run(call));
        EXPECT_EQ(call.error, Condition::refused);
    }
    EXPECT_EQ(carrier->opened(), 0U);
}

TEST_P(CarrierTest, the_next_call_may_be_fired_from_within_the_end_of_one) {
    RawServer server(answer_all);
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall call(target);
    call.when_done = [&] {
        if (call.ends < 500 && !call.error) call.fire(*carrier);
    };
    call.fire(*carrier);
    ASSERT_TRUE(test::run_until(io_, [&] { return call.ends == 500 || call.error; }));
    EXPECT_FALSE(call.error) << call.error.message();
    EXPECT_EQ(server.accepted(), 1) << "on one connection";
    EXPECT_EQ(carrier->opened(), 1U);
}

TEST_P(CarrierTest, calls_beside_each_other_do_not_wait_for_each_other) {
    // Answers only once both have asked.
    std::atomic<int> asked = 0;
    RawServer server([&](RawConnection& c, int) {
        if (c.read_request().empty()) return;
        ++asked;
        test::eventually([&] { return asked == 3; });
        c.send(ok_answer);
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall a(target);
    ProbeCall b(target);
    ProbeCall c(target);
    for (auto* call : {&a, &b, &c}) call->fire(*carrier);
    ASSERT_TRUE(test::run_until(io_, [&] { return a.done && b.done && c.done; }));
    for (auto* call : {&a, &b, &c}) EXPECT_FALSE(call->error) << call->error.message();
    EXPECT_EQ(carrier->opened(), 3U);
}

TEST_P(CarrierTest, connections_can_be_kept_from_being_used_again) {
    RawServer server(answer_all);
    Target target = target_of(server);
    target.reuse_connections = false;
    const auto carrier = make(target);
    ProbeCall call(target);
    for (int i = 0; i < 3; ++i) {
        call.fire(*carrier);
        ASSERT_TRUE(run(call));
        EXPECT_FALSE(call.error);
    }
    EXPECT_EQ(server.accepted(), 3);
    EXPECT_EQ(carrier->opened(), 3U);
}

TEST_P(CarrierTest, an_idle_connection_that_the_server_closed_costs_no_request) {
    RawServer server([](RawConnection& c, int) {
        c.read_request();
        c.send(ok_answer);  // promises to stay, and goes
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall call(target, {"POST", "/", {}, "x"});
    for (int i = 0; i < 3; ++i) {
        call.fire(*carrier);
        ASSERT_TRUE(run(call));
        EXPECT_FALSE(call.error) << i << ' ' << call.error.message();
        // Lets the FIN arrive, and be seen.
        test::run_until(io_, [&, end = Clock::now() + 50ms] { return Clock::now() > end; });
    }
    EXPECT_EQ(server.accepted(), 3);
}

// The first sending showed nowhere, and the time for which the server had let it lie was left out of the service time.
TEST_P(CarrierTest, a_request_that_is_sent_again_says_so_and_counts_from_its_first_sending) {
    RawServer server([](RawConnection& c, int index) {
        c.read_request();
        c.send(ok_answer);
        if (c.read_request().empty()) return;
        if (index == 0) {
            std::this_thread::sleep_for(50ms);
            return;
        }
        c.send(ok_answer);
        c.wait_for_close();
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall call(target);
    const auto fire = [&] {
        call.fire(*carrier);
        ASSERT_TRUE(run(call));
        ASSERT_FALSE(call.error) << call.error.message();
    };
    fire();
    EXPECT_FALSE(call.sample.repeated);
    fire();
    const auto& s = call.sample;
    EXPECT_TRUE(s.repeated);
    EXPECT_GE(s.service_time(), 50ms);
    EXPECT_LE(s.started, s.connected);
    EXPECT_LE(s.connected, s.sent);
    EXPECT_LE(s.sent, s.first_byte);
    EXPECT_EQ(s.resolved, TimePoint{}) << "that of the second connection says nothing of the request";
    EXPECT_EQ(s.tcp, TimePoint{});
    EXPECT_EQ(server.accepted(), 2);
    fire();
    EXPECT_FALSE(call.sample.repeated) << "it was the one before";
}

TEST_P(CarrierTest, a_body_longer_than_the_call_takes_is_too_large) {
    RawServer server([](RawConnection& c, int index) {
        if (c.read_request().empty()) return;
        c.send(index == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\nlonger body"
                          : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nlonger\r\n5\r\n body\r\n0\r\n\r\n");
        c.wait_for_close();
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall call(target);
    for (int i = 0; i < 2; ++i) {
        call.most = 10;
        call.fire(*carrier);
        ASSERT_TRUE(run(call));
        EXPECT_EQ(call.error, NetErrc::body_too_large) << call.error.message();
        EXPECT_EQ(call.why.message, "10 bytes");
        EXPECT_LE(call.body.size(), 10U);
    }
    call.most = 11;
    call.fire(*carrier);
    ASSERT_TRUE(run(call));
    EXPECT_FALSE(call.error) << call.error.message();
}

TEST_P(CarrierTest, what_follows_an_answer_unasked_is_never_the_answer_to_the_next) {
    RawServer server([](RawConnection& c, int) {
        if (c.read_request().empty()) return;
        c.send(std::string(ok_answer) + "HTTP/1.1 299 Smuggled\r\nContent-Length: 0\r\n\r\n");
        c.wait_for_close();
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall call(target);
    for (int i = 0; i < 3; ++i) {
        call.fire(*carrier);
        ASSERT_TRUE(run(call));
        EXPECT_FALSE(call.error) << call.error.message();
        EXPECT_EQ(call.status, 200);
    }
    EXPECT_EQ(server.accepted(), 3);
}

// A socket's readiness is told once, edge-triggered: what had come together with the connection's own event was never read, so an
// answer that came early, and a close that came with it, were waited for until the deadline.
TEST_P(CarrierTest, an_answer_that_comes_with_the_connection_is_read) {
    for (const bool closes : {false, true}) {
        const auto script = [closes](RawConnection& c, int) {
            c.send(ok_answer);
            if (closes) ::shutdown(c.descriptor(), SHUT_WR);
            c.wait_for_close();
        };
        const auto error = error_of(script, 20s, {}, 100ms);
        EXPECT_FALSE(error) << error.message();
        EXPECT_EQ(status_, 200);
        EXPECT_LT(took_, 15s);
    }
}

TEST_P(CarrierTest, a_connection_that_is_closed_before_the_request_is_a_reset) {
    const auto script = [](RawConnection& c, int) {
        ::shutdown(c.descriptor(), SHUT_WR);
        c.wait_for_close();
    };
    const auto error = error_of(script, 20s, {}, 100ms);
    EXPECT_EQ(error, Condition::reset) << error.message();
    EXPECT_LT(took_, 15s);
}

TEST_P(CarrierTest, a_call_can_be_cancelled_at_any_moment) {
    RawServer server([](RawConnection& c, int) {
        if (c.read_request().empty()) return;
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        c.wait_for_close();
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    for (const int turns : {0, 1, 2, 3, 5, 8, 40}) {
        ProbeCall call(target);
        call.fire(*carrier);
        for (int i = 0; i < turns; ++i) {
            io_.restart();
            io_.run_one_for(2ms);
        }
        EXPECT_FALSE(call.done);
        carrier->cancel(call);
        ASSERT_TRUE(run(call)) << "after " << turns << " turns";
        EXPECT_EQ(call.error, NetErrc::cancelled) << call.error.message();
        carrier->cancel(call);  // it is over: nothing
        EXPECT_EQ(call.ends, 1);
    }
}

TEST_P(CarrierTest, an_owner_that_has_seen_enough_ends_the_call) {
    RawServer server([](RawConnection& c, int) {
        if (c.read_request().empty()) return;
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        c.wait_for_close();
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall at_head(target);
    at_head.when_head = [] { return false; };
    at_head.fire(*carrier);
    ASSERT_TRUE(run(at_head));
    EXPECT_EQ(at_head.error, NetErrc::cancelled);
    ProbeCall at_body(target);
    at_body.when_body = [] { return false; };
    at_body.fire(*carrier);
    ASSERT_TRUE(run(at_body));
    EXPECT_EQ(at_body.error, NetErrc::cancelled);
    EXPECT_EQ(at_body.body, "half");
}

TEST_P(CarrierTest, calls_may_be_cancelled_from_within_each_other) {
    std::atomic<bool> both = false;
    RawServer server([&](RawConnection& c, int index) {
        if (c.read_request().empty()) return;
        if (index > 0) return c.wait_for_close();
        test::eventually([&] { return both.load(); });
        c.send(ok_answer);
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    ProbeCall first(target);
    ProbeCall second(target);
    first.when_done = [&] { carrier->cancel(second); };
    first.fire(*carrier);
    ASSERT_TRUE(test::run_until(io_, [&] { return server.accepted() == 1; }));
    second.fire(*carrier);
    both = true;
    ASSERT_TRUE(test::run_until(io_, [&] { return first.done && second.done; }));
    EXPECT_FALSE(first.error);
    EXPECT_EQ(second.error, NetErrc::cancelled);
}

TEST_P(CarrierTest, a_carrier_that_goes_takes_its_calls_with_it_without_a_word) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    const Target target = target_of(server);
    io_.run_for(1ms);  // opens what the loop itself needs
    const asio::steady_timer its_timer(io_);
    const auto before = test::open_descriptors();
    for (const int turns : {0, 1, 2, 5, 20}) {
        auto carrier = make(target);
        ProbeCall call(target);
        call.fire(*carrier);
        for (int i = 0; i < turns; ++i) {
            io_.restart();
            io_.run_one_for(2ms);
        }
        carrier.reset();
        io_.restart();
        io_.run_for(50ms);
        EXPECT_FALSE(call.done) << "after " << turns << " turns";
    }
    // The server's ends are closed by its threads, a moment later.
    EXPECT_TRUE(test::eventually([&] { return test::open_descriptors() <= before; }))
        << before << " descriptors before, now " << test::open_descriptors();
}

TEST_P(CarrierTest, holds_prepared_connections_where_it_can) {
    std::atomic<int> requests = 0;
    RawServer server([&](RawConnection& c, int) {
        while (!c.read_request().empty()) {
            ++requests;
            c.send(ok_answer);
        }
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    bool ready = false;
    Carrier::Prepared prepared;
    carrier->prepare(200, Clock::now() + 20s, [&](Carrier::Prepared result) {
        prepared = std::move(result);
        ready = true;
    });
    ASSERT_TRUE(test::run_until(io_, [&] { return ready; }));
    EXPECT_FALSE(prepared.error) << prepared.error.message();
    EXPECT_EQ(prepared.held, fast() ? 200U : 0U);
    EXPECT_EQ(carrier->opened(), prepared.held);
    EXPECT_EQ(requests, 0);
    ProbeCall call(target);
    call.fire(*carrier);
    ASSERT_TRUE(run(call));
    EXPECT_FALSE(call.error);
    EXPECT_EQ(carrier->opened(), fast() ? 200U : 1U);
    if (fast()) {
        EXPECT_EQ(call.sample.connected, call.sample.started) << "its connection was there";
        EXPECT_EQ(call.sample.tcp, TimePoint{});
    }
}

// Only those that the last preparation had opened were counted, and ones that it had not looked at were summed up by who asked.
TEST_P(CarrierTest, held_are_all_connections_that_stay_open_now) {
    std::atomic<bool> leave = false;
    RawServer server([&](RawConnection& c, int index) {
        if (index < 2)
            test::eventually([&] { return leave.load(); });
        else
            c.wait_for_close();
    });
    const Target target = target_of(server);
    const auto carrier = make(target);
    const auto held_after = [&](std::size_t n) {
        std::optional<Carrier::Prepared> prepared;
        carrier->prepare(n, Clock::now() + 20s, [&](Carrier::Prepared result) { prepared = std::move(result); });
        EXPECT_EQ(prepared.has_value(), n == 0 || !fast()) << "without anything to open it is done at once";
        EXPECT_TRUE(test::run_until(io_, [&] { return prepared.has_value(); }));
        return prepared ? prepared->held : SIZE_MAX;
    };
    EXPECT_EQ(held_after(5), fast() ? 5U : 0U);
    leave = true;
    ASSERT_TRUE(test::eventually([&] { return server.open() == (fast() ? 3U : 0U); }));
    EXPECT_EQ(held_after(3), fast() ? 6U : 0U);
    EXPECT_EQ(held_after(0), fast() ? 6U : 0U);
}

TEST_P(CarrierTest, a_preparation_that_is_cancelled_ends_with_what_there_is) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    Target target = target_of(server);
    const auto carrier = make(target);
    int told = 0;
    carrier->prepare(500, Clock::now() + 20s, [&](Carrier::Prepared) { ++told; });
    carrier->cancel_preparation();
    ASSERT_TRUE(test::run_until(io_, [&] { return told > 0; }));
    carrier->cancel_preparation();
    EXPECT_EQ(told, 1);
    EXPECT_LE(carrier->opened(), 500U);
}

// A socket's readiness is told once: what lay behind an answer that ended with the last byte of the read buffer was not read, nor asked
// for, and was the answer to the next request.
TEST(FastCarrier, what_follows_an_answer_that_fills_the_read_buffer_is_never_the_answer_to_the_next) {
    constexpr std::size_t read_size = 64UL * 1024;
    constexpr int large_answers = 4;  // the kernel lets more than one buffer come unread only once it has seen that we read
    std::atomic<bool> arrived = false;
    RawServer server([&](RawConnection& c, int index) {
        if (index == 0) {
            for (int i = 0; i < large_answers && !c.read_request().empty(); ++i)
                c.send("HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n" + std::string(8'000'000, 'x'));
            std::string exact = "HTTP/1.1 200 OK\r\nContent-Length: 65000\r\nX-Fill: ";
            exact.append(read_size - exact.size() - 4 - 65000, 'x');
            exact += "\r\n\r\n" + std::string(65000, 'y');
            if (c.read_request().empty()) return;
            c.send(exact + "HTTP/1.1 299 Smuggled\r\nContent-Length: 0\r\n\r\n");
            int unread = 1;
            while (::ioctl(c.descriptor(), SIOCOUTQ, &unread) == 0 && unread > 0) std::this_thread::sleep_for(1ms);
            arrived = true;
        }
        answer_all(c, index);
    });
    Target target;
    target.host = "127.0.0.1";
    target.port = server.port();
    asio::io_context io{1};
    const auto carrier = make_fast_carrier(io.get_executor(), target);
    ProbeCall call(target);
    for (int i = 0; i < large_answers; ++i) {
        call.fire(*carrier);
        ASSERT_TRUE(test::run_until(io, [&] { return call.done; }));
        ASSERT_FALSE(call.error) << call.error.message();
    }
    call.fire(*carrier);
    ASSERT_TRUE(test::eventually([&] { return arrived.load(); })) << "all of it is to lie in our socket before we look";
    ASSERT_TRUE(test::run_until(io, [&] { return call.done; }));
    EXPECT_EQ(call.body.size(), 65000U);
    EXPECT_EQ(call.sample.bytes, read_size) << "one read took it, and was full";
    for (int i = 0; i < 2; ++i) {
        call.fire(*carrier);
        ASSERT_TRUE(test::run_until(io, [&] { return call.done; }));
        EXPECT_EQ(call.status, 200);
        EXPECT_EQ(call.body, "ok");
    }
    EXPECT_EQ(server.accepted(), 2);
}

}  // namespace
}  // namespace volley::client
