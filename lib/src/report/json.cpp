// The result file.
#include <optional>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <volley/metrics/steady_state.hpp>
#include <volley/report/result.hpp>

#include "report/figures.hpp"
#include "report/json_parts.hpp"
#include "report/json_probes.hpp"
#include "report/media_json.hpp"

namespace volley::report {
namespace json = boost::json;

namespace {

json::object generator_object(const GeneratorFigures& g) {
    return {{"transport", g.transport},     {"threads", g.threads},
            {"cpu", to_seconds(g.cpu)},     {"timer_overshoot", distribution(g.timer_overshoot)},
            {"connections", g.connections}, {"busy", g.busy}};
}

/// What the sample of response times says of each percentile. An end of an interval that the sample does not bound is absent.
json::object intervals_object(const PhaseResult& p) {
    json::object out{{"confidence", shown_confidence}};
    for (const auto& [name, q] : shown_percentiles) {
        const auto percentile = response_percentile(p, q);
        json::object one{{"n_eff", percentile.n_eff}, {"needed", percentile.needed}};
        if (percentile.interval.low) one["low"] = to_seconds(*percentile.interval.low);
        if (percentile.interval.high) one["high"] = to_seconds(*percentile.interval.high);
        out[name] = std::move(one);
    }
    return out;
}

json::array series_array(const PhaseResult& p) {
    const auto& series = p.tally->series;
    json::array out;
    for (std::size_t i = 0; i < series.size(); ++i) {
        const auto& slice = series[i];
        const double length = to_seconds(slice_length(p, i));
        json::object one{{"start", to_seconds(series.width() * static_cast<std::int64_t>(i))},
                         {"length", length},
                         {"started", slice.started},
                         {"done", slice.done},
                         {"wrong", slice.wrong},
                         {"missed", slice.missed},
                         {"saturated", slice.saturated},
                         {"in_flight_max", slice.in_flight_max},
                         {"rate", static_cast<double>(slice.done) / length}};
        if (!slice.response.empty()) {
            one["p50"] = to_seconds(slice_quantile(p, slice, 0.50));
            one["p99"] = to_seconds(slice_quantile(p, slice, 0.99));
        }
        out.push_back(std::move(one));
    }
    return out;
}

json::object burst_object(const metrics::BurstFigures& b) {
    json::object out{{"n", b.n}, {"repeats", b.repeats}, {"complete", b.complete}};
    if (!b.complete) return out;
    out["makespan"] = to_seconds(b.makespan);
    out["own_lag"] = to_seconds(b.own_lag);
    if (b.solo <= Duration::zero()) return out;
    out["solo"] = to_seconds(b.solo);
    out["ratio"] = b.ratio;
    out["overlap"] = b.overlap;
    if (b.serial_fraction) out["serial_fraction"] = *b.serial_fraction;
    json::array groups;
    for (const auto n : b.groups) groups.emplace_back(n);
    out["groups"] = std::move(groups);
    return out;
}

/// A distribution without times says by its count that no call came so far.
/// @param round_trips  of the pings.
json::object calls_object(const metrics::CallTally& c, const metrics::Histogram& round_trips) {
    json::object times;
    for (std::size_t i = 0; i < metrics::call_times; ++i) {
        const auto time = static_cast<metrics::CallTime>(i);
        times[metrics::to_string(time)] = distribution(c.time(time));
    }
    times["dc_rtt"] = distribution(round_trips, c.lost);
    json::object errors;
    for (const auto& [kind, n] : c.errors) errors[kind] = n;
    json::array stages;
    for (std::size_t i = 0; i < metrics::call_stages; ++i)
        stages.push_back(json::object{{"stage", metrics::to_string(static_cast<metrics::CallStage>(i))},
                                      {"took", distribution(c.stages[i].took)},
                                      {"at", distribution(c.stages[i].at)}});
    json::object out{{"calls", c.calls},
                     {"planned", c.planned},
                     {"missed", c.missed},
                     {"saturated", c.saturated},
                     {"set_up", c.set_up},
                     {"failed", c.failed},
                     {"errors_by_kind", std::move(errors)},
                     {"metrics", std::move(times)},
                     {"stages", std::move(stages)},
                     {"setup_time", distribution(c.setup())},
                     {"from_start_time", distribution(c.from_start)},
                     {"start_lag", distribution(c.start_lag)},
                     {"sent", c.sent},
                     {"answered", c.answered},
                     {"lost", c.lost},
                     {"under_way", c.under_way},
                     {"under_way_longest", to_seconds(c.under_way_longest)},
                     {"late", c.late},
                     {"repeated", c.repeated},
                     {"out_of_order", c.out_of_order},
                     {"strange", c.strange},
                     {"bytes_out", c.bytes_out},
                     {"bytes_in", c.bytes_in}};
    if (c.media) out["media"] = media_object(*c.media);
    return out;
}

/// Instants as seconds from the planned start of the first sample of its burst; absent when not reached.
json::array samples_array(const std::vector<metrics::Sample>& samples) {
    json::array out;
    for (const auto& s : samples) {
        json::object sample{{"outcome", metrics::to_string(s.outcome)},
                            {"right", s.right},
                            {"status", s.status},
                            {"bytes", s.bytes},
                            {"connection", s.connection}};
        const auto instant = [&](const char* name, TimePoint at) {
            if (at != TimePoint{}) sample[name] = to_seconds(at - s.planned);
        };
        if (s.repeated) sample["repeated"] = true;
        instant("started", s.started);
        instant("connected", s.connected);
        instant("sent", s.sent);
        instant("first_byte", s.first_byte);
        instant("done", s.done);
        out.push_back(std::move(sample));
    }
    return out;
}

json::array checks_array(const std::vector<CheckResult>& checks) {
    json::array out;
    for (const auto& c : checks) {
        json::object one{{"step", escape_for_terminal(c.step)},
                         {"check", escape_for_terminal(c.source)},
                         {"verdict", to_string(c.verdict)},
                         {"held", c.held},
                         {"failed", c.failed}};
        if (c.pos.line > 0) one["line"] = c.pos.line;
        if (!c.message.empty()) one["message"] = escape_for_terminal(c.message);
        out.push_back(std::move(one));
    }
    return out;
}

/// Nothing where it is unknown.
std::optional<json::object> steady_object(const PhaseResult& p) {
    const auto state = steadiness(p);
    if (state.state == metrics::SteadyState::State::unknown) return std::nullopt;
    return json::object{{"steady", state.state == metrics::SteadyState::State::steady},
                        {"transient", to_seconds(p.tally->series.width()) * static_cast<double>(state.cut)},
                        {"drift", state.drift / 100},
                        {"p", state.p}};
}

json::object phase_object(const PhaseResult& p) {
    static constexpr const char* kinds[] = {"burst", "users", "rate", "calls"};
    json::object errors;
    for (const auto& [kind, n] : p.tally->errors) errors[kind] = n;
    if (p.saturated > 0) errors["saturated"] = p.saturated;
    json::object statuses;
    for (const auto& [status, n] : p.tally->statuses) statuses[std::to_string(status)] = n;
    json::object classes;
    for (const auto& [first, n] : status_classes(*p.tally)) classes[std::to_string(first) + "xx"] = n;
    const std::uint64_t lost = p.calls ? p.calls->lost : 0;
    json::object out{{"name", p.phase},
                     {"scenario", p.scenario},
                     {"kind", kinds[static_cast<int>(p.kind)]},
                     {"warmup", p.warmup},
                     {"interrupted", p.interrupted},
                     {"began", to_seconds(p.began)},
                     {"elapsed", to_seconds(p.elapsed)},
                     {"loaded", to_seconds(loaded_time(p))},
                     {"missed", p.missed},
                     {"saturated", p.saturated},
                     {"requests", p.tally->requests},
                     {"right", p.tally->right},
                     {"retried", p.tally->retried},
                     {"errors", p.errors()},
                     {"errors_by_kind", std::move(errors)},
                     {"statuses", std::move(statuses)},
                     {"status_classes", std::move(classes)},
                     {"bytes", p.tally->bytes},
                     {"response_time", distribution(p.tally->response, lost)},
                     {"from_start_time", distribution(p.tally->from_start, lost)},
                     {"service_time", distribution(p.tally->service, lost)},
                     {"first_byte_time", distribution(p.tally->first_byte)},
                     {"resolve_time", distribution(p.tally->resolve)},
                     {"connect_time", distribution(p.tally->connect)},
                     {"tls_time", distribution(p.tally->tls)},
                     {"start_lag", distribution(p.tally->start_lag)}};
    if (p.planned > 0) out["planned"] = p.planned;
    if (!p.load.empty()) out["load"] = escape_for_terminal(p.load);
    if (p.kind != PhaseKind::burst && !p.tally->response.empty()) out["response_intervals"] = intervals_object(p);
    if (!p.tally->series.empty()) out["series"] = series_array(p);
    if (!p.inconclusive.empty()) out["inconclusive"] = escape_for_terminal(p.inconclusive);
    if (p.climbs) out["climbs"] = true;
    if (!p.aborted.empty()) out["aborted"] = escape_for_terminal(p.aborted);
    if (p.extensions > 0) out["extensions"] = p.extensions;
    if (auto steady = steady_object(p)) out["steady_state"] = std::move(*steady);
    json::array examples;
    for (const auto& e : p.wrong_examples) examples.emplace_back(escape_for_terminal(e));
    if (!examples.empty()) out["wrong_examples"] = std::move(examples);
    if (!p.warmup && !p.checks.empty()) out["checks"] = checks_array(p.checks);
    if (p.burst) out["burst"] = burst_object(*p.burst);
    if (p.calls) out["calls"] = calls_object(*p.calls, p.tally->response);
    if (p.resources)
        out["resources"] = json::object{{"processes", p.resources->max_processes},
                                        {"threads", p.resources->max_threads},
                                        {"descriptors", p.resources->max_descriptors},
                                        {"rss_bytes", p.resources->max_rss_bytes},
                                        {"cpu", to_seconds(p.resources->cpu)}};
    if (!p.generator.transport.empty()) out["generator"] = generator_object(p.generator);
    if (!p.samples.empty()) out["samples"] = samples_array(p.samples);
    return out;
}

json::object server_object(const ServerResult& s) {
    json::object out{{"name", escape_for_terminal(s.name)},
                     {"description", escape_for_terminal(s.description)},
                     {"state", to_string(s.state)}};
    if (!s.message.empty()) out["message"] = escape_for_terminal(s.message);
    if (!s.log_tail.empty()) {
        json::array lines;
        for (const auto& line : s.log_tail) lines.emplace_back(escape_for_terminal(line));
        out["log_tail"] = std::move(lines);
    }
    if (!s.probes.empty()) out["probes"] = probes_array(s.probes);
    json::array phases;
    for (const auto& p : s.phases) phases.push_back(phase_object(p));
    out["phases"] = std::move(phases);
    return out;
}

}  // namespace

std::string to_json(const RunResult& r) {
    json::object out{{"schema", "volley/result/1"},
                     {"verdict", to_string(r.verdict)},
                     {"requests", r.requests()},
                     {"errors", r.errors()},
                     {"name", escape_for_terminal(r.name)},
                     {"file", escape_for_terminal(r.file)},  // a path is bytes, JSON is UTF-8
                     {"version", r.version},
                     {"started_at", r.started_at},
                     {"elapsed", to_seconds(r.elapsed)},
                     {"seed", r.seed},
                     {"interrupted", r.signal != 0 || r.verdict == Verdict::interrupted}};
    if (r.samples_missing > 0) out["samples_missing"] = r.samples_missing;
    if (!r.unwritten.empty()) {
        json::array files;
        for (const auto& file : r.unwritten) files.emplace_back(escape_for_terminal(file));
        out["unwritten"] = std::move(files);
    }
    if (!r.ended_early.empty()) out["ended_early"] = escape_for_terminal(r.ended_early);
    json::array thresholds;
    for (const auto& t : r.thresholds) {
        json::object one{{"threshold", escape_for_terminal(t.source)},
                         {"server", t.server},
                         {"phase", t.phase},
                         {"verdict", to_string(t.verdict)}};
        if (t.unsure) one["unsure"] = true;
        if (t.pos.line > 0 && !r.file.empty()) one["line"] = t.pos.line;  // one of the command line stands in no file
        if (!t.measured.empty()) one["measured"] = t.measured;
        if (!t.message.empty()) one["message"] = escape_for_terminal(t.message);
        thresholds.push_back(std::move(one));
    }
    out["thresholds"] = std::move(thresholds);
    json::array servers;
    for (const auto& s : r.servers) servers.push_back(server_object(s));
    out["servers"] = std::move(servers);
    return json::serialize(out) + '\n';
}

}  // namespace volley::report
