// A verdict for people: what it is, why, and a picture of the burst that shows it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <volley/report/result.hpp>
#include <volley/verdict/observation.hpp>
#include <volley/verdict/questions.hpp>
#include <volley/verdict/record.hpp>

namespace volley::report {

/// Headline, sentence, cause and advice, the picture, the figures of each size of burst, evidence and doubts. Ends with a newline.
/// What came from the peer is escaped.
[[nodiscard]] std::string verdict_text(const verdict::Observation& seen, const verdict::Record& record,
                                       const TextOptions& options);

/// What was asked beside the verdict, and the answers; empty where nothing was.
[[nodiscard]] std::string answers_text(const std::vector<verdict::Answer>& answers, const TextOptions& options);

/// One line: `pool of 4 threads (high confidence): 4 requests at a time, the others wait`.
[[nodiscard]] std::string verdict_line(const verdict::Record& record);

/// The burst that shows a record best: of its size, right and whole, else the largest there is; null where there is none of two or more.
[[nodiscard]] const verdict::Burst* shown_burst(const verdict::Observation& seen, const verdict::Record& record);

/// A bar for each request of a burst, from its start to its end, those that ended first on top: what it waited for is pale, the last
/// service time before its end is full, so that requests that were served together stand together. At most `rows` of them, evenly picked.
[[nodiscard]] std::string waterfall(const verdict::Burst& burst, Duration service, std::size_t rows, const TextOptions& options);

}  // namespace volley::report
