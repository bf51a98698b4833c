// A scenario's call made ready: templates replaced, servers read, checks bound.
#pragma once

#include <memory>
#include <variant>

#include <volley/scenario/scenario.hpp>

#include "engine/plan.hpp"
#include "run/call_phase.hpp"
#include "run/check_counts.hpp"

namespace volley::run {

/// @param offer   the request of its offer, see prepare_steps().
/// @param counts  where its judge counts what the checks found; may be empty.
/// @return        the call, or the first error with its place.
[[nodiscard]] std::variant<PreparedCall, SourceError> prepare_call(const scenario::Scenario& scenario, const scenario::Step& step,
                                                                   const scenario::Variables& variables,
                                                                   engine::PreparedStep offer,
                                                                   const std::shared_ptr<CheckCounts>& counts = nullptr);

}  // namespace volley::run
