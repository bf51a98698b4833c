// The video and sound of calls as JSON.
#pragma once

#include <boost/json/object.hpp>

#include <volley/metrics/media_tally.hpp>

namespace volley::report {

/// `media` of a phase of calls in a result; see the schema of results.
[[nodiscard]] boost::json::object media_object(const metrics::MediaTally& media);

}  // namespace volley::report
