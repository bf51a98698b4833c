// Whether what was measured was the target at all: pure.
#pragma once

#include <string>
#include <vector>

#include <volley/metrics/summary.hpp>

namespace volley::run {

/// Why a target never worked, as far as its answers tell: it could not be reached, or never answered in time, or reset every connection;
/// or all that it answered was 401, 403, 404 or a redirect. Anything else is a target that works and may be wrong.
/// @param tally     of its first requests. None at all say nothing.
/// @param examples  of what went wrong; the first one is quoted. May hold the peer's bytes.
/// @param status_is_checked  a check asks for a status: a redirect that passed it is the right answer. Without one any status from 200 to
///                           399 counts as right, and nobody meant to measure the redirect.
/// @return          one sentence; empty where it worked.
[[nodiscard]] std::string never_worked(const metrics::Tally& tally, const std::vector<std::string>& examples,
                                       bool status_is_checked);

}  // namespace volley::run
