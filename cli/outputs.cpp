#include "outputs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

#include <sys/ioctl.h>
#include <unistd.h>

#include <volley/report/github.hpp>
#include <volley/report/hdr.hpp>
#include <volley/report/junit.hpp>

#include "exit_code.hpp"
#include "out_file.hpp"
#include "terminal.hpp"

namespace volley::cli {
namespace {

using Kind = scenario::Output::Kind;

/// What a run has to say of one server.
report::RunResult part_of(const scenario::Scenario& scenario, const report::RunResult& whole, const std::string& server) {
    report::RunResult part = whole;
    std::erase_if(part.servers, [&](const auto& s) { return s.name != server; });
    run::judge(scenario, part);
    return part;
}

/// @return why it could not be written; empty where it was
std::string write_one(const report::RunResult& result, const OutputFile& file) {
    OutFile out(file.path);
    switch (file.kind) {
        case Kind::json:
            out.write(report::to_json(result));
            break;
        case Kind::junit:
            out.write(report::to_junit(result));
            break;
        case Kind::hdr:
            out.write(file.path.ends_with(".hgrm") ? report::to_hgrm(result) : report::to_hdr_log(result));
            break;
        case Kind::csv:
        case Kind::console:
        case Kind::github:
            break;  // not written from the result, or no file
    }
    return out.close();
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

/// Of the servers that did not work, the thresholds that did not hold, and the phases whose times say nothing, a line each; the same
/// words once.
std::string what_did_not_pass(const Program& program, const report::RunResult& result) {
    std::vector<std::string> lines;
    const auto add = [&](const std::string& text) {
        auto line = escape_for_terminal(text);
        std::ranges::replace(line, '\n', ' ');
        if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
    };
    for (const auto& server : result.servers)
        if (server.failed()) add(server.name + ": " + server.message.substr(0, server.message.find('\n')));  // a caret may follow
    for (const auto& t : result.thresholds) {
        if (t.verdict == report::Verdict::pass) continue;
        add(t.server + ": " + report::name_of(t) + ": " + t.measured + (t.measured.empty() ? "" : " ") + t.message);
    }
    for (const auto& server : result.servers)
        for (const auto& phase : server.phases) {
            if (phase.warmup || phase.inconclusive.empty()) continue;
            const bool told = std::ranges::any_of(result.thresholds, [&](const auto& t) {
                return t.server == server.name && t.message.find(phase.inconclusive) != std::string::npos;
            });
            if (!told) add(server.name + ": " + phase.phase + ": " + phase.inconclusive);
        }
    std::string out;
    for (const auto& line : lines) out += program.name + ": error: " + line + '\n';
    return out;
}

std::string value_of(const scenario::Variables::Scope& env, std::string_view name) {
    const auto found = env.find(name);
    return found == env.end() ? std::string() : found->second;
}

/// GitHub's runner takes every line that begins with `::` for a command, and a peer's words may hold such a line: between a pair of
/// lines that no peer can guess it looks for none.
std::string without_commands(const std::string& text) {
    std::random_device random;
    std::string token = "volley-";
    for (int i = 0; i < 4; ++i) token += std::to_string(random());
    return "::stop-commands::" + token + '\n' + text + "::" + token + "::\n";
}

/// A summary that cannot be written is no reason for a job to fail.
void write_summary(const Call& call, const report::RunResult& result, const std::string& path) {
    OutFile out(path, "ab");
    out.write(report::to_github_summary(result) + '\n');
    if (const auto& why = out.close(); !why.empty())
        print_warning(call.program, "the summary for GitHub cannot be written to " + escape_for_terminal(path) + ": " + why);
}

std::string place(const std::string& path) { return path == "-" ? "standard output" : escape_for_terminal(path); }

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::json:
            return "the result";
        case Kind::junit:
            return "the JUnit report";
        case Kind::hdr:
            return "the histograms";
        case Kind::csv:
            return "the samples";
        case Kind::console:
        case Kind::github:
            break;
    }
    return "the report";
}

}  // namespace

bool read_output_flag(const TypedFlag& flag, std::vector<OutputFile>& asked, std::string& error) {
    Kind kind = Kind::json;
    const char* spelled = "-o";
    switch (flag.id) {
        case FlagId::result:
            break;
        case FlagId::junit:
            kind = Kind::junit;
            spelled = "--junit";
            break;
        case FlagId::hdr:
            kind = Kind::hdr;
            spelled = "--hdr";
            break;
        case FlagId::samples:
            kind = Kind::csv;
            spelled = "--samples";
            break;
        default:
            return false;
    }
    std::erase_if(asked, [&](const auto& file) { return file.kind == kind; });
    if (flag.negated) return true;
    if (flag.value.empty())
        error = std::string(spelled) + " takes the name of a file, or - for standard output";
    else
        asked.push_back({kind, flag.value, ""});
    return true;
}

