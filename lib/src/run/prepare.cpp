#include "run/prepare.hpp"

#include <algorithm>

#include <volley/http/url.hpp>

#include "scenario/pattern.hpp"

namespace volley::run {
namespace {

using scenario::Scenario;
using scenario::Step;
using scenario::Value;
using scenario::Variables;

/// A check whose value is known.
struct ReadyCheck {
    scenario::Check check;
    std::string value;
};

constexpr const char* implied_check = "status from 200 to 399";  // of a step that checks no status

engine::Slot slot_of(std::string_view request_name) {
    return request_name == scenario::request_names[0] ? engine::Slot::user : engine::Slot::iteration;
}

/// Expands values and keeps the first error, so that each caller need not.
class Expander {
public:
    Expander(const Scenario& where, const Variables& variables) : where_(where), variables_(variables), sent_(variables) {
        scenario::Variables::Scope slots;
        for (const auto name : scenario::request_names) {
            slots.emplace(name, engine::marker(slot_of(name)));
            sent_.mark_number(std::string(name));
        }
        sent_.push(std::move(slots));
    }

    /// A value that is the same for all requests.
    std::string operator()(const Value& value) { return taken(scenario::expand(value, variables_, where_)); }
    /// A value that is sent: what differs from one request to the next stands in it as a marker of the engine's.
    std::string sent(const Value& value) { return taken(scenario::expand(value, sent_, where_)); }
    std::string json(const scenario::JsonNode& node) { return taken(scenario::to_json_text(node, sent_, where_)); }
    void fail(SourceError error) {
        if (!error_) error_ = std::move(error);
    }
    void fail(SourcePos pos, std::string text, std::string hint = {}) {
        fail(scenario::error_at(where_, pos, std::move(text), std::move(hint)));
    }
    [[nodiscard]] const std::vector<std::string>& secrets() const noexcept { return variables_.secrets(); }
    [[nodiscard]] const std::optional<SourceError>& error() const noexcept { return error_; }

private:
    std::string taken(std::variant<std::string, SourceError> result) {
        if (auto* text = std::get_if<std::string>(&result)) return std::move(*text);
        fail(std::get<SourceError>(std::move(result)));
        return {};
    }

    const Scenario& where_;
    const Variables& variables_;
    Variables sent_;
    std::optional<SourceError> error_;
};

/// As the file has it, for a person: markers are ours.
std::string without_markers(std::string text) {
    for (const auto name : scenario::request_names) {
        const auto marker = engine::marker(slot_of(name));
        for (auto at = text.find(marker); at != std::string::npos; at = text.find(marker, at))
            text.replace(at, marker.size(), "{{ " + std::string(name) + " }}");
    }
    return text;
}

bool is_absolute(std::string_view url) { return url.starts_with("http://") || url.starts_with("https://"); }

std::string pairs(const std::vector<std::pair<std::string, Value>>& items, Expander& expand) {
    std::string out;
    for (const auto& [name, value] : items) {
        if (!out.empty()) out += '&';
        out += http::form_encode(name) + '=' + http::form_encode(expand.sent(value));
    }
    return out;
}

void set_body(const Step& step, Expander& expand, http::Request& request) {
    const auto set_type = [&](const char* type) {
        if (!request.headers.has("Content-Type")) request.headers.add("Content-Type", type);
    };
    if (step.json) {
        request.body = expand.json(*step.json);
        set_type("application/json");
    } else if (!step.form.empty()) {
        request.body = pairs(step.form, expand);
        set_type("application/x-www-form-urlencoded; charset=utf-8");
    } else if (step.body) {
        request.body = expand.sent(*step.body);
    }
}

/// The checks of a step, and where it is counted which of them hold.
struct Judge {
    std::vector<ReadyCheck> checks;
    bool checks_status = false;
    std::vector<std::string> secrets;
    std::shared_ptr<CheckCounts> counts;  // may be empty
    std::size_t step = 0;                 // in `counts`

