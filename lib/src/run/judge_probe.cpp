#include "run/judge_probe.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <volley/report/verdict.hpp>

namespace volley::run {
namespace {

using report::ProbeResult;
using report::Verdict;
using verdict::Met;

std::string answer_words(const verdict::Answer& answer) { return fmt::format("{}: {}", to_string(answer.reply), answer.words); }

verdict::Tested test(verdict::Reply expected, const ProbeResult& result) {
    if (result.answers.empty()) return {Met::unknown, "there was no time to ask"};
    const auto& answer = result.answers.front();
    const Met met = answer.reply == verdict::Reply::unknown ? Met::unknown : answer.reply == expected ? Met::yes : Met::no;
    return {met, std::string(to_string(answer.reply))};
}

verdict::Tested test(const scenario::Probe::Expected& expected, const ProbeResult& result) {
    if (const auto* reply = std::get_if<verdict::Reply>(&expected.expects)) return test(*reply, result);
    if (!result.record) return {};
    return verdict::test(std::get<verdict::Expectation>(expected.expects), *result.record);
}

bool found_out(const ProbeResult& result) {
    if (result.record) return result.record->headline != verdict::Headline::inconclusive;
    return !result.answers.empty() && result.answers.front().reply != verdict::Reply::unknown;
}

std::string message_of(const ProbeResult& result) {
    if (!result.unreachable.empty()) return result.unreachable;
    if (result.interrupted) return "the probe was interrupted";
    if (result.record) return report::verdict_line(*result.record);
    return result.answers.empty() ? "there was no time to ask" : answer_words(result.answers.front());
}

Verdict verdict_of(const ProbeResult& result) {
    if (!result.unreachable.empty()) return Verdict::target_failed;
    if (result.interrupted) return Verdict::inconclusive;
    if (result.expectations.empty()) return found_out(result) ? Verdict::pass : Verdict::inconclusive;
    const auto any = [&](Met met) { return std::ranges::count(result.expectations, met, &report::ExpectationResult::met) > 0; };
    if (any(Met::no)) return Verdict::fail;
    return any(Met::unknown) ? Verdict::inconclusive : Verdict::pass;
}

}  // namespace

void judge_probe(const scenario::Scenario& scenario, const std::string& server, ProbeResult& result) {
    result.expectations.clear();
    const auto probe = std::ranges::find(scenario.probes, result.probe, &scenario::Probe::name);
    if (probe != scenario.probes.end() && result.unreachable.empty() && !result.interrupted)
        for (const auto& expected : probe->expected) {
            if (!expected.server.empty() && expected.server != server) continue;
            auto tested = test(expected, result);
            result.expectations.push_back({expected.source, expected.pos, tested.met, std::move(tested.words)});
        }
    result.verdict = verdict_of(result);
    // Only other servers are expected anything of: this one is there to compare with.
    const bool nothing_here = probe != scenario.probes.end() && !probe->expected.empty() && result.expectations.empty();
    if (nothing_here && result.unreachable.empty() && !result.interrupted) result.verdict = Verdict::pass;
    result.message = message_of(result);
}

}  // namespace volley::run