std::vector<SourceError> find_outputs(const scenario::Scenario& scenario, const run::Options& options,
                                      const std::vector<OutputFile>& asked, Outputs& out) {
    std::vector<SourceError> errors;
    scenario::Variables variables;
    (void)scenario::resolve_variables(scenario, options.env, options.overrides, variables);
    std::vector<std::string> servers;
    for (const auto& s : scenario.servers)
        if (options.servers.empty() || std::ranges::find(options.servers, s.name) != options.servers.end())
            servers.push_back(s.name);
    if (servers.empty()) servers.emplace_back("target");
    const auto add = [&](OutputFile file, SourcePos pos) {
        const auto complain = [&](const std::string& why) {
            errors.push_back(scenario::error_at(
                scenario, pos, std::string(name_of(file.kind)) + " cannot be written to `" + file.path + "`: " + why));
        };
        if (const auto why = unwritable(file.path); !why.empty()) complain(why);
        const auto same = std::ranges::find(out.files, file.path, &OutputFile::path);
        if (same != out.files.end() && (same->kind != file.kind || same->server != file.server))
            complain("another output goes there already");
        out.files.push_back(std::move(file));
    };
    out.console = scenario.outputs.empty();
    for (const auto& output : scenario.outputs) {
        if (output.kind == Kind::console || output.kind == Kind::github) {
            (output.kind == Kind::console ? out.console : out.github) = true;
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
        for (std::size_t i = 0; i < (each ? paths.size() : 1); ++i)
            add({output.kind, paths[i], each ? servers[i] : ""}, output.path.pos);
    }
    for (const auto& file : asked) add(file, {});
    return errors;
}

bool open_samples(const Call& call, const Outputs& outputs, SampleFiles& samples) {
    for (const auto& file : outputs.files) {
        if (file.kind != Kind::csv) continue;
        if (const auto why = samples.open(file.path, file.server); !why.empty()) {
            print_error(call.program,
                        std::string(name_of(file.kind)) + " cannot be written to " + escape_for_terminal(file.path) + ": " + why);
            return false;
        }
    }
    return true;
}

int write_outputs(const Call& call, const scenario::Scenario& scenario, report::RunResult result, const Outputs& outputs,
                  SampleFiles& samples, const scenario::Variables::Scope& env, bool quiet) {
    int code = exit_of(result);
    const auto failed_to_write = [&](const std::string& what, const std::string& why) {
        print_error(call.program, what + ": " + why);
        if (code == measure_exit::ok) code = measure_exit::failed;
    };

    // The result goes first to where it was asked for: a full terminal is worth less than a file. A file that is not whole makes a run fail: those
    // that tell of it come behind the others, the result last.
    const bool stdout_is_taken = std::ranges::find(outputs.files, "-", &OutputFile::path) != outputs.files.end();
    const auto not_whole = [&](const std::string& path, const std::string& why) {
        print_error(call.program, place(path) + ": " + why);
        result.unwritten.push_back((path == "-" ? "standard output" : path) + ": " + why);
        result.verdict = std::max(result.verdict, report::Verdict::fail);
        code = exit_of(result);
    };
    for (const auto& failure : samples.finish()) {
        not_whole(failure.path, failure.why);
        result.samples_missing += failure.missing;
    }
    for (const auto kind : {Kind::hdr, Kind::junit, Kind::json})
        for (const auto& file : outputs.files) {
            if (file.kind != kind) continue;
            const auto why = write_one(file.server.empty() ? result : part_of(scenario, result, file.server), file);
            if (!why.empty()) not_whole(file.path, why);
        }

    const bool in_actions = !value_of(env, "GITHUB_ACTIONS").empty();
    const auto summary_file = value_of(env, "GITHUB_STEP_SUMMARY");
    if ((in_actions || outputs.github) && !summary_file.empty()) write_summary(call, result, summary_file);

    const auto print = [&](const std::string& text, FILE* to) {
        if (std::fputs((in_actions ? without_commands(text) : text).c_str(), to) < 0 || std::fflush(to) != 0)
            failed_to_write("the report cannot be written", std::strerror(errno));
    };
    FILE* to = stdout_is_taken ? stderr : stdout;
    if (outputs.console && !quiet) {
        report::TextOptions options;
        options.colour = call.terminal.stdout_is_terminal && call.terminal.colours && !stdout_is_taken;
        // What is told of calls is sentences, which a narrow terminal would break within words; tables are better off broken than cut.
        winsize size{};
        if (outputs.summary == Outputs::Summary::calls && ::ioctl(::fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
            options.width = std::min<int>(options.width, size.ws_col);
        print(outputs.summary == Outputs::Summary::load    ? report::to_load_summary(result, options)
              : outputs.summary == Outputs::Summary::calls ? report::to_call_summary(result, options)
                                                           : report::to_text(result, options),
              to);
    } else if (code != measure_exit::ok) {
        if (const auto text = what_did_not_pass(call.program, result); !text.empty()) print(text, stderr);
    }
    // The runner reads both streams, so that a result on standard output stays what it is.
    if (in_actions && (std::fputs(report::to_github_annotations(result).c_str(), to) < 0 || std::fflush(to) != 0))
        failed_to_write("the annotations cannot be written", std::strerror(errno));
    return code;
}

}  // namespace volley::cli
