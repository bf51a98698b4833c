// Runs one phase of WebRTC calls: a burst, a closed loop of users, or open arrivals.
#pragma once

#include <functional>

#include <boost/asio/awaitable.hpp>

#include <volley/call/offer.hpp>

#include "call/one_call.hpp"
#include "engine/plan.hpp"

namespace volley::run {

/// A call of a scenario, ready to be made again and again.
struct PreparedCall {
    call::CallPlan plan;
    /// Asked of a call that was set up and came to its end. Empty: each of them is right.
    std::function<engine::Judgement(const call::CallSeen&)> judge;
    bool judges_round_trips = false;
    bool judges_pictures = false;
    bool judges_video = false;  ///< the judge says what of its video must come back; else some of it must
    bool judges_audio = false;  ///< the same of its audio

    /// The same without pings and judge: how long it takes to be set up.
    [[nodiscard]] PreparedCall alone() const;
};

/// As engine::run_phase(), with calls for requests, all of them on this thread: WebRTC of a process runs on one. The steps and threads of
/// the plan are not looked at. `planned`, `missed` and `saturated` of the outcome are calls and pings alike, its bursts are of calls, from
/// their planned start until they were set up.
/// Throws: as call::offer().
boost::asio::awaitable<engine::PhaseOutcome> run_calls(engine::PhasePlan plan, const PreparedCall& call,
                                                       engine::Counters& counters);

}  // namespace volley::run
