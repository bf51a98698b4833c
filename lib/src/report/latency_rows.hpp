// The rows of a histogram that a person reads: few, with round limits, chosen by the values.
#pragma once

#include <cstdint>
#include <vector>

#include <volley/metrics/histogram.hpp>

namespace volley::report {

struct LatencyRow {
    enum class Kind { below, inside, above };
    Kind kind = Kind::inside;
    Duration low{};   ///< of values from here; of the row of all below the others the least value
    Duration high{};  ///< to below here; of the row of all above the others the largest value
    std::uint64_t count = 0;
};

/// From the first percentile to the 99th in at most 14 rows: of equal width where the latter is at most 4 times the former, else of limits
/// like 1, 2, 5, 10 ms, as fine as so many rows allow. What lies outside is one row on each side. Limits have three significant
/// digits at most. Empty for an empty histogram.
[[nodiscard]] std::vector<LatencyRow> latency_rows(const metrics::Histogram& histogram);

}  // namespace volley::report
