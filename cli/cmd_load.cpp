// volley load: one request under load, without a file.
#include <cstdio>
#include <utility>

#include <volley/run/run.hpp>
#include <volley/scenario/scenario.hpp>

#include "build_request.hpp"
#include "exit_code.hpp"
#include "live_line.hpp"
#include "load_options.hpp"
#include "measure.hpp"
#include "options.hpp"
#include "outputs.hpp"
#include "raw_args.hpp"
#include "sending.hpp"
#include "verbs.hpp"

namespace volley::cli {
namespace {

constexpr auto default_limit = std::chrono::seconds(30);  // of one exchange

/// The request as a scenario of one step, so that load without a file is run and reported as load from one.
scenario::Scenario scenario_of(const LoadOptions& load, const BuiltRequest& built) {
    scenario::Scenario out;
    // It stands in every report, and a query may hold a key.
    out.name = built.request.method + ' ' + built.url.authority() + built.url.path;
    out.config.target.emplace();
    out.config.target->text = built.url.origin();
    out.config.transport = load.transport;
    out.config.threads = load.threads;
    out.scenarios.push_back({"load", {}, {}});
    scenario::Phase phase;
    phase.name = "load";
    phase.scenario = "load";
    phase.burst = load.burst;
    phase.users = load.users;
    if (load.rate) {
        phase.rate = load.rate->first;
        if (load.rate->second.per_second != load.rate->first.per_second) phase.ramp_to = load.rate->second;
    }
    phase.arrivals = load.arrivals;
    phase.duration = load.duration;
    phase.iterations = load.requests;
    phase.max_users = load.max_users;
    if (load.warmup > Duration::zero() && !load.burst) {
        auto warmup = phase;
        warmup.name = "warmup";
        warmup.warmup = true;
        warmup.duration = load.warmup;
        warmup.iterations.reset();
        warmup.ramp_to.reset();  // at what the ramp begins with, unless that is nothing
        if (load.rate && load.rate->first.per_second == 0) warmup.rate = load.rate->second;
        out.phases.push_back(std::move(warmup));
    }
    out.phases.push_back(std::move(phase));
    return out;
}

client::DirectRequest direct_of(const RequestOptions& request, const LoadOptions& load, const BuiltRequest& built) {
    client::DirectRequest out;
    out.name = built.request.method + ' ' + built.url.path;
    out.target = target_of(request, built.url);
    out.target.keep_body = false;
    out.request = built.request;
    out.curl = curl_options_of(request, built);
    if (load.http2) out.curl.http_version = 20;
    out.curl.http2_streams = out.curl.http_version == 20;
    out.timeout = request.max_time > Duration::zero() ? request.max_time : Duration(default_limit);
    return out;
}

}  // namespace

int cmd_load(const Call& call) {
    const auto fail = [&](const std::string& text) {
        print_error(call.program, text);
        return measure_exit::usage;
    };
    const auto raw = parse_args(Verb::load, call.args);
    RequestOptions request;
    LoadOptions load;
    auto error = read_request_options(raw, "", call.program, call.terminal, request);
    if (!error) error = read_load_options(raw, load);
    if (error)
        return fail(*error + "\nusage: " + call.program.name +
                    " load [METHOD] URL [ITEM...] [FLAG...]; more: " + call.program.name + " load --help");
    BuiltRequest built;
    if (auto wrong = build_request(request, read_file, built)) return fail(*wrong);

    auto scenario = scenario_of(load, built);
    if (!add_expectations(load.expectations, scenario)) return measure_exit::usage;
    run::Options options;
    options.direct = direct_of(request, load, built);
    options.seed = load.seed;
    options.env = environment();

    auto errors = run::check(scenario, options);
    Outputs outputs;
    if (errors.empty()) errors = find_outputs(scenario, options, load.outputs, outputs);
    outputs.summary = Outputs::Summary::load;
    for (const auto& e : errors) print_error(call.program, e.text + (e.hint.empty() ? "" : " (" + e.hint + ')'));
    SampleFiles samples;
    if (!errors.empty() || !open_samples(call, outputs, samples)) return measure_exit::usage;
    LiveLine line(call.terminal, load.quiet);
    auto result = measure(scenario, options, line, samples);
    return write_outputs(call, scenario, std::move(result), outputs, samples, options.env, load.quiet);
}

}  // namespace volley::cli
