// Asks a server the questions beside the verdict.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/client/transport.hpp>
#include <volley/verdict/questions.hpp>

namespace volley::verify {

/// Watches how the body of the request arrives, `n` times, one after the other.
boost::asio::awaitable<std::vector<verdict::Stream>> watch_streams(boost::asio::any_io_executor executor,
                                                                   client::DirectRequest request, std::size_t n,
                                                                   TimePoint deadline);

/// Where a server tells how many requests are in progress: a path, and behind `#` a JSON pointer (RFC 6901) into its answer.
struct Gauge {
    std::string path;  ///< empty: there is none
    std::string pointer;
};
[[nodiscard]] Gauge parse_gauge(std::string_view text);
/// What the gauge says: a text that is a number, or JSON: what the pointer names, else the first number among its members.
[[nodiscard]] std::optional<double> gauge_value(std::string_view body, const std::string& pointer);

/// Sends `seen.n` requests at once, leaves after `seen.after`, and fills in what came of it. Cancellation ends it early; the caller has
/// switched this_coro::throw_if_cancelled off, since the requests must be joined all the same.
boost::asio::awaitable<void> abandon(boost::asio::any_io_executor executor, client::DirectRequest request, Gauge gauge,
                                     verdict::Abandonment& seen, TimePoint deadline);

}  // namespace volley::verify
