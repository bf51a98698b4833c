// The result for CI servers that read JUnit's XML: Jenkins, GitLab, Azure and most others.
#pragma once

#include <string>

#include <volley/report/result.hpp>

namespace volley::report {

/// One <testsuite> for each server, in it one <testcase> for each check of each phase, and one for each threshold, those that hold
/// where the file says nothing included. What did not hold is a <failure>, a check only where it failed more often than the thresholds
/// allow; a server that did not start, was not reached or died an <error>; what cannot be
/// said, is unsure, or was interrupted, <skipped> with the reason. Wrong answers and the server's last lines are in <system-out>.
///
/// Keeps to what both published schemas allow, Ant's (required: package, id, hostname, timestamp without a zone, type of a failure,
/// order of the elements) and Jenkins' (seconds with at most three decimals). Well-formed XML 1.0 in UTF-8, whatever a peer sent:
/// bytes that XML has no place for are written as `\xNN`.
[[nodiscard]] std::string to_junit(const RunResult& result);

}  // namespace volley::report
