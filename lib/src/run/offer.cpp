#include <volley/run/offer.hpp>

#include <utility>

#include <fmt/format.h>

#include "report/terminal.hpp"

namespace volley::run {
namespace {

constexpr const char* phase_name = "calls";

}  // namespace

scenario::Scenario scenario_of_calls(std::string name, std::string origin, const call::CallPlan& plan) {
    scenario::Scenario out;
    out.name = std::move(name);
    out.config.target.emplace();
    out.config.target->text = std::move(origin);
    scenario::Step step;
    auto& call = step.call.emplace();
    if (plan.plays()) call.signal = scenario::CallStep::Signal::whep;
    if (plan.video) call.video.emplace();
    if (plan.audio) call.audio.emplace().source.text = plan.audio->source;
    out.scenarios.push_back({"offer", {std::move(step)}, {}});
    scenario::Phase phase;
    phase.name = phase_name;
    phase.scenario = "offer";
    phase.calls = true;
    out.phases.push_back(std::move(phase));
    return out;
}

std::string words_of(const call::OfferPlan& plan) {
    std::string out = plan.calls == 1 ? "1 call" : fmt::format("{} calls", report::grouped(plan.calls));
    if (plan.calls > 1) out += plan.rate ? " at " + report::rate_text(plan.rate->per_second) : std::string(" at once");
    out += fmt::format(" ({})", call::to_string(plan.signal));
    if (plan.plays() && (plan.video || plan.audio)) {
        out += std::string(", receiving ") + (plan.video ? plan.audio ? "video and audio" : "video" : "audio");
    } else if (plan.video) {
        const auto& video = *plan.video;
        out += ", video";
        if (!video.transform.empty()) out += " (" + video.transform + ')';
        if (video.source.empty()) out += fmt::format(" {}x{} at {:g}/s", video.width, video.height, video.frames_per_second);
    }
    if (plan.audio && !plan.plays()) out += ", audio";
    const auto& pings = plan.pings;
    if (pings.count == 0U)
        return out + ", no pings" +
               ((plan.video || plan.audio) && pings.length ? " for " + format_duration(*pings.length) : std::string());
    out += ", ";
    if (pings.count) out += fmt::format("{} ", report::grouped(*pings.count));
    out += pings.count == 1U ? "ping" : "pings";
    out += pings.every == Duration::zero() ? " back to back" : " every " + format_duration(pings.every);
    if (pings.length) out += " for " + format_duration(*pings.length);
    if (plan.calls > 1) out += " each";
    return out;
}

report::RunResult result_of(const scenario::Scenario& scenario, const call::OfferPlan& plan, const call::OfferResult& result) {
    report::RunResult out;
    out.name = scenario.name;
    out.version = VOLLEY_VERSION;
    out.elapsed = result.elapsed;
    report::ServerResult server;
    server.name = "target";
    server.description = scenario.config.target ? scenario.config.target->text : std::string();
    server.message = result.never_worked;
    report::PhaseResult phase;
    phase.phase = phase_name;
    phase.scenario = "offer";
    phase.kind = report::PhaseKind::calls;
    phase.load = words_of(plan);
    phase.interrupted = result.interrupted;
    phase.elapsed = phase.loaded = result.elapsed;
    phase.planned = result.planned;
    phase.missed = result.missed;
    phase.saturated = result.saturated;
    phase.tally = result.pings;
    phase.calls = result.calls;
    phase.wrong_examples = result.examples;
    phase.generator = result.generator;
    server.phases.push_back(std::move(phase));
    if (result.interrupted)
        server.state = report::ServerState::interrupted;
    else if (!result.never_worked.empty())
        server.state = report::state_in_vain(server);
    out.servers.push_back(std::move(server));
    return out;
}

}  // namespace volley::run
