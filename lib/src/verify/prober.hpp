// Fires what the verdict asks for at real sockets, and writes down what there was to see.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/verify.hpp>

#include "engine/plan.hpp"
#include "process/server_processes.hpp"
#include "verify/builtin.hpp"
#include "verify/canaries.hpp"

namespace volley::verify {

/// One verification. Thread safety: none. Lifetime: until run() has ended.
class Prober {
public:
    Prober(boost::asio::any_io_executor executor, client::DirectRequest request, Options options,
           std::function<void(const Progress&)> progress);

    boost::asio::awaitable<Result> run();

private:
    /// What is fired: the endpoint or our own server.
    struct Shooting {
        client::DirectRequest request;
        verdict::Sockets sockets = verdict::Sockets::held;
        std::size_t n = 1;
        bool canaries = false;
        bool of_target = true;  ///< else of our own server
    };

    [[nodiscard]] Duration left() const { return deadline_ - Clock::now(); }
    [[nodiscard]] Duration patience(Duration usual) const { return std::clamp(left(), Duration{}, usual); }
    boost::asio::awaitable<bool> cancelled();
    boost::asio::awaitable<void> ask_all();
    boost::asio::awaitable<void> play(const verdict::Step& step);
    boost::asio::awaitable<verdict::Burst> shoot(Shooting what);
    [[nodiscard]] engine::PhasePlan plan_of(const Shooting& what);
    boost::asio::awaitable<void> tick(const engine::Counters& counters);

    boost::asio::awaitable<void> meet();  ///< after the first right answer: who is it?
    boost::asio::awaitable<std::vector<verdict::Canary>> while_idle(SendCanary send);
    [[nodiscard]] Duration time_for_questions() const;
    boost::asio::awaitable<void> ask_questions();
    boost::asio::awaitable<bool> start_control();
    void note_unreachable();

    boost::asio::any_io_executor executor_;
    client::DirectRequest request_;
    Options options_;
    std::function<void(const Progress&)> progress_;
    TimePoint begin_{};
    TimePoint deadline_{};
    Result result_;
    Progress now_;

    std::optional<process::ServerProcesses> processes_;
    SendCanary app_;
    SendCanary parser_;
    Builtin control_;
    std::string example_;  ///< of what went wrong last, for a person
    unsigned shot_ = 0;    ///< bursts so far, for distinct queries
};

}  // namespace volley::verify
