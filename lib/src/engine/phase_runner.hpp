// Runs one phase on threads of its own: a burst, a closed loop of users, or open arrivals.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "engine/plan.hpp"

namespace volley::engine {

/// Runs a phase to its end. Cancellation ends it early with what was measured; it is reported in `interrupted`, never thrown.
/// @param counters  kept up to date while it runs; owned by the caller.
/// Throws: std::system_error when the system has no more threads.
boost::asio::awaitable<PhaseOutcome> run_phase(PhasePlan plan, Counters& counters);

}  // namespace volley::engine
