// volley run: scenarios in, tables and result files out.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <volley/net/signals.hpp>
#include <volley/report/result.hpp>
#include <volley/run/run.hpp>
#include <volley/scenario/scenario.hpp>

#include "exit_code.hpp"
#include "live_line.hpp"
#include "raw_args.hpp"
#include "verbs.hpp"

namespace volley::cli {
namespace {
namespace asio = boost::asio;

constexpr std::size_t largest_file = 4U << 20U;

struct RunArgs {
    std::vector<std::string> files;
    run::Options options;
    std::string result_file;
    bool quiet = false;
    std::string error;
};

RunArgs read_args(const RawArgs& raw) {
    RunArgs args;
    args.files = raw.positionals;
    args.error = raw.error;
    if (args.error.empty() && args.files.empty()) args.error = "which scenario? For example: volley run scenarios/sleep.yaml";
    for (const auto& flag : raw.flags) {
        switch (flag.id) {
            case FlagId::server:
                args.options.servers.push_back(flag.value);
                break;
            case FlagId::only:
                args.options.scenarios.push_back(flag.value);
                break;
            case FlagId::result:
                args.result_file = flag.negated ? "" : flag.value;
                if (!flag.negated && flag.value.empty()) args.error = "-o takes the name of a file, or - for standard output";
                break;
            case FlagId::quiet:
                args.quiet = !flag.negated;
                break;
            case FlagId::seed: {
                std::uint64_t seed = 0;
                const char* end = flag.value.data() + flag.value.size();
                const auto [at, ec] = std::from_chars(flag.value.data(), end, seed);
                if (ec != std::errc{} || at != end)
                    args.error = "--seed takes a whole number from 0 to 18446744073709551615, not '" + flag.value + "'";
                else
                    args.options.seed = seed;
                break;
            }
            case FlagId::define: {
                const auto equal = flag.value.find('=');
                if (equal == std::string::npos || equal == 0)
                    args.error = "-e takes NAME=VALUE, not '" + flag.value + "'";
                else
                    args.options.overrides[flag.value.substr(0, equal)] = flag.value.substr(equal + 1);
                break;
            }
            default:
                break;
        }
    }
    if (args.error.empty() && args.files.size() > 1 && !args.result_file.empty())
        args.error = "-o takes the result of one scenario; with several, name a file in each: outputs: [console, json: FILE]";
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equal = text.find('=');
        if (equal != std::string_view::npos) args.options.env.emplace(text.substr(0, equal), text.substr(equal + 1));
    }
    return args;
}

/// The text of a file, or why it cannot be read.
std::string read_file(const std::string& path, std::string& error) {
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

bool write_file(const std::string& path, const std::string& text, std::string& error) {
    if (path == "-") {
        if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) error = std::strerror(errno);
        return error.empty();
    }
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) error = std::strerror(errno);
    return error.empty();
}

/// Why a file could not be written, as far as that can be told without touching it; empty where nothing speaks against it.
std::string unwritable(const std::string& path) {
    if (path == "-") return {};
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return "it is a directory";
    if (::access(path.c_str(), F_OK) == 0) return ::access(path.c_str(), W_OK) == 0 ? "" : std::strerror(errno);
    auto parent = std::filesystem::path(path).parent_path();
    if (parent.empty()) parent = ".";
    if (!std::filesystem::is_directory(parent, ignored)) return "there is no directory " + parent.string();
    return ::access(parent.c_str(), W_OK) == 0 ? "" : std::strerror(errno);
}

/// A result file and the servers that it tells of: all of them, unless each has a file of its own.
struct ResultFile {
    std::string path;
    std::string server;  ///< empty: all
};

/// A scenario that was read and checked.
struct Loaded {
    scenario::Scenario scenario;
    std::vector<ResultFile> results;
    bool console = true;
};

/// One file for each server where the path names it.
std::vector<SourceError> find_results(const RunArgs& args, Loaded& loaded) {
    const auto& scenario = loaded.scenario;
    std::vector<SourceError> errors;
    scenario::Variables variables;
    (void)scenario::resolve_variables(scenario, args.options.env, args.options.overrides, variables);
    std::vector<std::string> servers;
    for (const auto& s : scenario.servers)
        if (args.options.servers.empty() || std::ranges::find(args.options.servers, s.name) != args.options.servers.end())
            servers.push_back(s.name);
    if (servers.empty()) servers.emplace_back("target");
    const auto add = [&](const std::string& path, const std::string& server, SourcePos pos) {
        if (const auto why = unwritable(path); !why.empty())
            errors.push_back(scenario::error_at(scenario, pos, "the result cannot be written to `" + path + "`: " + why));
        loaded.results.push_back({path, server});
    };
    loaded.console = scenario.outputs.empty();
    for (const auto& output : scenario.outputs) {
        if (output.kind == scenario::Output::Kind::console) {
            loaded.console = true;
            continue;
        }
        std::vector<std::string> paths;
        for (const auto& server : servers) {
            variables.push({{"server.name", server}});
            auto path = scenario::expand(output.path, variables, scenario);
            variables.pop();
            if (const auto* error = std::get_if<SourceError>(&path)) {
                errors.push_back(*error);
                break;
            }
            paths.push_back(std::get<std::string>(path));
        }
        if (paths.size() != servers.size()) continue;
        const bool each = std::ranges::any_of(paths, [&](const auto& path) { return path != paths.front(); });
        for (std::size_t i = 0; i < (each ? paths.size() : 1); ++i) add(paths[i], each ? servers[i] : "", output.path.pos);
    }
    if (!args.result_file.empty()) add(args.result_file, "", {});
    return errors;
}

