// volley verify: is an endpoint really asynchronous?
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

#include <volley/report/verdict.hpp>
#include <volley/verdict/json.hpp>
#include <volley/verify.hpp>

#include "build_request.hpp"
#include "exit_code.hpp"
#include "live_line.hpp"
#include "options.hpp"
#include "out_file.hpp"
#include "raw_args.hpp"
#include "self_test.hpp"
#include "sending.hpp"
#include "until_done.hpp"
#include "verbs.hpp"
#include "verify_line.hpp"
#include "verify_options.hpp"

namespace volley::cli {
namespace {

client::DirectRequest request_of(const RequestOptions& options, const BuiltRequest& built, Duration limit) {
    client::DirectRequest out;
    out.name = built.request.method + ' ' + built.url.origin() + built.url.path;
    out.target = target_of(options, built.url);
    out.request = built.request;
    out.curl = curl_options_of(options, built);
    out.timeout = options.max_time > Duration::zero() ? std::min(options.max_time, limit) : limit;
    return out;
}

int exit_of(const verify::Result& result, const std::vector<verdict::Tested>& outcomes, int signal) {
    if (signal != 0) return exit_of_signal(signal);
    if (!result.unreachable.empty()) return measure_exit::no_target;
    if (outcomes.empty())
        return result.record.headline == verdict::Headline::inconclusive ? measure_exit::inconclusive : measure_exit::ok;
    int code = measure_exit::ok;
    for (const auto& outcome : outcomes) {
        if (outcome.met == verdict::Met::no) return measure_exit::failed;
        if (outcome.met == verdict::Met::unknown) code = measure_exit::inconclusive;
    }
    return code;
}

std::string outcomes_text(const std::vector<verdict::Tested>& outcomes) {
    std::string out;
    for (const auto& outcome : outcomes) {
        const char* word = outcome.met == verdict::Met::yes ? "met" : outcome.met == verdict::Met::no ? "NOT MET" : "unknown";
        out += std::string("  ") + word + "  " + escape_for_terminal(outcome.words) + '\n';
    }
    return out.empty() ? out : "\nexpected\n" + out;
}

/// Writes file and report, and says by the exit code what came of it.
int conclude(const Call& call, const VerifyOptions& asked, const verify::Result& result, int signal) {
    std::vector<verdict::Tested> outcomes;
    if (result.unreachable.empty())
        for (const auto& expected : asked.expectations) outcomes.push_back(verdict::test(expected, result.record));
    int code = exit_of(result, outcomes, signal);
    if (!asked.output.empty()) {
        OutFile out(asked.output);
        out.write(verdict::to_json(result.seen, result.record) + '\n');
        if (const auto& why = out.close(); !why.empty()) {
            print_error(call.program, escape_for_terminal(asked.output) + ": " + why);
            if (code == measure_exit::ok) code = measure_exit::failed;
        }
    }
    if (!result.unreachable.empty()) {
        print_error(call.program, result.unreachable);
        return code;
    }
    const bool stdout_is_taken = asked.output == "-";
    report::TextOptions options;
    options.colour = call.terminal.stdout_is_terminal && call.terminal.colours && !stdout_is_taken;
    std::string text;
    if (!asked.quiet)
        text = report::verdict_text(result.seen, result.record, options) + report::answers_text(result.answers, options) +
               outcomes_text(outcomes);
    else if (code != measure_exit::ok)
        text = report::verdict_line(result.record) + '\n' + outcomes_text(outcomes);
    if (signal != 0) text += "\ninterrupted: this is what was seen until then\n";
    FILE* to = stdout_is_taken || asked.quiet ? stderr : stdout;
    if (std::fputs(text.c_str(), to) < 0 || std::fflush(to) != 0) {
        print_error(call.program, std::string("the report cannot be written: ") + std::strerror(errno));
        if (code == measure_exit::ok) code = measure_exit::failed;
    }
    return code;
}

int replay(const Call& call, const VerifyOptions& asked) {
    const auto file = read_file(asked.replay);
    if (!file.ok) {
        print_error(call.program, escape_for_terminal(asked.replay) + ": " + file.text);
        return measure_exit::usage;
    }
    auto read = verdict::from_json(file.text);
    if (const auto* error = std::get_if<std::string>(&read)) {
        print_error(call.program, escape_for_terminal(asked.replay) + ": " + escape_for_terminal(*error) +
                                      "; it takes what `volley verify -o FILE` has written");
        return measure_exit::usage;
    }
    verify::Result result;
    result.seen = std::move(std::get<verdict::Recorded>(read).seen);
    result.record = verdict::judge(result.seen);
    result.answers = verdict::judge_questions(result.seen, result.record);
    return conclude(call, asked, result, 0);
}

}  // namespace

int cmd_verify(const Call& call) {
    const auto fail = [&](const std::string& text) {
        print_error(call.program, text);
        return measure_exit::usage;
    };
    const auto raw = parse_args(Verb::verify, call.args);
    VerifyOptions asked;
    asked.options.seed = std::random_device{}();
    if (auto error = read_verify_options(raw, asked)) return fail(*error);
    if (!asked.output.empty()) {
        if (const auto why = unwritable(asked.output); !why.empty())
            return fail("-o: " + escape_for_terminal(asked.output) + " cannot be written: " + why);
    }
    if (asked.self_test && (!asked.replay.empty() || !asked.output.empty() || !asked.expectations.empty()))
        return fail("--self-test holds our own servers against what they are: --replay, -o and --expect do not go with it");
    if (!asked.replay.empty()) {
        if (!raw.positionals.empty()) return fail("--replay judges a file: no URL goes with it");
        return replay(call, asked);
    }
    if (asked.self_test) return self_test(call, asked, raw.positionals);
    RequestOptions request;
    if (auto error = read_request_options(raw, "", call.program, call.terminal, request))
        return fail(*error + "\nusage: " + call.program.name +
                    " verify [METHOD] URL [ITEM...] [FLAG...]; more: " + call.program.name + " verify --help");
    BuiltRequest built;
    if (auto wrong = build_request(request, read_file, built)) return fail(*wrong);
    if (asked.options.pid != 0)
        if (const auto trouble = verify::pid_trouble(asked.options.pid); !trouble.empty())
            return fail("--pid " + std::to_string(asked.options.pid) + ": " + trouble);
    net::raise_descriptor_limit();
    LiveLine line(call.terminal, asked.quiet);
    auto ended = until_done(verify::run(request_of(request, built, asked.options.time), asked.options,
                                        [&](const verify::Progress& p) { line.show(line_of(p)); }),
                            line);
    return conclude(call, asked, ended.value, ended.signal);
}

}  // namespace volley::cli
