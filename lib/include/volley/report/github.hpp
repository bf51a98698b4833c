// The result for GitHub Actions: a summary of the job, and annotations at the lines of the scenario.
#pragma once

#include <string>

#include <volley/report/result.hpp>

namespace volley::report {

/// Markdown (GitHub's own) for the file that GITHUB_STEP_SUMMARY names: the verdict, a table of phases, a table of thresholds. At most
/// about 512 KiB (a step may write 1 MiB); what is over is counted. Whatever a peer sent stays text: no cell, link, mention or tag
/// can be made of it.
[[nodiscard]] std::string to_github_summary(const RunResult& result);

/// Workflow commands, one a line: `::error` for each threshold and check that did not hold and each server that did not work, `::warning` for
/// what is inconclusive or unsure. Empty where all passed. Source: "Workflow commands for GitHub Actions", and the escapes of its toolkit.
[[nodiscard]] std::string to_github_annotations(const RunResult& result);

}  // namespace volley::report
