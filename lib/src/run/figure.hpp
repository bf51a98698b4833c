// What a threshold speaks of, as numbers and in words: pure.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include <volley/report/result.hpp>
#include <volley/scenario/scenario.hpp>

namespace volley::run {

/// A figure, the same without what is our own doing, and why there is none.
struct Figure {
    double value = std::numeric_limits<double>::quiet_NaN();
    double without_us = std::numeric_limits<double>::quiet_NaN();  ///< for decision "fail only if it fails without our lag too"
    std::string missing;
};

[[nodiscard]] Figure figure_of(const scenario::Threshold& t, const report::PhaseResult& phase);

/// A count of answers or starts, which is true whatever the clock says.
[[nodiscard]] bool is_count(const scenario::Threshold& t);

/// The q of an aggregate `p99`, from 0 to 1; nothing for mean, min and max.
[[nodiscard]] std::optional<double> quantile_of(const scenario::Threshold& t);

/// With as many digits as it takes to tell it from the limit: 1.00424 is not "1, over 1".
[[nodiscard]] std::string measured_words(const scenario::Threshold& t, double value);
/// "over 1.25 by 11.9 (10.5 times)".
[[nodiscard]] std::string by_how_much(const scenario::Threshold& t, double value);
/// The limit itself.
[[nodiscard]] std::string limit_words(const scenario::Threshold& t);

}  // namespace volley::run