/// What a run has to say of one server.
report::RunResult part_of(const scenario::Scenario& scenario, const report::RunResult& whole, const std::string& server) {
    report::RunResult part = whole;
    std::erase_if(part.servers, [&](const auto& s) { return s.name != server; });
    run::judge(scenario, part);
    return part;
}

int exit_of(const report::RunResult& result) {
    switch (result.verdict) {
        case report::Verdict::pass:
            return measure_exit::ok;
        case report::Verdict::fail:
            return measure_exit::failed;
        case report::Verdict::target_failed:
            return measure_exit::no_target;
        case report::Verdict::inconclusive:
            return measure_exit::inconclusive;
        case report::Verdict::interrupted:
            return exit_of_signal(result.signal);
    }
    return measure_exit::failed;
}

/// Runs on an event loop of its own, until the end or a signal.
report::RunResult perform(const scenario::Scenario& scenario, const RunArgs& args, LiveLine& line) {
    run::Observer observer;
    observer.server_changed = [&](const std::string& server, const std::string& what) { line.show(server + ": " + what); };
    observer.progress = [&](const run::Progress& p) {
        std::string text = p.server + " · " + p.phase + "  " + std::to_string(p.done);
        if (p.planned > 0) text += "/" + std::to_string(p.planned);
        text += " done, " + std::to_string(p.in_flight) + " in flight";
        if (p.wrong > 0) text += ", " + std::to_string(p.wrong) + " wrong";
        text += "  " + format_duration(p.elapsed);
        if (p.expected > Duration::zero()) text += " of " + format_duration(p.expected);
        line.show(text);
    };
    asio::io_context io{1};
    asio::cancellation_signal stop;
    const net::SignalWatch signals(io.get_executor(), [&](int) {
        line.show("stopping; once more to quit at once");
        stop.emit(asio::cancellation_type::terminal);
    });
    report::RunResult result;
    std::exception_ptr broken;
    bool done = false;
    auto on_end = [&](std::exception_ptr error, report::RunResult r) {
        broken = std::move(error);
        result = std::move(r);
        done = true;
    };
    asio::co_spawn(io, run::run(scenario, args.options, std::move(observer)),
                   asio::bind_cancellation_slot(stop.slot(), std::move(on_end)));
    while (!done) io.run_one();  // the signal watch alone would keep run() from returning
    line.clear();
    if (broken) std::rethrow_exception(broken);
    result.signal = signals.received();
    if (result.signal != 0) result.verdict = report::Verdict::interrupted;
    return result;
}

/// Reads and checks a file; what is wrong with it is told at once. @return nothing when it cannot run.
std::optional<Loaded> load_file(const Call& call, const RunArgs& args, const std::string& file) {
    std::string error;
    const std::string text = read_file(file, error);
    if (!error.empty()) {
        print_error(call.program, escape_for_terminal(file) + ": " + error);
        return std::nullopt;
    }
    auto read = scenario::load_scenario(text, file, args.options.env, args.options.overrides);
    Loaded loaded;
    loaded.scenario = std::move(read.scenario);
    if (read.errors.empty()) read.errors = run::check(loaded.scenario, args.options);
    if (read.errors.empty()) read.errors = find_results(args, loaded);
    for (const auto& e : read.errors) std::fputs(format_source_error(e).c_str(), stderr);
    if (!read.errors.empty()) return std::nullopt;
    return loaded;
}

int run_file(const Call& call, const RunArgs& args, const Loaded& loaded) {
    LiveLine line(call.terminal, args.quiet);
    const auto result = perform(loaded.scenario, args, line);
    int code = exit_of(result);
    const auto failed_to_write = [&](const std::string& what, const std::string& why) {
        print_error(call.program, what + ": " + why);
        if (code == measure_exit::ok) code = measure_exit::failed;
    };

    // The result goes first to where it was asked for: a full terminal is worth less than a file.
    bool stdout_is_taken = false;
    for (const auto& file : loaded.results) {
        std::string why;
        const auto json = report::to_json(file.server.empty() ? result : part_of(loaded.scenario, result, file.server));
        if (!write_file(file.path, json, why)) failed_to_write(escape_for_terminal(file.path), why);
        stdout_is_taken = stdout_is_taken || file.path == "-";
    }
    if (loaded.console && !args.quiet) {
        report::TextOptions options;
        options.colour = call.terminal.stdout_is_terminal && call.terminal.colours && !stdout_is_taken;
        FILE* to = stdout_is_taken ? stderr : stdout;
        if (std::fputs(report::to_text(result, options).c_str(), to) < 0 || std::fflush(to) != 0)
            failed_to_write("the report cannot be written", std::strerror(errno));
    } else if (code != measure_exit::ok) {
        for (const auto& t : result.thresholds) {
            if (t.verdict == report::Verdict::pass) continue;
            const std::string source = t.pos.line == 0 ? t.phase + '.' + t.source : t.source;
            print_error(call.program, escape_for_terminal(t.server + ": " + source + ": " + t.measured + " " + t.message));
        }
    }
    return code;
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
    net::raise_descriptor_limit();
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
