#include "run/prepare_call.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace volley::run {
namespace {

using scenario::CallStep;
using scenario::Scenario;
using scenario::Step;

/// A check whose value is known.
struct ReadyCheck {
    scenario::Check check;
    std::string value;
};

/// The checks of a call, and where it is counted which of them hold.
struct Judge {
    std::vector<ReadyCheck> checks;
    std::shared_ptr<CheckCounts> counts;  // may be empty
    std::size_t step = 0;                 // in `counts`

    engine::Judgement operator()(const call::CallSeen& seen) const {
        scenario::CallInput in;
        for (std::size_t i = 0; i < in.times.size(); ++i)
            in.times[i] = metrics::time_of(static_cast<metrics::CallTime>(i), seen.planned, seen.reached);
        in.round_trips = seen.round_trips;
        in.answered = seen.answered;
        in.lost = seen.lost;
        std::size_t index = 0;
        for (const auto& c : checks) {
            if (auto found = scenario::failed_call_check(c.check, c.value, in)) {
                if (counts) counts->failed(step, index, *found);
                return {"check", c.check.source.text + ": " + *found};
            }
            ++index;
        }
        if (counts) counts->held(step);
        return {};
    }
};

/// Reads what is written in a step; the first mistake is kept.
class Preparer {
public:
    Preparer(const Scenario& where, const scenario::Variables& variables) : where_(where), variables_(variables) {}

    std::string text(const scenario::Value& value) {
        auto result = scenario::expand(value, variables_, where_);
        if (auto* text = std::get_if<std::string>(&result)) return std::move(*text);
        fail(std::get<SourceError>(std::move(result)));
        return {};
    }
    void fail(SourceError error) {
        if (!error_) error_ = std::move(error);
    }
    void fail(SourcePos pos, std::string text, std::string hint) {
        fail(scenario::error_at(where_, pos, std::move(text), std::move(hint)));
    }

    void signal(const Step& step, const std::string& path, call::CallPlan& out) {
        using Signal = CallStep::Signal;
        const auto asked = step.call->signal;
        out.signal = asked == Signal::json   ? call::Signal::json
                     : asked == Signal::whip ? call::Signal::whip
                     : asked == Signal::whep ? call::Signal::whep
                                             : call::signal_of_path(path).value_or(call::Signal::json);
        out.trickle = step.call->trickle;
        const std::string name(call::to_string(out.signal));
        if (out.signal == call::Signal::json && out.trickle)
            fail(step.url.pos, "`trickle` needs a session that candidates can be sent to, and this path is taken for one of JSON",
                 "add `signal: whip` or `whep`");
        if (out.signal != call::Signal::json && step.json)
            fail(step.url.pos, "this path is taken for one of " + name + ", whose offer is the description alone",
                 "remove `json`, or add `signal: json`");
    }

    void servers(const CallStep& step, call::CallPlan& out) {
        for (const auto& value : step.ice_servers) {
            const std::string server = text(value);
            if (server.starts_with("turn:")) {
                if (auto turn = call::parse_turn_server(server))
                    out.turn.push_back(*std::move(turn));
                else  // without what may be a password
                    fail(value.pos, "not a TURN server",
                         "write \"turn:USER:PASSWORD@HOST:PORT\", with ?transport=tcp behind it for TCP");
            } else if (auto stun = server.starts_with("stun:") ? call::parse_stun_server(server) : std::nullopt) {
                out.stun.push_back(*std::move(stun));
            } else {
                fail(value.pos, "not a STUN or TURN server", "write \"stun:HOST:PORT\" or \"turn:USER:PASSWORD@HOST:PORT\"");
            }
        }
        out.relayed_only = step.relayed_only;
        if (out.relayed_only && out.turn.empty() && !step.ice_servers.empty())
            fail(step.ice_servers.front().pos, "`relayed_only` needs a server that relays", "add a turn: server");
    }

    std::vector<ReadyCheck> checks(const Step& step) {
        std::vector<ReadyCheck> out;
        for (const auto& check : step.checks) {
            out.push_back({check, text(check.value)});
            if (!check.value.has_template || error_ || scenario::is_call_value(check, out.back().value)) continue;
            const bool pings = check.query == scenario::Check::Query::answered || check.query == scenario::Check::Query::lost;
            fail(check.value.pos,
                 "`" + check.source.text + "` is compared with `" + out.back().value + "`, which is no " +
                     (pings ? "number or percentage" : "duration"),
                 pings ? "write 19 or 95%" : "write a number and a unit: 800ms");
        }
        return out;
    }

    [[nodiscard]] const std::optional<SourceError>& error() const noexcept { return error_; }

private:
    const Scenario& where_;
    const scenario::Variables& variables_;
    std::optional<SourceError> error_;
};

void take_channel(const CallStep& step, call::CallPlan& out) {
    out.channel.ordered = step.ordered;
    out.channel.max_retransmits = step.max_retransmits;
    out.channel.max_lifetime = step.max_lifetime;
    out.pings.every = step.every;
    out.pings.count = step.count;
    out.pings.length = step.length;
    out.pings.size = step.size;
    out.pings.timeout = step.timeout;
    out.set_up_limit = step.within;
    out.set_up_limit_name = "`within`";
}

}  // namespace

std::variant<PreparedCall, SourceError> prepare_call(const Scenario& scenario, const Step& step,
                                                     const scenario::Variables& variables, engine::PreparedStep offer,
                                                     const std::shared_ptr<CheckCounts>& counts) {
    Preparer preparer(scenario, variables);
    PreparedCall out;
    auto& plan = out.plan;
    plan.request.name = step.name;
    plan.request.target = std::move(offer.target);
    plan.request.request = std::move(offer.request);
    plan.request.timeout = offer.timeout;
    if (engine::has_slots(plan.request.request))
        plan.fill = [](http::Request& request, call::CallNumber number) { engine::fill(request, number.user, number.call); };
    const auto& target = plan.request.request.target;
    preparer.signal(step, target.substr(0, target.find('?')), plan);
    preparer.servers(*step.call, plan);
    take_channel(*step.call, plan);
    if (step.call->label.pos.line > 0) plan.channel.label = preparer.text(step.call->label);
    if (step.call->protocol.pos.line > 0) plan.channel.protocol = preparer.text(step.call->protocol);
    Judge judge{preparer.checks(step), counts};
    if (preparer.error()) return *preparer.error();
    if (judge.checks.empty()) return out;
    std::vector<report::CheckResult> results;
    for (const auto& c : judge.checks) {
        out.judges_round_trips = out.judges_round_trips || c.check.query == scenario::Check::Query::round_trip;
        auto& result = results.emplace_back();
        result.step = step.name;
        result.source = c.check.source.text;
        result.pos = c.check.source.pos;
    }
    if (counts) judge.step = counts->add_step(std::move(results));
    out.judge = std::move(judge);
    return out;
}

}  // namespace volley::run
