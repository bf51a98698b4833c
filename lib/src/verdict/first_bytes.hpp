// Bodies that take turns on their way while what makes the answers overlaps.
#pragma once

#include <volley/verdict/observation.hpp>

namespace volley::verdict {

/// The seconds that each body takes after the one before it, where all first bytes of every burst come as early as those of a request
/// alone and large bodies arrive one after another: what takes turns is a link, not the handler. 0 where it is not so.
[[nodiscard]] double body_turn(const Observation& seen);

/// The same, with each right answer done when its first byte came.
[[nodiscard]] Observation by_first_bytes(Observation seen);

}  // namespace volley::verdict
