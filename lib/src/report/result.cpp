#include <volley/report/result.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/mask.hpp"

namespace volley::report {

std::string_view to_string(Verdict v) noexcept {
    switch (v) {
        case Verdict::pass:
            return "pass";
        case Verdict::inconclusive:
            return "inconclusive";
        case Verdict::fail:
            return "fail";
        case Verdict::target_failed:
            return "target_failed";
        case Verdict::interrupted:
            return "interrupted";
    }
    return "unknown";
}

std::string_view to_string(ServerState s) noexcept {
    switch (s) {
        case ServerState::ok:
            return "ok";
        case ServerState::not_started:
            return "not_started";
        case ServerState::unreachable:
            return "unreachable";
        case ServerState::not_working:
            return "not_working";
        case ServerState::died:
            return "died";
        case ServerState::interrupted:
            return "interrupted";
    }
    return "unknown";
}

ServerState state_in_vain(const ServerResult& server) noexcept {
    // Other kinds of failure may be this machine's before it has asked anybody, as `ice` is where a relay gives no candidate. Who has answered the
    // offer with what can be used stands in the times of the set-up.
    static constexpr std::array of_the_answer{"status", "truncated", "answer"};
    constexpr auto http = static_cast<std::size_t>(metrics::CallStage::http);
    const bool of_probes = std::ranges::any_of(server.probes, &ProbeResult::answered);
    const bool of_phases = std::ranges::any_of(server.phases, [](const PhaseResult& p) {
        if (!p.calls) return !p.tally->statuses.empty();
        const auto& calls = *p.calls;
        return !calls.stages[http].at.empty() ||
               std::ranges::any_of(of_the_answer, [&](const char* kind) { return calls.errors.contains(kind); });
    });
    return of_probes || of_phases ? ServerState::not_working : ServerState::unreachable;
}

std::string name_of(const ThresholdResult& threshold) {
    return threshold.pos.line == 0 ? threshold.phase + '.' + threshold.source : threshold.source;
}

std::string words_of(const ThresholdResult& threshold) {
    const bool both = !threshold.measured.empty() && !threshold.message.empty();
    return threshold.measured + (both ? ": " : "") + threshold.message;
}

std::string name_of(const PhaseResult& phase, const CheckResult& check) {
    return phase.phase + ": " + check.step + ": " + check.source;
}

std::string words_of(const ProbeResult& probe) {
    std::string out = probe.message;
    for (const auto& e : probe.expectations)
        if (e.met != verdict::Met::yes) out += (e.met == verdict::Met::no ? "; not met: " : "; unknown: ") + e.words;
    return out;
}

metrics::SteadyState steadiness(const PhaseResult& phase) {
    if (phase.kind == PhaseKind::burst || phase.climbs) return {};
    return metrics::steady_state(phase.tally->series);
}

std::string drift_words(const metrics::SteadyState& state) {
    return fmt::format("the median {} by {:.3g} % from the first half of the phase to the second",
                       state.drift < 0 ? "fell" : "rose", std::abs(state.drift));
}

const PhaseResult* ServerResult::find(std::string_view phase) const noexcept {
    const auto found = std::ranges::find(phases, phase, &PhaseResult::phase);
    return found == phases.end() ? nullptr : &*found;
}

std::uint64_t RunResult::requests() const noexcept {
    std::uint64_t n = 0;
    for (const auto& server : servers)
        for (const auto& phase : server.phases) n += phase.warmup ? 0 : phase.tally->requests;
    return n;
}

std::uint64_t RunResult::errors() const noexcept {
    std::uint64_t n = 0;
    for (const auto& server : servers)
        for (const auto& phase : server.phases) n += phase.warmup ? 0 : phase.errors();
    return n;
}

void mask_secrets(RunResult& result, const std::vector<std::string>& secrets) {
    const auto known = spellings(secrets);
    const auto all = [&](std::vector<std::string>& texts) {
        for (auto& text : texts) text = mask(text, known);
    };
    for (auto& server : result.servers) {
        server.description = mask(server.description, known);
        server.message = mask(server.message, known);
        all(server.log_tail);
        for (auto& probe : server.probes) {
            probe.unreachable = mask(probe.unreachable, known);
            for (auto& answer : probe.answers) answer.words = mask(answer.words, known);
        }
        for (auto& phase : server.phases) {
            phase.inconclusive = mask(phase.inconclusive, known);
            all(phase.wrong_examples);
            for (auto& check : phase.checks) check.example = mask(check.example, known);
        }
    }
}

}  // namespace volley::report
