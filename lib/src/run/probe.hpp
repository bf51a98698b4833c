// A probe of a scenario, asked of a server.
#pragma once

#include <cstdint>
#include <functional>

#include <boost/asio/awaitable.hpp>

#include <volley/report/result.hpp>
#include <volley/scenario/scenario.hpp>
#include <volley/verify.hpp>

#include "engine/plan.hpp"

namespace volley::run {

/// Asks it. What is expected is not looked at yet: judge() does. Cancellation (terminal) ends it early.
/// @param step  the request, as it is prepared for phases
boost::asio::awaitable<report::ProbeResult> run_probe(const scenario::Scenario& scenario, const scenario::Probe& probe,
                                                      engine::PreparedStep step, std::uint64_t seed,
                                                      std::function<void(const verify::Progress&)> progress);

}  // namespace volley::run
