// What was found by a probe against what was expected of it: pure.
#pragma once

#include <string>

#include <volley/report/result.hpp>
#include <volley/scenario/scenario.hpp>

namespace volley::run {

/// Fills expectations, verdict and message. A probe without any expectation passes where it found something out; one
/// with expectations of other servers only passes.
void judge_probe(const scenario::Scenario& scenario, const std::string& server, report::ProbeResult& result);

}  // namespace volley::run
