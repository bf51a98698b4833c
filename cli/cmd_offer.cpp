// volley offer: WebRTC calls to a server.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <volley/call/offer.hpp>
#include <volley/iso_time.hpp>
#include <volley/run/offer.hpp>
#include <volley/run/run.hpp>

#include "build_request.hpp"
#include "exit_code.hpp"
#include "flags.hpp"
#include "json.hpp"
#include "live_line.hpp"
#include "measure.hpp"
#include "media_options.hpp"
#include "offer_options.hpp"
#include "options.hpp"
#include "outputs.hpp"
#include "raw_args.hpp"
#include "sending.hpp"
#include "until_done.hpp"
#include "verbs.hpp"

namespace volley::cli {
namespace {

constexpr auto default_limit = std::chrono::seconds(30);  // of one HTTP exchange
constexpr std::size_t most_lines_shown = 2000;            // of a description
constexpr std::size_t longest_line_shown = 500;

client::DirectRequest request_of(const RequestOptions& options, const BuiltRequest& built) {
    client::DirectRequest out;
    out.name = "POST " + built.url.authority() + built.url.path;
    out.target = target_of(options, built.url);
    out.request = built.request;
    out.curl = curl_options_of(options, built);
    out.timeout = options.max_time > Duration::zero() ? options.max_time : Duration(default_limit);
    return out;
}

/// One line of the peer's, safe and not longer than a person reads.
std::string shown(std::string_view line) {
    const bool cut = line.size() > longest_line_shown;
    std::string out = escape_for_terminal(line.substr(0, longest_line_shown)) + (cut ? "..." : "");
    for (char& c : out)
        if (c == '\n' || c == '\t') c = ' ';
    return out;
}

/// A description with a mark before each line, so that none can pose as a line of ours.
std::string marked(std::string_view sdp, const char* mark) {
    std::string out;
    for (std::size_t lines = 0; !sdp.empty(); ++lines) {
        if (lines == most_lines_shown) return out + mark + "... and more\n";
        const auto end = std::min(sdp.find('\n'), sdp.size());
        auto line = sdp.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        out += mark + shown(line) + '\n';
        sdp.remove_prefix(std::min(end + 1, sdp.size()));
    }
    return out;
}

/// Prints what goes on while it does.
class Teller {
public:
    Teller(const OfferOptions& options, FILE* to, LiveLine& line)
        : options_(options), to_(to), line_(line), one_call_(options.plan.calls == 1) {}

    void listen(call::OfferObserver& observer) {
        if (options_.verbose && !options_.quiet) observer.details = [this](const call::CallDetails& d) { details(d); };
        if (one_call_ && !options_.quiet) observer.ping = [this](std::size_t, const call::PingSeen& p) { ping(p); };
        observer.preparing = [this](const call::OfferPreparing& p) { preparing(p); };
        if (!one_call_) observer.progress = [this](const call::OfferProgress& p) { progress(p); };
    }

private:
    void print(const std::string& text) {
        line_.clear();
        std::fputs(text.c_str(), to_);
        std::fflush(to_);
    }
    void details(const call::CallDetails& d) {
        std::string out = "signalling  " + std::string(call::to_string(options_.plan.signal)) +
                          (options_.signal ? "" : ", as the path of the URL says or by default") + '\n';
        out += marked(d.offer, "> ");
        if (!d.answer.empty()) out += '\n' + marked(d.answer, "< ");
        out += '\n';
        const auto row = [&](const char* label, const std::string& text) {
            if (!text.empty()) out += fmt::format("{:<12}{}\n", label, shown(text));
        };
        row("session", d.resource);
        for (const auto& server : d.ice_servers) row("ice server", server + " (advised by the server; see --stun and --turn)");
        row("path", d.path);
        row("cipher", d.cipher);
        for (const auto& note : d.notes) row("note", note);
        row("failure", d.failure);
        print(out + '\n');
    }
    void ping(const call::PingSeen& p) {
        if (p.answered)
            print(fmt::format("pong {}: {}{}\n", p.sequence, format_duration(p.sample.response_time()),
                              p.out_of_order ? " (overtaken)" : ""));
        else
            print(fmt::format("lost {}: not back after {}\n", p.sequence, format_duration(p.sample.done - p.sample.sent)));
    }
    void preparing(const call::OfferPreparing& p) {
        std::string text = "making what is sent";
        if (p.frames > 0) text += fmt::format(": {} frames encoded", p.frames);
        if (p.frames > 0 && p.all > 0) text = fmt::format("making what is sent: {} of {} frames encoded", p.frames, p.all);
        line_.show(text + "  " + format_duration(p.elapsed));
    }
    void progress(const call::OfferProgress& p) {
        std::string text = fmt::format("{}/{} calls  {} open", p.begun, p.planned, p.open);
        if (p.failed > 0) text += fmt::format("  {} failed", p.failed);
        text += fmt::format("  {} pongs", p.answered);
        if (p.lost > 0) text += fmt::format("  {} lost", p.lost);
        if (p.p99 > Duration::zero()) text += "  p50 " + format_duration(p.p50) + "  p99 " + format_duration(p.p99);
        line_.show(text + "  " + format_duration(p.elapsed));
    }

