// Running a scenario from a terminal: live line, signals, samples. The same for every verb that measures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <volley/report/result.hpp>
#include <volley/run/run.hpp>
#include <volley/scenario/scenario.hpp>

#include "live_line.hpp"
#include "sample_files.hpp"

namespace volley::cli {

/// Runs on an event loop of its own, until the end or a signal, which ends it with the result so far.
[[nodiscard]] report::RunResult measure(const scenario::Scenario& scenario, const run::Options& options, LiveLine& line,
                                        SampleFiles& samples);

/// Adds what --expect asks for to the thresholds; what is wrong is told on standard error. Where nothing is expected errors are not judged
/// either: a look is all that is wanted. @return whether all could be read
[[nodiscard]] bool add_expectations(const std::vector<std::string>& texts, scenario::Scenario& scenario);

/// The environment as names and values.
[[nodiscard]] scenario::Variables::Scope environment();

/// The value of --seed; what is wrong with it is in `error` then.
[[nodiscard]] std::optional<std::uint64_t> read_seed(const std::string& value, std::string& error);

}  // namespace volley::cli
