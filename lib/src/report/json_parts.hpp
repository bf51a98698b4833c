// Pieces that the parts of a result's JSON have in common.
#pragma once

#include <cstdint>

#include <boost/json/object.hpp>

#include <volley/metrics/histogram.hpp>

namespace volley::report {

/// `distribution` of the schema: count and, where there is any, percentiles in seconds.
/// @param lost  so many more values there would have been, larger than all of these: percentiles that are one of them are absent, the others are
///              of all
[[nodiscard]] boost::json::object distribution(const metrics::Histogram& h, std::uint64_t lost = 0);

}  // namespace volley::report
