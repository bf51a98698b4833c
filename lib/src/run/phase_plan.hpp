// What the engine is to do for a phase of a scenario, its steps aside: pure.
#pragma once

#include <cstdint>
#include <vector>

#include <volley/scenario/scenario.hpp>

#include "engine/plan.hpp"

namespace volley::run {

/// The rates of an open phase. One that only a count ends has a stage that no count reaches the end of.
[[nodiscard]] std::vector<load::Stage> stages_of(const scenario::Phase& phase);

/// The plan of a phase, without steps and without anyone who looks on.
[[nodiscard]] engine::PhasePlan plan_of(const scenario::Config& config, const scenario::Phase& phase, std::uint64_t seed);

/// The same for its scenario run alone, `runs` times one after the other.
[[nodiscard]] engine::PhasePlan solo_plan(const scenario::Config& config, std::size_t runs);

}  // namespace volley::run
