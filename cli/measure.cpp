#include "measure.hpp"

#include <charconv>
#include <cstdio>
#include <utility>
#include <variant>

#include <unistd.h>

#include <fmt/format.h>

#include "until_done.hpp"
#include "verify_line.hpp"

namespace volley::cli {
namespace {

/// `coroutine · fifty  1,234/5,000 done  812/s  50 in flight  p50 1.2 ms  p99 4 ms  3 wrong  lag 80 us  2.0 s of 10 s`
std::string line_of(const run::Progress& p) {
    std::string text = p.server + " · " + p.phase + "  " + std::to_string(p.done);
    if (p.planned > 0) text += "/" + std::to_string(p.planned);
    text += " done";
    if (p.rate > 0) text += fmt::format("  {:.0f}/s", p.rate);
    text += "  " + std::to_string(p.in_flight) + " in flight";
    if (p.p99 > Duration::zero()) text += "  p50 " + format_duration(p.p50) + "  p99 " + format_duration(p.p99);
    if (p.wrong > 0) text += "  " + std::to_string(p.wrong) + " wrong";
    if (p.lag > Duration::zero()) text += "  lag " + format_duration(p.lag);
    text += "  " + format_duration(p.elapsed);
    if (p.expected > Duration::zero()) text += " of " + format_duration(p.expected);
    return text;
}

}  // namespace

report::RunResult measure(const scenario::Scenario& scenario, const run::Options& options, LiveLine& line, SampleFiles& samples) {
    run::Observer observer;
    samples.start(observer);
    observer.server_changed = [&](const std::string& server, const std::string& what) { line.show(server + ": " + what); };
    observer.progress = [&](const run::Progress& p) { line.show(line_of(p)); };
    observer.probing = [&](const std::string& server, const std::string& probe, const verify::Progress& p) {
        line.show(server + " · " + probe + "  " + line_of(p));
    };
    auto ended = until_done(run::run(scenario, options, std::move(observer)), line);
    report::RunResult result = std::move(ended.value);
    result.signal = ended.signal;
    if (result.signal != 0) result.verdict = report::Verdict::interrupted;
    return result;
}

bool add_expectations(const std::vector<std::string>& texts, scenario::Scenario& scenario) {
    bool good = true;
    for (const auto& text : texts) {
        auto read = scenario::read_expectation(text, scenario);
        if (auto* error = std::get_if<SourceError>(&read)) {
            std::fputs(format_source_error(*error).c_str(), stderr);
            good = false;
        } else {
            scenario.thresholds.push_back(std::get<scenario::Threshold>(std::move(read)));
        }
    }
    scenario.errors_are_judged = !texts.empty();
    return good;
}

scenario::Variables::Scope environment() {
    scenario::Variables::Scope out;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equal = text.find('=');
        if (equal != std::string_view::npos) out.emplace(text.substr(0, equal), text.substr(equal + 1));
    }
    return out;
}

std::optional<std::uint64_t> read_seed(const std::string& value, std::string& error) {
    std::uint64_t seed = 0;
    const char* end = value.data() + value.size();
    const auto [at, ec] = std::from_chars(value.data(), end, seed);
    if (ec == std::errc{} && at == end) return seed;
    error = "--seed takes a whole number from 0 to 18446744073709551615, not '" + escape_for_terminal(value) + "'";
    return std::nullopt;
}

}  // namespace volley::cli
