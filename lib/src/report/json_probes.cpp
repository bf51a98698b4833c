#include "report/json_probes.hpp"

#include <boost/json/object.hpp>

namespace volley::report {
namespace json = boost::json;

namespace {

json::array texts(const std::vector<std::string>& lines) {
    json::array out;
    for (const auto& line : lines) out.emplace_back(escape_for_terminal(line));
    return out;
}

json::object record_object(const verdict::Record& r) {
    json::object out{{"headline", to_string(r.headline)},
                     {"confidence", to_string(r.confidence)},
                     {"shape", to_string(r.shape)},
                     {"mechanism", to_string(r.mechanism)},
                     {"words", escape_for_terminal(r.words)},
                     {"loop_blocked", r.loop_blocked},
                     {"cpu_bound", r.cpu_bound},
                     {"backlog_small", r.backlog_small},
                     {"unstable", r.unstable}};
    if (r.workers) {
        out["workers"] = *r.workers;
        out["workers_at_least"] = r.workers_at_least;
        if (r.workers_most) out["workers_most"] = *r.workers_most;
    }
    if (r.refuses_above) out["refuses_above"] = *r.refuses_above;
    if (r.paced_at) out["paced_at"] = *r.paced_at;
    if (r.blocked_for > Duration::zero()) out["blocked_for"] = to_seconds(r.blocked_for);
    if (r.service > Duration::zero()) out["service"] = to_seconds(r.service);
    if (r.n > 0) out["n"] = r.n;
    if (r.makespan > Duration::zero()) out["makespan"] = to_seconds(r.makespan);
    if (r.ratio > 0) out["ratio"] = r.ratio;
    if (r.serial_fraction) out["serial_fraction"] = *r.serial_fraction;
    if (r.stall_known) out["loop_stall"] = to_seconds(r.loop_stall);
    if (!r.cause.empty()) out["cause"] = escape_for_terminal(r.cause);
    if (!r.advice.empty()) out["advice"] = escape_for_terminal(r.advice);
    if (!r.evidence.empty()) out["evidence"] = texts(r.evidence);
    if (!r.doubts.empty()) out["doubts"] = texts(r.doubts);
    return out;
}

json::object answer_object(const verdict::Answer& a) {
    json::object out{{"question", to_string(a.question)}, {"reply", to_string(a.reply)}, {"words", escape_for_terminal(a.words)}};
    if (!a.advice.empty()) out["advice"] = escape_for_terminal(a.advice);
    return out;
}

json::object expectation_object(const ExpectationResult& e) {
    static constexpr const char* words[] = {"yes", "no", "unknown"};
    json::object out{{"expectation", escape_for_terminal(e.source)},
                     {"met", words[static_cast<int>(e.met)]},
                     {"words", escape_for_terminal(e.words)}};
    if (e.pos.line > 0) out["line"] = e.pos.line;
    return out;
}

json::object probe_object(const ProbeResult& p) {
    json::object out{{"name", escape_for_terminal(p.probe)}, {"scenario", p.scenario},
                     {"verdict", to_string(p.verdict)},      {"message", escape_for_terminal(p.message)},
                     {"began", to_seconds(p.began)},         {"elapsed", to_seconds(p.elapsed)},
                     {"interrupted", p.interrupted}};
    if (p.pos.line > 0) out["line"] = p.pos.line;
    if (!p.unreachable.empty()) out[p.answered ? "not_working" : "unreachable"] = escape_for_terminal(p.unreachable);
    if (p.record) out["record"] = record_object(*p.record);
    json::array answers;
    for (const auto& a : p.answers) answers.push_back(answer_object(a));
    if (!answers.empty()) out["answers"] = std::move(answers);
    json::array expectations;
    for (const auto& e : p.expectations) expectations.push_back(expectation_object(e));
    out["expectations"] = std::move(expectations);
    return out;
}

}  // namespace

json::array probes_array(const std::vector<ProbeResult>& probes) {
    json::array out;
    for (const auto& p : probes) out.push_back(probe_object(p));
    return out;
}

}  // namespace volley::report
