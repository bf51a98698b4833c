#include "run/phase_plan.hpp"

namespace volley::run {
namespace {

using scenario::Config;

void choose_client(const Config& config, engine::PhasePlan& plan) {
    if (config.transport == Config::Transport::fast) plan.carriage = engine::Carriage::fast;
    if (config.transport == Config::Transport::curl) plan.carriage = engine::Carriage::curl;
    if (config.http_version == Config::HttpVersion::http1_1) plan.curl.http_version = 11;
    if (config.http_version == Config::HttpVersion::http2) plan.curl.http_version = 20;
}

}  // namespace

std::vector<load::Stage> stages_of(const scenario::Phase& phase) {
    constexpr auto without_end = std::chrono::hours(24 * 365);
    const Duration length = phase.duration.value_or(without_end);
    if (!phase.steps.empty()) return load::staircase(phase.steps, length / static_cast<Duration::rep>(phase.steps.size()));
    if (!phase.rate) return {};
    return {{*phase.rate, phase.ramp_to.value_or(*phase.rate), length}};
}

engine::PhasePlan plan_of(const Config& config, const scenario::Phase& phase, std::uint64_t seed) {
    engine::PhasePlan plan;
    choose_client(config, plan);
    plan.burst = phase.burst;
    plan.users = phase.users;
    plan.stages = stages_of(phase);
    plan.arrivals = phase.arrivals;
    plan.think = phase.think;
    plan.duration = phase.duration;
    plan.iterations = phase.iterations;
    plan.max_users = phase.max_users;
    plan.threads = config.threads;
    plan.seed = seed;
    return plan;
}

engine::PhasePlan solo_plan(const Config& config, std::size_t runs) {
    engine::PhasePlan plan;
    choose_client(config, plan);
    plan.burst = 1;
    plan.iterations = runs;
    return plan;
}

}  // namespace volley::run
