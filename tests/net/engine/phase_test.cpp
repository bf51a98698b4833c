// Phases against servers of exact bytes.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <thread>

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/engine/on_its_thread.hpp"

namespace volley::engine {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::at_rate;
using test::OnItsThread;
using test::RawConnection;
using test::RawServer;

PreparedStep step_to(std::uint16_t port) {
    PreparedStep step = test::light_step(port);
    step.target.keep_body = true;
    step.judge = [](const client::Exchange&) { return Judgement{}; };
    return step;
}

PhaseOutcome run(PhasePlan plan) { return test::run_phase(std::move(plan)).outcome; }

// A timer that had run out just before the end armed itself anew behind it, and the worker's thread was waited for without end.
TEST(Worker, ends_though_a_timer_has_run_out_at_the_same_time) {
    PhasePlan plan;
    plan.steps = {step_to(1)};
    plan.users = 1;
    plan.iterations = 1;
    Worker worker(plan, 0, 1, nullptr);
    std::promise<void> ended;
    std::thread thread([&] {
        worker.run();
        ended.set_value();
    });
    // Held up for longer than its tick; what is posted from within stands before what the reactor then finds.
    worker.post([&worker] {
        std::this_thread::sleep_for(250ms);
        worker.post([&worker] { (void)worker.finish(); });
    });
    const bool ends = ended.get_future().wait_for(60s) == std::future_status::ready;
    EXPECT_TRUE(ends);
    if (!ends) std::abort();  // the thread cannot be joined
    thread.join();
}

// While our own process did not get to run, answers that had come were not seen, and the starts that were due were refused: a stall of
// ours was counted as the server's.
TEST(OpenArrivals, a_stall_of_our_own_saturates_nobody) {
    RawServer server(test::answer_all);
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.stages = at_rate(1000, 1s);
    plan.max_users = 100;
    // Holds the worker up for half a second: answers are judged on its thread.
    plan.steps[0].judge = [n = std::make_shared<int>(0)](const client::Exchange&) {
        if (++*n == 100) std::this_thread::sleep_for(500ms);
        return Judgement{};
    };
    const auto outcome = run(std::move(plan));
    EXPECT_EQ(outcome.saturated, 0U);
    EXPECT_EQ(outcome.tally->requests + outcome.missed, outcome.planned);
    EXPECT_EQ(outcome.tally->wrong(), 0U);
}

// Each turn of arrivals took a timer of its own, though answers woke the loop all the time.
TEST(OpenArrivals, what_is_due_when_an_answer_is_seen_starts_with_it) {
    RawServer server(test::answer_all);
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.stages = at_rate(1000, 1h);
    plan.max_users = 10;
    OnItsThread* held = nullptr;
    std::uint64_t before = 0;
    std::promise<std::uint64_t> after;
    const auto started = [&held] {
        const auto counts = held->counts();
        return counts.done + counts.in_flight;
    };
    plan.steps[0].judge = [&, first = std::make_shared<bool>(true)](const client::Exchange&) {
        if (!std::exchange(*first, false)) return Judgement{};
        before = started();
        std::this_thread::sleep_for(50ms);  // of arrivals
        // Stands before the timer, which the loop has not looked for meanwhile.
        held->post([&] { after.set_value(started()); });
        return Judgement{};
    };
    OnItsThread worker(std::move(plan));
    held = &worker;
    worker.begin();
    EXPECT_GT(after.get_future().get(), before);
    worker.ask([](Worker& w) { w.stop(); });
    const auto outcome = worker.finish();
    EXPECT_EQ(outcome.tally->wrong(), 0U);
}

// The first of the answers that had come freed one user, and the second arrival that was due found nobody: the other answer was not seen yet.
TEST(OpenArrivals, none_is_refused_before_all_answers_that_have_come_are_seen) {
    std::atomic<int> asked = 0;
    RawServer server([&asked](RawConnection& c, int) {
        while (!c.read_request().empty()) {
            ++asked;
            test::eventually([&] { return asked >= 2; });
            c.send(test::ok_answer);
        }
    });
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    // Two at once, which take both users, and two more after a time in which their answers come.
    plan.stages = {{Rate{1000}, Rate{1000}, 2ms}, {Rate{0}, Rate{0}, 2s}, {Rate{1000}, Rate{1000}, 2ms}};
    plan.max_users = 2;
    plan.iterations = 4;
    TimePoint third{};
    plan.steps[0].judge = [&, first = std::make_shared<bool>(true)](const client::Exchange&) {
        if (!std::exchange(*first, false)) return Judgement{};
        // Both are due then, and the second is not late.
        const TimePoint both = third + 1500us;
        std::this_thread::sleep_until(both - 1ms);
        while (Clock::now() < both) {
        }
        return Judgement{};
    };
    OnItsThread worker(std::move(plan));
    const TimePoint start = Clock::now();
    third = start + 2ms + 2s;
    worker.begin(start);
    worker.last();
    const auto outcome = worker.finish();
    EXPECT_EQ(outcome.saturated, 0U);
    EXPECT_EQ(outcome.missed, 0U);
    EXPECT_EQ(outcome.tally->requests, 4U);
}

// Arrivals that the answers had started until then waited for answers that did not come.
TEST(OpenArrivals, go_on_when_answers_stay_away) {
    RawServer server([](RawConnection& c, int) {
        for (int i = 0; i < 50 && !c.read_request().empty(); ++i) c.send(test::ok_answer);
        c.wait_for_close();
    });
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.steps[0].timeout = 1s;
    plan.stages = at_rate(20'000, 1h);
    plan.iterations = 2000;
    plan.max_users = 20;
    const auto outcome = run(std::move(plan));
    EXPECT_EQ(outcome.planned, 2000U);
    EXPECT_EQ(outcome.tally->requests + outcome.missed + outcome.saturated, 2000U);
}

TEST(OpenArrivals, a_server_that_answers_nobody_is_saturated) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.steps[0].timeout = 2s;
    plan.stages = at_rate(100, 1h);
    plan.iterations = 50;
    plan.max_users = 5;
    const auto outcome = run(std::move(plan));
    EXPECT_GT(outcome.saturated, 0U);
    EXPECT_EQ(outcome.tally->requests, 5U);
    EXPECT_EQ(outcome.tally->requests + outcome.missed + outcome.saturated, outcome.planned);
}

TEST(Steps, of_one_origin_share_connections_and_keep_bodies_when_one_reads_them) {
    RawServer server(test::answer_all);
    PhasePlan plan;
    plan.steps = {step_to(server.port()), step_to(server.port())};
    plan.steps[0].target.keep_body = false;
    plan.steps[1].judge = [](const client::Exchange& e) {
        return e.response.body == "ok" ? Judgement{} : Judgement{"check", e.response.body};
    };
    plan.users = 1;
    plan.iterations = 3;
    const auto outcome = run(std::move(plan));
    EXPECT_EQ(outcome.tally->right, 6U);
    EXPECT_EQ(server.accepted(), 1);
}

/// Like Python's http.server: one connection at a time, few in the backlog.
class OneAtATime {
public:
    OneAtATime() {
        asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
        acceptor_.open(any.protocol());
        acceptor_.bind(any);
        acceptor_.listen(1);
        thread_ = std::thread([this] { serve(); });
    }
    ~OneAtATime() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        thread_.join();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void serve() {
        for (;;) {
            boost::system::error_code ec;
            auto socket = acceptor_.accept(ec);
            if (ec) return;
            RawConnection connection(socket.native_handle());
            if (!connection.read_request().empty())
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    }
    asio::io_context io_;
    asio::ip::tcp::acceptor acceptor_{io_};
    std::thread thread_;
};

// Sockets that could not be opened before a burst were opened within it, and nobody was told.
TEST(Bursts, a_backlog_too_small_for_the_sockets_is_reported) {
    OneAtATime server;
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.steps[0].target.connect_timeout = 500ms;  // the kernel repeats a SYN that was dropped after one second
    plan.burst = 10;
    const auto outcome = run(std::move(plan));
    EXPECT_NE(outcome.unprepared.find("of 10 connections could be opened before the burst: timed out"), std::string::npos)
        << outcome.unprepared;
}

TEST(Bursts, a_backlog_that_has_room_after_a_while_is_waited_for) {
    OneAtATime server;
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.burst = 5;
    const auto outcome = run(std::move(plan));
    EXPECT_EQ(outcome.tally->right, 5U);
}

TEST(Bursts, a_burst_that_was_prepared_says_nothing_of_it) {
    RawServer server(test::answer_all);
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.burst = 20;
    const auto outcome = run(std::move(plan));
    EXPECT_EQ(outcome.tally->right, 20U);
    EXPECT_EQ(outcome.unprepared, "");
}

// Whoever watched a burst looked at the server's processes between the planned start and the first request: verdicts said that the generator
// was the limit, most of all where requests are short.
TEST(Bursts, what_is_done_once_connections_are_open_does_not_delay_the_start) {
    RawServer server(test::answer_all);
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.burst = 3;
    plan.iterations = 2;
    std::vector<TimePoint> ready;
    std::vector<TimePoint> starts;
    plan.burst_ready = [&] {
        std::this_thread::sleep_for(50ms);
        ready.push_back(Clock::now());
    };
    plan.burst_planned = [&](TimePoint planned) { starts.push_back(planned); };
    const auto outcome = run(std::move(plan));
    ASSERT_EQ(outcome.bursts.size(), 2U);
    ASSERT_EQ(ready.size(), 2U);
    ASSERT_EQ(starts.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_GT(starts[i], ready[i]);
        for (const auto& sample : outcome.bursts[i]) EXPECT_EQ(sample.planned, starts[i]);
    }
    EXPECT_GT(ready[1], starts[0]) << "each burst has its own";
}

TEST(Bursts, nobody_is_asked_again_who_takes_no_connection_at_all) {
    PhasePlan plan;
    {
        RawServer gone([](RawConnection&, int) {});
        plan.steps = {step_to(gone.port())};
    }
    plan.burst = 3;
    const TimePoint start = Clock::now();
    const auto outcome = run(std::move(plan));
    EXPECT_LT(Clock::now() - start, 8s);
    EXPECT_EQ(outcome.tally->errors.at("refused"), 3U);
    EXPECT_NE(outcome.unprepared.find("only 0 of 3"), std::string::npos);
}

}  // namespace
}  // namespace volley::engine