    void count_failure(std::size_t check, const std::string& found) const {
        if (counts) counts->failed(step, check, found);
    }
};

engine::Judgement judge_exchange(const Judge& judge, const client::Exchange& exchange) {
    if (!judge.checks_status && (exchange.response.status < 200 || exchange.response.status >= 400)) {
        auto found = "status is " + std::to_string(exchange.response.status);
        judge.count_failure(0, found);
        return {"status", std::move(found)};
    }
    scenario::CheckInput in;
    in.status = exchange.response.status;
    in.body = exchange.response.body;
    in.headers = &exchange.response.headers.fields();
    in.duration = exchange.sample.response_time();
    in.secrets = &judge.secrets;
    std::size_t index = judge.checks_status ? 0 : 1;  // behind the implied one
    for (const auto& c : judge.checks) {
        if (auto found = scenario::failed_check(c.check, c.value, in)) {
            judge.count_failure(index, *found);
            return {c.check.query == scenario::Check::Query::status ? "status" : "check", c.check.source.text + ": " + *found};
        }
        ++index;
    }
    if (judge.counts) judge.counts->held(judge.step);
    return {};
}

std::vector<report::CheckResult> checks_to_count(const Step& step, bool checks_status) {
    std::vector<report::CheckResult> out;
    const auto add = [&](std::string source, SourcePos pos) {
        auto& check = out.emplace_back();
        check.step = step.name;
        check.source = std::move(source);
        check.pos = pos;
    };
    if (!checks_status) add(implied_check, step.pos);
    for (const auto& check : step.checks) add(check.source.text, check.source.pos);
    return out;
}

/// Whether the value of a check is what its query is compared with; seen only now where it was a template.
void check_value(const ReadyCheck& c, Expander& expand) {
    using Query = scenario::Check::Query;
    using Predicate = scenario::Check::Predicate;
    if (!c.check.value.has_template) return;
    const auto wrong = [&](const char* what, const char* hint) {
        expand.fail(c.check.value.pos, "`" + c.check.source.text + "` is compared with `" + c.value + "`, which is " + what,
                    hint);
    };
    if (c.check.query == Query::duration && !parse_duration(c.value)) wrong("no duration", "write a number and a unit: 800ms");
    const bool status = !c.value.empty() && c.value.size() == 3 && c.value.find_first_not_of("0123456789") == std::string::npos;
    if (c.check.query == Query::status && !status) wrong("no status", "write a number from 100 to 599");
    std::string why;
    const bool matches = c.check.predicate == Predicate::matches || c.check.predicate == Predicate::not_matches;
    if (matches && !scenario::compile_pattern(c.value, why)) wrong("no regular expression", "");
}

engine::PreparedStep prepare_step(const Scenario& scenario, const Step& step, Expander& expand, const std::string& base,
                                  bool alone, const std::shared_ptr<CheckCounts>& counts) {
    engine::PreparedStep ready;
    std::string text = expand.sent(step.url);
    if (!is_absolute(text)) text = base + (text.starts_with('/') ? "" : "/") + text;
    const auto url = http::parse_url(text);
    if (!url) {
        expand.fail(step.url.pos, "`" + without_markers(text) + "` is not a URL: " + url.error().message(),
                    "write an absolute http:// or https:// URL, or a path and a config.target");
        return ready;
    }
    if (without_markers(url->host) != url->host) {
        expand.fail(step.url.pos, "the host of a request cannot differ from one to the next", "write a step for each host");
        return ready;
    }
    ready.name = step.name;
    ready.target.scheme = url->scheme;
    ready.target.host = url->host;
    ready.target.port = url->port;
    ready.target.tls.verify = scenario.config.tls_verify;
    if (scenario.config.tls_ca) ready.target.tls.ca_file = expand(*scenario.config.tls_ca);
    ready.request.method = step.method;
    ready.request.target = url->target();
    if (const std::string query = pairs(step.query, expand); !query.empty())
        ready.request.target += (url->has_query ? '&' : '?') + query;
    for (const auto& [name, value] : step.headers) {
        const std::string v = expand.sent(value);
        if (!http::is_valid_field(name, v))
            expand.fail(value.pos,
                        "the header `" + name + "` cannot be sent: it holds a control character or its name is no token");
        ready.request.headers.add(name, v);
    }
    if (!ready.request.headers.has("User-Agent")) ready.request.headers.add("User-Agent", "volley/" VOLLEY_VERSION);
    if (!ready.request.headers.has("Accept")) ready.request.headers.add("Accept", "*/*");
    set_body(step, expand, ready.request);
    ready.timeout = step.timeout.value_or(scenario.config.timeout);
    if (step.call) return ready;  // its checks look at calls, see prepare_call()

    Judge judge;
    using Query = scenario::Check::Query;
    ready.target.keep_body = false;  // megabytes for each user in flight, for nobody
    for (const auto& check : step.checks) {
        judge.checks.push_back({check, expand(check.value)});
        check_value(judge.checks.back(), expand);
        judge.checks_status = judge.checks_status || check.query == Query::status;
        ready.target.keep_body = ready.target.keep_body || check.query == Query::body || check.query == Query::jq;
    }
    judge.secrets = expand.secrets();
    judge.counts = counts;
    if (counts) judge.step = counts->add_step(checks_to_count(step, judge.checks_status));
    // What counts alone can tell need not be asked of every answer: see CheckCounts::derive().
    if (judge.checks.empty() && alone) return ready;
    ready.keeps_head = std::ranges::any_of(judge.checks, [](const auto& c) { return c.check.query == Query::header; });
    ready.judge = [judge = std::move(judge)](const client::Exchange& e) { return judge_exchange(judge, e); };
    return ready;
}

}  // namespace

std::variant<std::vector<engine::PreparedStep>, SourceError> prepare_steps(const Scenario& scenario,
                                                                           const scenario::ScenarioBody& body,
                                                                           const Variables& variables, const std::string& base,
                                                                           const std::shared_ptr<CheckCounts>& counts) {
    Expander expand(scenario, variables);
    std::vector<engine::PreparedStep> steps;
    for (const auto& step : body.steps) {
        steps.push_back(prepare_step(scenario, step, expand, base, body.steps.size() == 1, counts));
        if (expand.error()) return *expand.error();
    }
    return steps;
}

std::variant<std::vector<engine::PreparedStep>, SourceError> direct_step(const client::DirectRequest& direct,
                                                                         const std::shared_ptr<CheckCounts>& counts) {
    engine::PreparedStep step;
    step.name = direct.name;
    step.target = direct.target;
    step.request = direct.request;
    step.timeout = direct.timeout;
    report::CheckResult check;
    check.step = direct.name;
    check.source = implied_check;
    counts->add_step({std::move(check)});
    std::vector<engine::PreparedStep> steps;
    steps.push_back(std::move(step));
    return steps;
}

}  // namespace volley::run
