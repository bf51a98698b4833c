// A scenario's steps made ready to be sent: templates replaced, URLs joined, bodies written.
#pragma once

#include <variant>
#include <vector>

#include <volley/run/run.hpp>
#include <volley/scenario/scenario.hpp>

#include "engine/phase_runner.hpp"
#include "run/check_counts.hpp"

namespace volley::run {

/// @param base    URL that paths are joined to, `http://127.0.0.1:8000`.
/// @param counts  where the steps' judges count what their checks found; may be empty.
/// @return        the steps, or the first error with its place. Of a call, the request of its offer.
[[nodiscard]] std::variant<std::vector<engine::PreparedStep>, SourceError> prepare_steps(
    const scenario::Scenario& scenario, const scenario::ScenarioBody& body, const scenario::Variables& variables,
    const std::string& base, const std::shared_ptr<CheckCounts>& counts = nullptr);

/// The one step of a request that comes from elsewhere. A status from 200 to 399 is right.
[[nodiscard]] std::variant<std::vector<engine::PreparedStep>, SourceError> direct_step(
    const client::DirectRequest& direct, const std::shared_ptr<CheckCounts>& counts);

}  // namespace volley::run
