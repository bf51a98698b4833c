// What is known about one exchange, whatever it was: a request, a round trip, a frame.
#pragma once

#include <cstdint>
#include <string>

#include <volley/time.hpp>

namespace volley::metrics {

/// How an exchange ended. `ok` says that an answer came whole, not that it was the right one: see Sample::right.
enum class Outcome : std::uint8_t {
    ok,
    resolve,
    refused,
    reset,
    timeout,
    tls,
    protocol,
    truncated,
    exhausted,
    cancelled,
    too_large
};
[[nodiscard]] std::string_view to_string(Outcome o) noexcept;
[[nodiscard]] Outcome outcome_of(const error_code& ec) noexcept;

/// One exchange. An instant that was not reached holds TimePoint{} (the epoch of the clock).
struct Sample {
    TimePoint planned{};     ///< when it was to start
    TimePoint started{};     ///< when it did
    TimePoint resolved{};    ///< the host had an address; not reached where the connection was there before
    TimePoint tcp{};         ///< TCP was connected; likewise
    TimePoint connected{};   ///< a connection was there, TLS included (equal to `started` when one had been prepared)
    TimePoint sent{};        ///< the first byte of the request was handed to the kernel; the first time, where it was `repeated`
    TimePoint first_byte{};  ///< the first byte of the answer
    TimePoint done{};        ///< the last one, or the instant of the failure
    /// Of the answer, head and body, as they came over the wire; with libcurl without the framing of chunks and HTTP/2, and decoded.
    std::uint64_t bytes = 0;
    std::uint32_t connection = 0;  ///< which connection carried it, numbered by its transport
    std::uint16_t phase = 0;       ///< index into the plan
    std::uint16_t step = 0;        ///< index into the scenario's steps
    std::int16_t status = 0;       ///< HTTP status, 0 where none came
    Outcome outcome = Outcome::cancelled;
    bool right = false;  ///< outcome ok and every check held (without checks: status 200 to 399)
    bool warmup = false;
    /// It was sent once more on a new connection, since the server closed the idle one that was used first: `resolved`, `tcp` and
    /// `connected` say nothing of the new one, whose opening is part of the service time.
    bool repeated = false;

    /// From the planned start: what a user of the server sees, our own lag included.
    [[nodiscard]] Duration response_time() const noexcept { return done - planned; }
    /// From the actual start: the same without our own lag. Connecting, TLS and a request sent again are in it.
    [[nodiscard]] Duration time_from_start() const noexcept { return done - started; }
    /// From the first byte sent: what the server did.
    [[nodiscard]] Duration service_time() const noexcept { return done - sent; }
    /// How late we were ourselves.
    [[nodiscard]] Duration start_lag() const noexcept { return started - planned; }
};

/// Names one series of figures.
struct MetricKey {
    std::string server;
    std::string scenario;
    std::string phase;
    std::string step;
    std::string name;
    std::string unit;
    auto operator<=>(const MetricKey&) const = default;
};

}  // namespace volley::metrics
