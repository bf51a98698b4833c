// What a threshold speaks of, as numbers and in words: pure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <volley/report/result.hpp>
#include <volley/scenario/scenario.hpp>

namespace volley::run {

/// A figure, the same without what is our own doing, and why there is none.
struct Figure {
    double value = std::numeric_limits<double>::quiet_NaN();
    double without_us = std::numeric_limits<double>::quiet_NaN();  ///< our own start lag taken off: fails only if this fails too
    std::string missing;
    std::string beyond{};  ///< why it is larger than what was measured, by nobody knows how much; empty: it is known
};

[[nodiscard]] Figure figure_of(const scenario::Threshold& t, const report::PhaseResult& phase);

/// A count of answers or starts, which is true whatever the clock says.
[[nodiscard]] bool is_count(const scenario::Threshold& t);

/// On `latency` (of calls also called `dc_rtt` and `rtt`) or `service`: a time that every right answer has.
[[nodiscard]] bool is_answer_time(const scenario::Threshold& t);

/// On `video_rtt` or `audio_rtt`: a time of each frame or chirp that came back.
[[nodiscard]] bool is_media_round_trip(const scenario::Threshold& t);

/// On `video_transform`, which is no number: the transform that it wants is the text of its value.
[[nodiscard]] bool is_of_transform(const scenario::Threshold& t);

/// The times that a threshold on one of these speaks of.
[[nodiscard]] const metrics::Histogram& times_of(const scenario::Threshold& t, const report::PhaseResult& phase);
/// The same without our own start lag. Nothing else is ours: to connect, to shake hands and to ask again take as long as the server makes
/// them. Service times and those of media hold no lag that could be told.
[[nodiscard]] const metrics::Histogram& times_without_us(const scenario::Threshold& t, const report::PhaseResult& phase);

/// Of such times, how many more there would have been: pings, frames or chirps that never came back, each of which took longer than those
/// that did. None for requests.
[[nodiscard]] std::uint64_t never_back(const scenario::Threshold& t, const report::PhaseResult& phase);

/// The q of an aggregate `p99`, from 0 to 1; nothing for mean, min and max.
[[nodiscard]] std::optional<double> quantile_of(const scenario::Threshold& t);

/// With as many digits as it takes to tell it from the limit: 1.00424 is not "1, over 1".
[[nodiscard]] std::string measured_words(const scenario::Threshold& t, double value);
/// "over 1.25 by 11.9 (10.5 times)".
[[nodiscard]] std::string by_how_much(const scenario::Threshold& t, double value);
/// The limit itself.
[[nodiscard]] std::string limit_words(const scenario::Threshold& t);

}  // namespace volley::run
