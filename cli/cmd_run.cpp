// volley run: scenarios in, tables and result files out.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include <volley/report/result.hpp>
#include <volley/run/run.hpp>
#include <volley/scenario/scenario.hpp>

#include "exit_code.hpp"
#include "live_line.hpp"
#include "measure.hpp"
#include "outputs.hpp"
#include "raw_args.hpp"
#include "verbs.hpp"

namespace volley::cli {
namespace {
constexpr std::size_t largest_file = 4U << 20U;

struct RunArgs {
    std::vector<std::string> files;
    run::Options options;
    std::vector<OutputFile> outputs;
    bool quiet = false;
    std::string error;
};

RunArgs read_args(const RawArgs& raw) {
    RunArgs args;
    args.files = raw.positionals;
    args.error = raw.error;
    if (args.error.empty() && args.files.empty()) args.error = "which scenario? For example: volley run scenarios/sleep.yaml";
    for (const auto& flag : raw.flags) {
        if (read_output_flag(flag, args.outputs, args.error)) continue;
        switch (flag.id) {
            case FlagId::server:
                args.options.servers.push_back(flag.value);
                break;
            case FlagId::only:
                args.options.scenarios.push_back(flag.value);
                break;
            case FlagId::quiet:
                args.quiet = !flag.negated;
                break;
            case FlagId::seed:
                args.options.seed = read_seed(flag.value, args.error);
                break;
            case FlagId::define: {
                const auto equal = flag.value.find('=');
                if (equal == std::string::npos || equal == 0)
                    args.error = "-e takes NAME=VALUE, not '" + escape_for_terminal(flag.value) + "'";
                else
                    args.options.overrides[flag.value.substr(0, equal)] = flag.value.substr(equal + 1);
                break;
            }
            default:
                break;
        }
    }
    if (args.error.empty() && args.files.size() > 1 && !args.outputs.empty())
        args.error =
            "-o, --junit, --hdr and --samples take the result of one scenario; with several, name a file in each: outputs: [console, "
            "json: FILE]";
    args.options.env = environment();
    return args;
}

/// The text of a file, or why it cannot be read.
std::string scenario_text(const std::string& path, std::string& error) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        error = std::strerror(errno);
        return {};
    }
    std::string text(largest_file + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad() || (in.fail() && !in.eof())) error = "it cannot be read (a directory?)";
    return text;
}

/// A scenario that was read and checked.
struct Loaded {
    scenario::Scenario scenario;
    Outputs outputs;
};

/// Reads and checks a file; what is wrong with it is told at once. @return nothing when it cannot run.
std::optional<Loaded> load_file(const Call& call, const RunArgs& args, const std::string& file) {
    std::string error;
    const std::string text = scenario_text(file, error);
    if (!error.empty()) {
        print_error(call.program, escape_for_terminal(file) + ": " + error);
        return std::nullopt;
    }
    auto read = scenario::load_scenario(text, file, args.options.env, args.options.overrides);
    Loaded loaded;
    loaded.scenario = std::move(read.scenario);
    if (read.errors.empty()) read.errors = run::check(loaded.scenario, args.options);
    if (read.errors.empty()) read.errors = find_outputs(loaded.scenario, args.options, args.outputs, loaded.outputs);
    for (const auto& e : read.errors) std::fputs(format_source_error(e).c_str(), stderr);
    if (!read.errors.empty()) return std::nullopt;
    return loaded;
}

int run_file(const Call& call, const RunArgs& args, const Loaded& loaded) {
    SampleFiles samples;
    if (!open_samples(call, loaded.outputs, samples)) return measure_exit::usage;
    LiveLine line(call.terminal, args.quiet);
    auto result = measure(loaded.scenario, args.options, line, samples);
    return write_outputs(call, loaded.scenario, std::move(result), loaded.outputs, samples, args.options.env, args.quiet);
}

}  // namespace

int cmd_run(const Call& call) {
    const RunArgs args = read_args(parse_args(Verb::run, call.args));
    if (!args.error.empty()) {
        print_error(call.program, args.error);
        return measure_exit::usage;
    }
    // All are checked before the first is run: the last of them may be hours away.
    std::vector<Loaded> scenarios;
    bool all_good = true;
    for (const auto& file : args.files) {
        auto loaded = load_file(call, args, file);
        if (loaded)
            scenarios.push_back(std::move(*loaded));
        else
            all_good = false;
    }
    if (!all_good) return measure_exit::usage;
    int worst = measure_exit::ok;
    for (const auto& scenario : scenarios) {
        const int code = run_file(call, args, scenario);
        if (code >= 128) return code;  // a signal ends them all
        // In order of what a CI job must look at first: usage, target, failure, inconclusive.
        constexpr int rank[] = {0, 2, 4, 3, 1};
        if (rank[code] > rank[worst]) worst = code;
    }
    return worst;
}

}  // namespace volley::cli
