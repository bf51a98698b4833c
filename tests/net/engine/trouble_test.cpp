// Servers that misbehave in every way: each ends in the right counter, nothing hangs, nothing is left open.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>

#include "net/engine/fixture.hpp"
#include "support/descriptors.hpp"
#include "support/raw_client.hpp"
#include "support/tls_server.hpp"

namespace volley::engine {
namespace {
using namespace std::chrono_literals;
using test::RawConnection;
using test::RawServer;
using test::TlsServer;

enum class Mode { users, arrivals, burst };

struct Case {
    const char* name;
    Carriage carriage;
    Mode mode;
};

/// What may come of it: kinds of errors, "" for a right answer.
using Kinds = std::set<std::string>;

class TroubleTest : public testing::TestWithParam<Case> {
protected:
    static constexpr std::size_t n = 6;
    [[nodiscard]] static bool fast() { return GetParam().carriage == Carriage::fast; }

    [[nodiscard]] static PhasePlan plan_of(PreparedStep step) {
        PhasePlan plan;
        plan.carriage = GetParam().carriage;
        switch (GetParam().mode) {
            case Mode::users:
                plan.users = 3;
                plan.iterations = n;
                break;
            case Mode::arrivals:
                plan.stages = test::at_rate(200, 1h);
                plan.iterations = n;
                plan.max_users = 2;
                break;
            case Mode::burst:
                plan.burst = n;
                break;
        }
        plan.steps = {std::move(step)};
        return plan;
    }

    /// Runs a phase against what a step leads to and holds it against what may come.
    static PhaseOutcome expect_step(PreparedStep step, const Kinds& kinds) {
        const auto run = test::run_phase(plan_of(std::move(step)));
        const auto& outcome = run.outcome;
        const auto& tally = *outcome.tally;
        std::uint64_t errors = 0;
        std::string seen;
        for (const auto& [kind, count] : tally.errors) {
            EXPECT_EQ(kinds.count(kind), 1U) << kind << ", e.g. " << (outcome.examples.empty() ? "" : outcome.examples.front());
            errors += count;
        }
        if (tally.right > 0) {
            EXPECT_EQ(kinds.count(""), 1U) << tally.right << " answers were right";
        }
        EXPECT_EQ(tally.right + errors, tally.requests);
        EXPECT_EQ(tally.requests + outcome.missed + outcome.saturated, outcome.planned);
        EXPECT_EQ(outcome.planned, n);
        EXPECT_GT(tally.requests, 0U);
        EXPECT_EQ(run.counters.in_flight, 0U);
        EXPECT_LT(run.took, 15s) << "far below the 20 s that a request may take";
        return outcome;
    }

