#include "report/load_words.hpp"

#include <fmt/format.h>

#include "report/terminal.hpp"

namespace volley::report {
namespace {

constexpr auto without_end = std::chrono::hours(24);
constexpr std::size_t most_stages = 4;

std::string stage_words(const load::Stage& stage) {
    if (stage.from == stage.to) {
        const auto rate = rate_text(stage.from.per_second);
        return stage.length < without_end ? rate + " for " + format_duration(stage.length) : rate;
    }
    return rate_text(stage.from.per_second) + " to " + rate_text(stage.to.per_second) + " in " + format_duration(stage.length);
}

std::string stages_words(std::span<const load::Stage> stages) {
    std::string out;
    if (stages.size() > most_stages) {
        Duration length{};
        for (const auto& stage : stages) length += stage.length;
        return fmt::format("{} stages from {} to {} in {}", stages.size(), rate_text(stages.front().from.per_second),
                           rate_text(stages.back().to.per_second), format_duration(length));
    }
    for (const auto& stage : stages) out += (out.empty() ? "" : ", then ") + stage_words(stage);
    return out;
}

}  // namespace

std::string load_words(const scenario::Phase& phase, std::span<const load::Stage> stages, load::Arrivals arrivals) {
    const auto in_all = [&] { return phase.iterations ? fmt::format(", {} in all", grouped(*phase.iterations)) : std::string(); };
    if (phase.burst)
        return fmt::format("burst of {} at once", grouped(*phase.burst)) +
               (phase.iterations.value_or(1) > 1 ? fmt::format(", {} times", grouped(*phase.iterations)) : "");
    if (phase.users)
        return fmt::format("closed: {} {}", grouped(*phase.users), *phase.users == 1 ? "user" : "users") +
               (phase.duration ? " for " + format_duration(*phase.duration) : std::string()) + in_all();
    return "open: " + stages_words(stages) + in_all() + (arrivals == load::Arrivals::poisson ? "; Poisson" : "");
}

}  // namespace volley::report
