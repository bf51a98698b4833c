// volley run: scenarios in, tables and result files out.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

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
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) error = std::strerror(errno);
    return error.empty();
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

int run_file(const Call& call, const RunArgs& args, const std::string& file) {
    std::string error;
    const std::string text = read_file(file, error);
    if (!error.empty()) {
        print_error(call.program, escape_for_terminal(file) + ": " + error);
        return measure_exit::usage;
    }
    auto loaded = scenario::load_scenario(text, file, args.options.env, args.options.overrides);
    if (loaded.errors.empty()) loaded.errors = run::check(loaded.scenario, args.options);
    if (!loaded.errors.empty()) {
        for (const auto& e : loaded.errors) std::fputs(format_source_error(e).c_str(), stderr);
        return measure_exit::usage;
    }
    const auto& scenario = loaded.scenario;
    scenario::Variables variables;
    (void)scenario::resolve_variables(scenario, args.options.env, args.options.overrides, variables);

    LiveLine line(call.terminal, args.quiet);
    const auto result = perform(scenario, args, line);

    // The result goes first to where it was asked for: a full terminal is worth less than a file.
    int code = exit_of(result);
    const auto save = [&](const std::string& path) {
        std::string why;
        if (write_file(path, report::to_json(result), why)) return;
        print_error(call.program, escape_for_terminal(path) + ": " + why);
        if (code == measure_exit::ok) code = measure_exit::failed;
    };
    const bool any_console = scenario.outputs.empty() || std::ranges::any_of(scenario.outputs, [](const auto& o) {
                                 return o.kind == scenario::Output::Kind::console;
                             });
    for (const auto& output : scenario.outputs) {
        if (output.kind != scenario::Output::Kind::json) continue;
        auto path = scenario::expand(output.path, variables, scenario);
        if (auto* known = std::get_if<std::string>(&path))
            save(*known);
        else
            std::fputs(format_source_error(std::get<SourceError>(path)).c_str(), stderr);
    }
    if (!args.result_file.empty()) save(args.result_file);
    if (any_console && !args.quiet) {
        report::TextOptions options;
        options.colour = call.terminal.stdout_is_terminal && call.terminal.colours;
        std::fputs(report::to_text(result, options).c_str(), stdout);
    } else if (code != measure_exit::ok) {
        for (const auto& t : result.thresholds)
            if (t.verdict != report::Verdict::pass)
                print_error(call.program, escape_for_terminal(t.server + ": " + t.source + ": " + t.measured + " " + t.message));
    }
    std::fflush(stdout);
    return code;
}

}  // namespace

int cmd_run(const Call& call) {
    const RunArgs args = read_args(parse_args(Verb::run, call.args));
    if (!args.error.empty()) {
        print_error(call.program, args.error);
        return measure_exit::usage;
    }
    net::raise_descriptor_limit();
    int worst = measure_exit::ok;
    for (const auto& file : args.files) {
        const int code = run_file(call, args, file);
        if (code >= 128) return code;  // a signal ends them all
        // In order of what a CI job must look at first: usage, target, failure, inconclusive.
        constexpr int rank[] = {0, 2, 4, 3, 1};
        if (rank[code] > rank[worst]) worst = code;
    }
    return worst;
}

}  // namespace volley::cli