    const OfferOptions& options_;
    FILE* to_;
    LiveLine& line_;
    bool one_call_;
};

/// That a field of the offer asks for another transform than --video does, which goes along as the same field.
std::optional<std::string> check_transform(const OfferOptions& asked, const BuiltRequest& built) {
    const auto& video = asked.plan.video;
    if (!video || video->transform.empty() || built.request.body.empty()) return {};
    auto body = parse_json(built.request.body);
    auto* const object = std::get_if<Json>(&body);
    const Json* const field = object != nullptr ? object->find("video_transform") : nullptr;
    if (field == nullptr || (field->kind == Json::Kind::string && field->text == video->transform)) return {};
    return "`video_transform` is " +
           (field->kind == Json::Kind::string ? '`' + escape_for_terminal(field->text) + '`' : "no text") +
           ", and the transform of --video is `" + escape_for_terminal(video->transform) +
           "`: remove the field, --video goes along as `video_transform`";
}

/// That a transform is none of those that volley serve has. It may be the server's own: only the server can refuse it, and what is sent is made
/// before that, which takes a while.
std::optional<std::string> unknown_transform(const call::OfferPlan& plan) {
    if (!plan.video || plan.video->transform.empty() || plan.signal != call::Signal::json) return {};
    const auto usual = call::usual_transforms();
    const std::vector<std::string> known(usual.begin(), usual.end());
    const auto& asked = plan.video->transform;
    if (std::ranges::find(known, asked) != known.end()) return {};
    const auto near = nearest(asked, known);
    return fmt::format("--video {}: the transforms {} and {} are known; the server has to have one of this name{}",
                       escape_for_terminal(asked), fmt::join(usual.first(usual.size() - 1), ", "), usual.back(),
                       near ? " (did you mean " + *near + "?)" : std::string());
}

/// What goes along with an offer of JSON: an object, and none of the members that are the offer itself.
std::optional<std::string> check_fields(const BuiltRequest& built) {
    if (built.request.body.empty()) return {};
    auto body = parse_json(built.request.body);
    auto* const object = std::get_if<Json>(&body);
    if (object == nullptr || object->kind != Json::Kind::object)
        return "what goes along with an offer must be a JSON object: give fields, name=value";
    for (const char* name : {"sdp", "type"})
        if (object->find(name) != nullptr)
            return std::string("the field `") + name + "` is written by the offer itself: leave it out";
    return {};
}

/// What of signalling does not fit together.
std::optional<std::string> check_signal(const OfferOptions& asked, const BuiltRequest& built) {
    if (asked.plan.signal == call::Signal::json) {
        if (asked.plan.trickle)
            return "--trickle needs a session that candidates can be sent to: it goes with --signal whip or whep";
        if (auto wrong = check_fields(built)) return wrong;
        return check_transform(asked, built);
    }
    const std::string name(call::to_string(asked.plan.signal));
    const auto& video = asked.plan.video;
    if (video && !video->transform.empty() && video->transform != "none")
        return "--video " + escape_for_terminal(video->transform) + ": an offer of " + name +
               " has no place for a transform: write --video none, or add --signal json";
    if (asked.plan.plays() && !asked.of_sending.empty())
        return asked.of_sending + " is about what is sent, and who plays (" + name + ") sends nothing: leave it away";
    if (!built.request.body.empty())
        return "--signal " + name +
               " posts the description alone: fields do not go with it, headers (Name:value) and the query (name==value) do";
    return {};
}

std::vector<std::string> secrets_of(const call::OfferPlan& plan) {
    std::vector<std::string> out;
    for (const auto& server : plan.turn)
        if (!server.password.empty()) out.push_back(server.password);
    return out;
}

}  // namespace

int cmd_offer(const Call& call) {
    const auto fail = [&](const std::string& text) {
        print_error(call.program, text);
        return measure_exit::usage;
    };
    const auto raw = parse_args(Verb::offer, call.args);
    RequestOptions request;
    OfferOptions asked;
    auto error = read_request_options(raw, "POST", call.program, call.terminal, request);
    if (!error) error = read_offer_options(raw, call.terminal.stdout_is_terminal, asked);
    if (error)
        return fail(*error + "\nusage: " + call.program.name + " offer URL [ITEM...] [FLAG...]; more: " + call.program.name +
                    " offer --help");
    request.json_wanted = true;
    BuiltRequest built;
    if (auto wrong = build_request(request, read_file, built)) return fail(*wrong);
    auto& plan = asked.plan;
    plan.request = request_of(request, built);
    plan.signal = asked.signal.value_or(call::signal_of_path(built.url.path).value_or(call::Signal::json));
    if (auto wrong = check_signal(asked, built)) return fail(*wrong);
    if (auto wrong = check_files(plan)) return fail(*wrong);
    if (const auto words = unknown_transform(plan); words && !asked.quiet) print_warning(call.program, *words);

    auto scenario = run::scenario_of_calls(plan.request.name, built.url.origin(), plan);
    if (!add_expectations(asked.expectations, scenario)) return measure_exit::usage;
    run::Options options;
    options.env = environment();
    Outputs outputs;
    const auto errors = find_outputs(scenario, options, asked.outputs, outputs);
    outputs.summary = Outputs::Summary::calls;
    for (const auto& e : errors) print_error(call.program, e.text + (e.hint.empty() ? "" : " (" + e.hint + ')'));
    SampleFiles samples;
    if (!errors.empty() || !open_samples(call, outputs, samples)) return measure_exit::usage;

    LiveLine line(call.terminal, asked.quiet);
    const bool stdout_is_taken = std::ranges::find(asked.outputs, "-", &OutputFile::path) != asked.outputs.end();
    Teller teller(asked, stdout_is_taken ? stderr : stdout, line);
    call::OfferObserver observer;
    teller.listen(observer);
    run::Observer sampling;
    samples.start(sampling);
    if (sampling.phase_began) {
        observer.began = [&](TimePoint began) { sampling.phase_began("target", scenario.phases.front().name, began); };
        observer.ping = [&, next = std::move(observer.ping)](std::size_t index, const call::PingSeen& seen) {
            sampling.sample(seen.sample);
            if (next) next(index, seen);
        };
        observer.failed = [&](std::size_t, const std::string&, const metrics::Sample& sample) { sampling.sample(sample); };
    }
    const auto started_at = iso_time(std::chrono::system_clock::now());
    auto ended = until_done(call::offer(plan, std::move(observer)), line);
    if (ended.value.wrong_source) return fail(escape_for_terminal(ended.value.never_worked));
    auto result = run::result_of(scenario, plan, ended.value);
    result.started_at = started_at;
    result.signal = ended.signal;
    result.unwritten = ended.value.unwritten;
    report::mask_secrets(result, secrets_of(plan));
    run::judge(scenario, result);
    const int code = write_outputs(call, scenario, std::move(result), outputs, samples, options.env, asked.quiet);
    for (const auto& file : ended.value.unwritten) print_error(call.program, escape_for_terminal(file));
    return code;
}

}  // namespace volley::cli
