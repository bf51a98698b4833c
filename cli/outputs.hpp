// Where a finished run is written to: the same for every verb that measures.
#pragma once

#include <string>
#include <vector>

#include <volley/report/result.hpp>
#include <volley/run/run.hpp>
#include <volley/scenario/scenario.hpp>

#include "raw_args.hpp"
#include "sample_files.hpp"
#include "verbs.hpp"

namespace volley::cli {

/// A file and the servers that it tells of: all of them, unless each has a file of its own.
struct OutputFile {
    scenario::Output::Kind kind = scenario::Output::Kind::json;
    std::string path;    ///< `-` is the standard output
    std::string server;  ///< empty: all
};

struct Outputs {
    std::vector<OutputFile> files;
    bool console = true;
    /// What the console shows: tables, or one phase at a glance.
    enum class Summary { tables, load, calls } summary = Summary::tables;
    /// GitHub's summary was asked for; where GITHUB_ACTIONS is set it is written anyway.
    bool github = false;
};

/// Takes -o, --junit, --hdr and --samples; the last one of a kind counts, `--no-x` takes it back.
/// @return whether the flag was one of them; what is wrong with it is in `error` then.
bool read_output_flag(const TypedFlag& flag, std::vector<OutputFile>& asked, std::string& error);

/// What the scenario's `outputs` and the flags ask for, one file for each server where a path names it, and what is wrong with it: a
/// file that cannot be written, as far as that shows without touching it, or that two outputs would share.
[[nodiscard]] std::vector<SourceError> find_outputs(const scenario::Scenario& scenario, const run::Options& options,
                                                    const std::vector<OutputFile>& asked, Outputs& out);

/// Opens the files of samples, which are written while the run goes on; an error is told on standard error. @return whether all are open
[[nodiscard]] bool open_samples(const Call& call, const Outputs& outputs, SampleFiles& samples);

/// Writes all of them, files first; then the console, or with `quiet` what did not pass. Under GitHub Actions (GITHUB_ACTIONS in
/// `env`) also a summary of the job and annotations. What cannot be written is told on standard error.
/// @param samples  as open_samples() has opened them and the run has fed them; finished here.
/// @return the exit code: that of the result's verdict, or `failed` for a result that passed and could not be written. GitHub's
///         summary changes it never.
[[nodiscard]] int write_outputs(const Call& call, const scenario::Scenario& scenario, report::RunResult result,
                                const Outputs& outputs, SampleFiles& samples, const scenario::Variables::Scope& env, bool quiet);

}  // namespace volley::cli
