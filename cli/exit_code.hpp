// What a shell learns from us. One table for all verbs; see EXIT STATUS in volley(1).
#pragma once

namespace volley::cli {

/// Verbs that send one request keep HTTPie's numbers, so that scripts written for it go on working.
namespace request_exit {
inline constexpr int ok = 0;
inline constexpr int error = 1;  ///< usage included
inline constexpr int timeout = 2;
inline constexpr int redirected = 3;    ///< 3xx, with --check-status
inline constexpr int client_error = 4;  ///< 4xx, with --check-status
inline constexpr int server_error = 5;  ///< 5xx, with --check-status
inline constexpr int too_many_redirects = 6;
}  // namespace request_exit

/// Verbs that measure, and those that serve.
namespace measure_exit {
inline constexpr int ok = 0;
inline constexpr int failed = 1;        ///< a check, threshold or verdict failed
inline constexpr int usage = 2;         ///< bad usage or scenario
inline constexpr int no_target = 3;     ///< the target never worked
inline constexpr int inconclusive = 4;  ///< the generator was the limit
}  // namespace measure_exit

/// SIGINT gives 130, SIGTERM 143.
constexpr int exit_of_signal(int number) noexcept { return 128 + number; }

}  // namespace volley::cli
