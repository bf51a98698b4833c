// Phases as tests run them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include "engine/phase_runner.hpp"
#include "support/raw_server.hpp"

namespace volley::test {

/// A step on the light path: a status from 200 to 399 is right.
inline engine::PreparedStep light_step(std::uint16_t port) {
    engine::PreparedStep step;
    step.name = "GET /";
    step.target.host = "127.0.0.1";
    step.target.port = port;
    step.target.keep_body = false;
    step.timeout = std::chrono::seconds(20);
    return step;
}

/// Nobody accepts, and the backlog is full at once: the kernel drops what comes.
class FullBacklog {
public:
    FullBacklog() {
        const boost::asio::ip::tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
        acceptor_.open(any.protocol());
        acceptor_.bind(any);
        acceptor_.listen(0);
    }
    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_{io_};
};

inline std::vector<load::Stage> at_rate(double per_second, Duration length) {
    return {{Rate{per_second}, Rate{per_second}, length}};
}

struct Run {
    engine::PhaseOutcome outcome;
    engine::Counters counters;
    Duration took{};
    Duration end_took{};  ///< from the cancellation, where there was one
};

/// Runs a phase to its end. @param cancel_at  when it is cancelled, from the start; below 0: before it runs at all. Nothing: never.
inline Run run_phase(engine::PhasePlan plan, std::optional<Duration> cancel_at = std::nullopt) {
    boost::asio::io_context io;
    Run run;
    boost::asio::cancellation_signal end;
    const TimePoint start = Clock::now();
    TimePoint cancelled = start;
    auto result = boost::asio::co_spawn(io, engine::run_phase(std::move(plan), run.counters),
                                        boost::asio::bind_cancellation_slot(end.slot(), boost::asio::use_future));
    boost::asio::steady_timer timer(io);
    if (cancel_at && *cancel_at < Duration::zero()) {
        end.emit(boost::asio::cancellation_type::terminal);
    } else if (cancel_at) {
        timer.expires_at(start + *cancel_at);
        timer.async_wait([&](boost::system::error_code ec) {
            cancelled = Clock::now();
            if (!ec) end.emit(boost::asio::cancellation_type::terminal);
        });
    }
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        if (Clock::now() - start > std::chrono::seconds(60)) {
            std::fputs("a phase hangs\n", stderr);
            std::abort();  // its threads cannot be ended
        }
        io.restart();
        io.run_one_for(std::chrono::milliseconds(100));
    }
    run.took = Clock::now() - start;
    run.end_took = Clock::now() - cancelled;
    run.outcome = result.get();
    return run;
}

}  // namespace volley::test