    static PhaseOutcome expect(const RawServer::Script& script, const Kinds& kinds,
                               const std::function<void(PreparedStep&)>& change = {}) {
        PhaseOutcome outcome;
        const std::size_t before = test::open_descriptors();
        {
            RawServer server(script);
            PreparedStep step = test::light_step(server.port());
            if (change) change(step);
            outcome = expect_step(std::move(step), kinds);
        }
        EXPECT_TRUE(test::eventually([&] { return test::open_descriptors() <= before; }))
            << before << " descriptors before, now " << test::open_descriptors();
        return outcome;
    }
    /// Sends bytes as an answer to every request.
    static RawServer::Script says(std::string bytes) {
        return [bytes = std::move(bytes)](RawConnection& c, int) {
            while (!c.read_request().empty())
                if (!c.send(bytes)) return;
        };
    }
    static void short_timeout(PreparedStep& step) { step.timeout = 300ms; }
};

INSTANTIATE_TEST_SUITE_P(
    All, TroubleTest,
    testing::Values(Case{"fast_users", Carriage::fast, Mode::users}, Case{"fast_arrivals", Carriage::fast, Mode::arrivals},
                    Case{"fast_burst", Carriage::fast, Mode::burst}, Case{"curl_users", Carriage::curl, Mode::users},
                    Case{"curl_arrivals", Carriage::curl, Mode::arrivals}, Case{"curl_burst", Carriage::curl, Mode::burst}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_P(TroubleTest, closing_after_each_answer_is_no_error) {
    expect(
        [](RawConnection& c, int) {
            if (!c.read_request().empty()) c.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        },
        {""});
    expect(
        [](RawConnection& c, int) {
            if (!c.read_request().empty()) c.send("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
        },
        {""});
    expect(
        [](RawConnection& c, int) {
            if (!c.read_request().empty()) c.send("HTTP/1.0 200 OK\r\n\r\nto the end");
        },
        {""});
    // Says nothing of it: GET is sent once more where the close was met.
    expect(
        [](RawConnection& c, int) {
            if (!c.read_request().empty()) c.send(test::ok_answer);
        },
        {""});
}

TEST_P(TroubleTest, staying_open_after_it_announced_to_close_is_no_error) {
    expect(
        [](RawConnection& c, int) {
            if (c.read_request().empty()) return;
            c.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            c.wait_for_close();
        },
        {""});
}

TEST_P(TroubleTest, closing_while_we_write_is_a_reset) {
    expect(
        [](RawConnection& c, int) {
            char some[1000];
            (void)::recv(c.descriptor(), some, sizeof some, 0);
        },
        {"reset"},
        [](PreparedStep& step) {
            step.request.method = "POST";
            step.request.body.assign(8U << 20U, 'x');
        });
}

TEST_P(TroubleTest, an_early_refusal_of_a_large_body_is_an_answer) {
    expect(
        [](RawConnection& c, int) {
            c.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            c.wait_for_close();
        },
        {"status"},
        [](PreparedStep& step) {
            step.request.method = "POST";
            step.request.body.assign(8U << 20U, 'x');
        });
}

TEST_P(TroubleTest, garbage_is_an_error_of_the_protocol) {
    std::string bytes;
    for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i * 7919 >> 4);
    expect(says(bytes), {"protocol"});
    expect(says("SSH-2.0-OpenSSH_9.2p1\r\n"), {"protocol"}, short_timeout);
    expect(says("HTTP/1.1 banana\r\n\r\n"), {"protocol"});
    expect(says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), {"protocol"});
}

TEST_P(TroubleTest, http_2_at_us_is_an_error_of_the_protocol) {
    // SETTINGS, as a server's preface (RFC 9113 section 3.4): before it is asked, and as an answer.
    const std::string settings("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64", 15);
    expect(says(settings), {"protocol"});
    expect(
        [&](RawConnection& c, int) {
            c.send(settings);
            c.wait_for_close();
        },
        // A connection that speaks while nothing is asked of it is not held for a burst, or not used again.
        {"protocol"});
}

TEST_P(TroubleTest, byte_by_byte_is_slow_and_right) {
    expect(
        [](RawConnection& c, int) {
            while (!c.read_request().empty())
                for (const char byte : test::ok_answer) {
                    if (!c.send({&byte, 1})) return;
                    std::this_thread::sleep_for(1ms);
                }
        },
        {""});
}

TEST_P(TroubleTest, no_answer_ends_at_the_deadline) {
    expect([](RawConnection& c, int) { c.wait_for_close(); }, {"timeout"}, short_timeout);
    expect(
        [](RawConnection& c, int) {
            if (c.read_request().empty()) return;
            c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            c.wait_for_close();
        },
        {"timeout"}, short_timeout);
    // Alive, and never done.
    expect(
        [](RawConnection& c, int) {
            if (c.read_request().empty()) return;
            c.send("HTTP/1.1 200 OK\r\n");
            while (c.send("X-Y: z\r\n")) std::this_thread::sleep_for(5ms);
        },
        {"timeout"}, short_timeout);
}

TEST_P(TroubleTest, resets_are_told_from_truncation) {
    expect([](RawConnection& c, int) { c.reset(); }, {"reset"});
    expect(
        [](RawConnection& c, int) {
            c.read_request();
            c.reset();
        },
        {"reset"});
    expect(
        [](RawConnection& c, int) {
            if (c.read_request().empty()) return;
            c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            std::this_thread::sleep_for(50ms);  // a reset throws away what has not been read
            c.reset();
        },
        {"truncated"});
    expect(
        [](RawConnection& c, int) {
            if (!c.read_request().empty()) c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        },
        {"truncated"});
}

TEST_P(TroubleTest, a_hundred_megabytes_are_read_or_too_large) {
    const auto big = [](RawConnection& c, int) {
        static const std::string block(1'000'000, 'x');
        while (!c.read_request().empty()) {
            c.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
            for (int i = 0; i < 100; ++i)
                if (!c.send(block)) return;
        }
    };
    expect(big, {"too_large"}, [](PreparedStep& step) { step.target.max_body_bytes = 1'000'000; });
    const auto outcome = expect(big, {""}, [](PreparedStep& step) { step.target.max_body_bytes = SIZE_MAX; });
    EXPECT_GE(outcome.tally->bytes, outcome.tally->right * 100'000'000);
}

TEST_P(TroubleTest, a_head_of_a_megabyte_is_too_large) {
    expect(says("HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'a') + "\r\nContent-Length: 0\r\n\r\n"), {"too_large"});
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 100'000; ++i) many += "X-A: " + std::to_string(i) + "\r\n";
    expect(says(many + "Content-Length: 0\r\n\r\n"), {"too_large"});
}

TEST_P(TroubleTest, switching_protocols_unasked_is_no_right_answer) {
    expect(
        [](RawConnection& c, int) {
            if (c.read_request().empty()) return;
            c.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n");
            c.wait_for_close();
        },
        {"status", "protocol", "timeout"}, short_timeout);
}

TEST_P(TroubleTest, stray_bytes_behind_an_answer_end_its_connection) {
    expect(says(std::string(test::ok_answer) + "stray"), {""});
    expect(says(std::string(test::ok_answer) + "HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n"), {""});
}

TEST_P(TroubleTest, statuses_are_counted) {
    const auto outcome = expect(says("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), {"status"});
    EXPECT_EQ(outcome.tally->statuses.at(503), outcome.tally->requests);
}

TEST_P(TroubleTest, nobody_listens) {
    std::uint16_t port = 0;
    {
        RawServer gone([](RawConnection&, int) {});
        port = gone.port();
    }
    const std::size_t before = test::open_descriptors();
    const auto outcome = expect_step(test::light_step(port), {"refused"});
    EXPECT_EQ(outcome.generator.connections, 0U);
    if (fast() && GetParam().mode == Mode::burst) {
        EXPECT_NE(outcome.unprepared, "");
    }
    EXPECT_LE(test::open_descriptors(), before);
}

TEST_P(TroubleTest, a_name_that_is_none) {
    PreparedStep step = test::light_step(80);
    step.target.host = "no-such-name.invalid";
    expect_step(std::move(step), {"resolve"});
}

TEST_P(TroubleTest, a_backlog_that_is_full_ends_at_the_time_for_connects) {
    const test::FullBacklog full;
    PreparedStep step = test::light_step(full.port());
    step.timeout = 600ms;
    step.target.connect_timeout = 300ms;
    expect_step(std::move(step), {"timeout"});
}

TEST_P(TroubleTest, tls_that_cannot_be_trusted) {
    TlsServer server;
    PreparedStep step = test::light_step(server.port());
    step.target.scheme = "https";
    step.target.tls.ca_file = server.certificate_file();
    expect_step(step, {""});
    step.target.host = "localhost";
    expect_step(step, {"tls"});
    step = test::light_step(server.port());
    step.target.scheme = "https";
    const auto outcome = expect_step(step, {"tls"});
    ASSERT_FALSE(outcome.examples.empty());
    EXPECT_NE(outcome.examples.front().find("self-signed certificate"), std::string::npos) << outcome.examples.front();
}

TEST_P(TroubleTest, tls_that_is_none_or_is_cut) {
    const auto https = [](PreparedStep& step) { step.target.scheme = "https"; };
    expect(
        [](RawConnection& c, int) {
            c.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            c.wait_for_close();
        },
        {"tls"}, https);
    TlsServer cut({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nsecret", .cut = true});
    PreparedStep step = test::light_step(cut.port());
    https(step);
    step.target.tls.ca_file = cut.certificate_file();
    expect_step(std::move(step), {"truncated"});
}

// A connection that closed under a request left no trace but a longer time.
TEST(Retries, are_counted) {
    for (const Carriage carriage : {Carriage::fast, Carriage::curl}) {
        RawServer server([](RawConnection& c, int) {
            if (c.read_request().empty()) return;
            c.send(test::ok_answer);
            c.read_request();  // and goes
        });
        PhasePlan plan;
        plan.steps = {test::light_step(server.port())};
        plan.users = 1;
        plan.iterations = 10;
        plan.carriage = carriage;
        const auto run = test::run_phase(std::move(plan));
        EXPECT_EQ(run.outcome.tally->right, 10U);
        EXPECT_EQ(run.outcome.tally->retried, 9U);
    }
}

// Each user may keep an answer: a bound for each of them alone was none for all.
TEST(KeptBodies, are_bounded_for_all_users_together) {
    constexpr std::size_t size = 1'500'000;
    RawServer server([](RawConnection& c, int) {
        while (!c.read_request().empty())
            c.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x'));
    });
    for (const Carriage carriage : {Carriage::fast, Carriage::curl}) {
        for (const std::size_t users : {10U, 4096U}) {
            std::size_t judged = 0;
            PreparedStep kept = test::light_step(server.port());
            kept.target.keep_body = true;
            kept.judge = [&](const client::Exchange& e) {
                judged = e.response.body.size();
                return Judgement{};
            };
            PhasePlan plan;
            // The first is not kept, and may be as long as it likes.
            plan.steps = {test::light_step(server.port()), std::move(kept)};
            plan.stages = test::at_rate(200, 1h);
            plan.iterations = 3;
            plan.max_users = users;
            plan.carriage = carriage;
            const auto run = test::run_phase(std::move(plan));
            const auto& tally = *run.outcome.tally;
            EXPECT_EQ(tally.requests, 6U);
            if (users == 10) {
                EXPECT_EQ(tally.right, 6U);
                EXPECT_EQ(judged, size);
                continue;
            }
            EXPECT_EQ(tally.right, 3U);
            ASSERT_EQ(tally.errors, (std::map<std::string, std::uint64_t>{{"too_large", 3}}));
            EXPECT_EQ(run.outcome.examples.front(), "GET /: the answer's body is larger than the limit (1048576 bytes)");
        }
    }
}

// Not under the undefined sanitizer: it looks at memory through a pipe, and takes what it cannot look at for broken.
#ifndef __SANITIZE_ADDRESS__
class OwnTroubleTest : public testing::TestWithParam<Carriage> {};
INSTANTIATE_TEST_SUITE_P(All, OwnTroubleTest, testing::Values(Carriage::fast, Carriage::curl),
                         [](const auto& each) { return each.param == Carriage::fast ? "fast" : "curl"; });

TEST_P(OwnTroubleTest, descriptors_that_run_out_are_told_from_the_servers) {
    // Takes connections into its backlog, and costs no descriptor for them.
    boost::asio::io_context io;
    boost::asio::ip::tcp::acceptor patient(io, boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    PreparedStep step = test::light_step(patient.local_endpoint().port());
    step.timeout = 500ms;
    PhasePlan plan;
    plan.carriage = GetParam();
    plan.users = plan.iterations = 100;
    plan.steps = {std::move(step)};
    rlimit usual{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
    rlimit low = usual;
    low.rlim_cur = test::open_descriptors() + 50;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    const auto run = test::run_phase(std::move(plan));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
    const auto& errors = run.outcome.tally->errors;
    EXPECT_EQ(run.outcome.tally->requests, 100U);
    ASSERT_EQ(errors.count("exhausted"), 1U) << run.outcome.examples.front();
    ASSERT_EQ(errors.count("timeout"), 1U) << run.outcome.examples.front();
    EXPECT_EQ(errors.at("exhausted") + errors.at("timeout"), 100U);
}
#endif

// An answer that begins with the bytes of the one before is not read again: what differs must still be seen.
TEST(LightPath, answers_that_look_alike_are_told_apart) {
    const std::array<std::string, 8> answers{
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok!",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 404 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    };
    RawServer server([&](RawConnection& c, int) {
        for (std::size_t i = 0; !c.read_request().empty(); ++i) {
            c.send(answers[i % answers.size()]);
            if (i % answers.size() == answers.size() - 1) return;
        }
    });
    PhasePlan plan;
    plan.steps = {test::light_step(server.port())};
    plan.users = 1;
    plan.iterations = 80;
    plan.carriage = Carriage::fast;
    const auto run = test::run_phase(std::move(plan));
    const auto& tally = *run.outcome.tally;
    EXPECT_EQ(tally.statuses, (std::map<int, std::uint64_t>{{200, 50}, {204, 10}, {404, 10}, {503, 10}}));
    EXPECT_EQ(tally.right, 60U);
    EXPECT_EQ(tally.errors.at("status"), 20U);
    EXPECT_EQ(server.accepted(), 10);
    std::uint64_t bytes = 0;
    for (const auto& answer : answers) bytes += answer.size();
    EXPECT_EQ(tally.bytes, 10 * bytes);
}

// A second answer behind one that is known, in the same piece, is nobody's: its connection is not used again.
TEST(LightPath, an_answer_twice_in_one_piece_is_no_other_answer) {
    RawServer server([](RawConnection& c, int) {
        for (int i = 0; !c.read_request().empty(); ++i) {
            c.send(std::string(test::ok_answer) + (i == 2 ? std::string(test::ok_answer) : ""));
            if (i == 2) return c.wait_for_close();
        }
    });
    PhasePlan plan;
    plan.steps = {test::light_step(server.port())};
    plan.users = 1;
    plan.iterations = 9;
    plan.carriage = Carriage::fast;
    const auto run = test::run_phase(std::move(plan));
    EXPECT_EQ(run.outcome.tally->right, 9U);
    EXPECT_EQ(server.accepted(), 3);
}

}  // namespace
}  // namespace volley::engine
