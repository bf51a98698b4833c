// A load as it was asked for, in words.
#pragma once

#include <span>
#include <string>

#include <volley/load/schedule.hpp>
#include <volley/scenario/scenario.hpp>

namespace volley::report {

/// `closed: 100 users for 10.0 s`, `open: 100/s to 600/s in 30.0 s, then 600/s for 1 m 0 s; Poisson`, `burst of 200 at once, 3 times`.
/// @param stages  of an open phase, what its arrivals come by; the length of the last one may be without end, a day and more.
[[nodiscard]] std::string load_words(const scenario::Phase& phase, std::span<const load::Stage> stages, load::Arrivals arrivals);

}  // namespace volley::report
