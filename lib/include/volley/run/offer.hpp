// Calls as a run of one phase, so that they are judged and reported as load is.
#pragma once

#include <string>

#include <volley/call/offer.hpp>
#include <volley/report/result.hpp>
#include <volley/scenario/scenario.hpp>

namespace volley::run {

/// A scenario of one phase of calls, for thresholds to speak of (scenario::read_expectation) and for judge().
/// Its calls send what the plan's do.
[[nodiscard]] scenario::Scenario scenario_of_calls(std::string name, std::string origin, const call::CallPlan& plan);

/// What was asked for in words: `100 calls at 10.0/s, pings every 1.00 s for 10.0 s`.
[[nodiscard]] std::string words_of(const call::OfferPlan& plan);

/// The result of that scenario, not judged yet. `started_at` and `signal` are the caller's to fill in.
[[nodiscard]] report::RunResult result_of(const scenario::Scenario& scenario, const call::OfferPlan& plan,
                                          const call::OfferResult& result);

}  // namespace volley::run
