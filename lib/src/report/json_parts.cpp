#include "report/json_parts.hpp"

#include <volley/metrics/interval.hpp>
#include <volley/time.hpp>

#include "report/figures.hpp"

namespace volley::report {

namespace json = boost::json;

json::object distribution(const metrics::Histogram& h, std::uint64_t lost) {
    json::object out{{"count", h.count()}};
    if (h.empty()) return out;
    out["min"] = to_seconds(h.min());
    out["mean"] = to_seconds(h.mean());
    for (const auto& [name, q] : shown_percentiles)
        if (const auto value = metrics::quantile_of(h, q, lost)) out[name] = to_seconds(*value);
    out["max"] = to_seconds(h.max());
    return out;
}

}  // namespace volley::report
