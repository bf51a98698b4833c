// What was found by a probe against what was expected of it: pure.
#pragma once

#include <string>

#include <volley/report/result.hpp>
#include <volley/scenario/scenario.hpp>

namespace volley::run {

/// Fills expectations, verdict and message. One that is expected nothing of passes where it found something out.
void judge_probe(const scenario::Scenario& scenario, const std::string& server, report::ProbeResult& result);

}  // namespace volley::run
