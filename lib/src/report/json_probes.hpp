// Probes in the result file.
#pragma once

#include <vector>

#include <boost/json/array.hpp>

#include <volley/report/result.hpp>

namespace volley::report {

/// With the record of each without the samples that it was made from; those are in what `volley verify -o` writes.
[[nodiscard]] boost::json::array probes_array(const std::vector<ProbeResult>& probes);

}  // namespace volley::report
