// Histograms in the formats of HdrHistogram, for its log processors and plotters.
#pragma once

#include <string>

#include <volley/metrics/histogram.hpp>
#include <volley/report/result.hpp>

namespace volley::report {

/// An interval log, format version 1.3: for each phase but warm-up one line with the tag `server/phase/response` and one with
/// `server/phase/service`, where a right answer was counted. Values are whole microseconds, 3 significant digits; times are seconds,
/// Interval_Max included.
///
/// Counts, minimum and maximum are carried over exactly (to the microsecond). Every other value is the middle of its bucket here,
/// at most 0.21 % off, rounded to a microsecond; readers add HdrHistogram's own 0.1 %, since they name a bucket by its upper end.
/// Longer than a day counts as a day.
[[nodiscard]] std::string to_hdr_log(const RunResult& result);

/// The same series as percentile tables (`.hgrm`), one after the other under a comment with the tag. Values in microseconds; the
/// mean is the exact one.
[[nodiscard]] std::string to_hgrm(const RunResult& result);

/// One histogram as the last column of the log has it: base64 of the compressed V2 encoding. Source: HdrHistogram's
/// AbstractHistogram.encodeIntoCompressedByteBuffer.
[[nodiscard]] std::string hdr_base64(const metrics::Histogram& histogram);

}  // namespace volley::report
