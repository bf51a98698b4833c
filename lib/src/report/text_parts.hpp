// Parts that the text reports have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <volley/report/result.hpp>

#include "report/terminal.hpp"

namespace volley::report {

/// How a text looks on the terminal that it is for.
struct Look {
    Paint paint;
    bool unicode;
    std::size_t width;  ///< in columns; never so few that nothing can be said
};
[[nodiscard]] Look look_of(const TextOptions& options);

/// Of what stands before the words of a field().
inline constexpr std::size_t label_width = 13;
/// A label and what there is to say, in as many lines as it takes.
[[nodiscard]] std::string field(const Look& look, std::string_view label, std::string_view text, const char* colour = nullptr);
/// A line of its own, after an empty one.
[[nodiscard]] std::string heading(const Look& look, std::string_view title, const std::string& remark = {});

/// What the generator itself did to the figures of a phase, a sentence each, and what it means; empty where it did nothing: it was busy,
/// it missed starts, or it was late by more than 5 ms at the 99th percentile (bursts: by more than a twentieth of the makespan).
[[nodiscard]] std::vector<std::string> generator_notes(const PhaseResult& phase);

/// "3 requests were still under way at the end, the last ended after 2.10 s"; empty where none took long enough to matter.
[[nodiscard]] std::string straggler_words(const PhaseResult& phase);

/// What was asked for, or what kind of load it was where that is not known.
[[nodiscard]] std::string load_title(const PhaseResult& phase);

/// `1 answered with another status than expected, 5 not answered in time`: of failures by the kinds that result files have.
[[nodiscard]] std::string error_kinds(const std::map<std::string, std::uint64_t>& errors);
/// The same of all that a phase has, starts that it had no user for included.
[[nodiscard]] std::string error_kinds(const PhaseResult& phase);

/// What went wrong, each in a line of its own, and each once.
[[nodiscard]] std::vector<std::string> error_examples(const PhaseResult& phase);

/// What was waited for when somebody ended the run, and for how long the oldest of it; empty where there was nothing.
[[nodiscard]] std::string under_way_text(const Look& look, std::uint64_t n, Duration longest);
/// That these percentiles are among the `lost` of `all` that never came back; empty where there are none.
[[nodiscard]] std::string unknown_text(const Look& look, const std::string& percentiles, std::uint64_t lost, std::uint64_t all);

/// The servers that did not work, why, and the last lines of their logs.
[[nodiscard]] std::string server_troubles(const RunResult& result, const Paint& paint,
                                          std::size_t width = std::numeric_limits<std::size_t>::max());

/// What probes found, one after the other, the servers one under the other; empty where there are none.
[[nodiscard]] std::string probes_text(const RunResult& result, const TextOptions& options, const Paint& paint);

struct ThresholdLines {
    bool servers = true;                                          ///< say which server each was judged against
    std::size_t width = std::numeric_limits<std::size_t>::max();  ///< messages that go beyond stand below
};
/// One line for each threshold, under a heading; empty where there are none.
[[nodiscard]] std::string thresholds_text(const RunResult& result, const TextOptions& options, const Paint& paint,
                                          const ThresholdLines& lines);

/// `pass  1200 requests, 0 wrong, 2.00 s`.
[[nodiscard]] std::string verdict_text(const RunResult& result, const Paint& paint);

}  // namespace volley::report
