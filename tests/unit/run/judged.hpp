// Thresholds over phases that a test has made up, and what comes of them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <volley/run/run.hpp>

namespace volley::test {

/// @param phases, thresholds  what stands between the brackets of the lists, in a file with one scenario.
inline scenario::Scenario scenario_of(const std::string& phases, const std::string& thresholds) {
    auto loaded = scenario::load_scenario(R"(
version: 1
name: t
config: { target: "http://127.0.0.1:1" }
scenarios: { a: [ { get: / } ] }
phases: [)" + phases + "]\nthresholds: [" + thresholds +
                                              "]\n",
                                          "t.yaml");
    for (const auto& e : loaded.errors) ADD_FAILURE() << format_source_error(e);
    return std::move(loaded.scenario);
}

/// The phases as those of one server.
inline report::RunResult result_of(std::vector<report::PhaseResult> phases) {
    report::RunResult result;
    auto& server = result.servers.emplace_back();
    server.name = "target";
    server.phases = std::move(phases);
    return result;
}

/// What comes of the first threshold that the scenario itself has.
inline report::ThresholdResult judged(const scenario::Scenario& scenario, report::RunResult result) {
    run::judge(scenario, result);
    for (const auto& t : result.thresholds)
        if (t.pos.line > 0) return t;
    ADD_FAILURE() << "no threshold was judged";
    return {};
}

}  // namespace volley::test
