#include "run/probe.hpp"

#include <algorithm>

#include "engine/request_template.hpp"

namespace volley::run {
namespace asio = boost::asio;

namespace {

using scenario::Probe;

/// Requests at once to find out a limit by, where the question is another one.
constexpr std::size_t enough_for_a_question = 100;

verify::Options options_of(const scenario::Scenario& scenario, const Probe& probe, std::uint64_t seed) {
    verify::Options out;
    out.time = probe.time;
    out.service_time = probe.service_time.value_or(Duration{});
    out.canary = probe.canary;
    out.distinct = probe.distinct;
    out.parser_canary = probe.parser_canary;
    out.seed = seed;
    out.http2 = scenario.config.http_version == scenario::Config::HttpVersion::http2;
    switch (probe.kind) {
        case Probe::Kind::concurrency:
            break;
        case Probe::Kind::streaming:
            out.streaming = true;
            out.most = 1;  // a request alone tells
            break;
        case Probe::Kind::cancellation:
            out.cancellation = true;
            out.gauge = probe.gauge;
            out.most = enough_for_a_question;
            break;
        case Probe::Kind::isolation:
            out.isolation = probe.path;
            out.most = enough_for_a_question;
            break;
    }
    if (probe.most) out.most = *probe.most;
    return out;
}

client::DirectRequest request_of(const scenario::Scenario& scenario, const Probe& probe, engine::PreparedStep step) {
    client::DirectRequest out;
    out.name = step.name;
    out.target = std::move(step.target);
    out.request = std::move(step.request);
    // Bursts fill the gaps of each request by themselves; whoever asks the other questions sends the request as it is.
    if (probe.kind != Probe::Kind::concurrency) engine::fill(out.request, 0, 0);
    if (scenario.config.http_version == scenario::Config::HttpVersion::http1_1) out.curl.http_version = 11;
    if (scenario.config.http_version == scenario::Config::HttpVersion::http2) out.curl.http_version = 20;
    // A timeout that is meant for one request would cut those that wait for the others: only the step's own holds.
    const auto& own = scenario.find_scenario(probe.scenario)->steps.front().timeout;
    out.timeout = own ? std::min(*own, probe.time) : probe.time;
    return out;
}

}  // namespace

asio::awaitable<report::ProbeResult> run_probe(const scenario::Scenario& scenario, const Probe& probe, engine::PreparedStep step,
                                               std::uint64_t seed, std::function<void(const verify::Progress&)> progress) {
    const TimePoint began = Clock::now();
    // Named first: g++ 12 may destroy a temporary of an expression with co_await twice (GCC bug 107288).
    auto request = request_of(scenario, probe, std::move(step));
    auto options = options_of(scenario, probe, seed);
    auto found = co_await verify::run(std::move(request), std::move(options), std::move(progress));
    report::ProbeResult out;
    out.probe = probe.name;
    out.scenario = probe.scenario;
    out.pos = probe.pos;
    out.elapsed = Clock::now() - began;
    out.unreachable = std::move(found.unreachable);
    out.answered = !out.unreachable.empty() && std::ranges::any_of(found.seen.bursts, [](const auto& burst) {
        return std::ranges::any_of(burst.shots, [](const auto& shot) { return shot.status != 0; });
    });
    out.interrupted = found.seen.interrupted;
    if (probe.kind == Probe::Kind::concurrency && out.unreachable.empty()) out.record = std::move(found.record);
    out.answers = std::move(found.answers);
    co_return out;
}

}  // namespace volley::run
