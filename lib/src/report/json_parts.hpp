// Pieces that the parts of a result's JSON have in common.
#pragma once

#include <boost/json/object.hpp>

#include <volley/metrics/histogram.hpp>

namespace volley::report {

/// `distribution` of the schema: count and, where there is any, percentiles in seconds.
[[nodiscard]] boost::json::object distribution(const metrics::Histogram& h);

}  // namespace volley::report
