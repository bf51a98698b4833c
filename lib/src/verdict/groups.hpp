// A burst in figures: when its answers came, and in which clusters.
#pragma once

#include <cstddef>
#include <vector>

#include <volley/verdict/observation.hpp>

#include "verdict/solo.hpp"

namespace volley::verdict {

/// One burst of two or more, in seconds from its planned start.
struct View {
    const Burst* burst = nullptr;
    std::size_t n = 0;
    std::vector<double> ends;         ///< last bytes of right answers, ascending, the generator's cost taken off
    std::size_t refused = 0;          ///< answered, but not right; or refused, reset, closed
    std::size_t unlike = 0;           ///< of those refused: answered with success, but not as one alone ever was
    std::size_t lost = 0;             ///< no answer came: time was over, ours or its
    int refusal = 0;                  ///< the commonest status of those refused; 0: connections
    double lag = 0;                   ///< 99 of 100 were started by then
    double cost = 0;                  ///< what the generator takes for so many, by the control
    bool costly = false;              ///< what the server needs for each request adds up to most of a turn
    double makespan = 0;              ///< to the last right answer
    double measured = 0;              ///< the same with only the generator's cost taken off, which was measured
    double took = 0;                  ///< the same with all costs left in
    double ratio = 0;                 ///< to S
    std::size_t first_turn = 0;       ///< answers that came as early as one alone could
    std::vector<std::size_t> groups;  ///< clusters of last bytes

    [[nodiscard]] bool held() const noexcept { return burst->sockets != Sockets::cold; }
    [[nodiscard]] std::size_t late() const noexcept { return ends.size() - first_turn; }
    /// One answer as early as one alone, all the others together at the end: an event loop that was kept from writing.
    [[nodiscard]] bool convoy() const noexcept;
};

/// What requests cost the server in all, as a share of S: above it a turn more or less cannot be told.
inline constexpr double most_cost = 0.6;

/// What the generator itself needs for n requests, by the nearest control; 0 where there is none.
[[nodiscard]] double control_cost(const Observation& seen, std::size_t n);
/// Was a control of just this size fired?
[[nodiscard]] bool has_control(const Observation& seen, std::size_t n);

/// The smallest number of requests that one HTTP/2 connection had not enough streams for; 0: there is none.
[[nodiscard]] std::size_t streams_exceeded(const Observation& seen);

/// All bursts of two or more, in their order, but for those that had to share themselves out among HTTP/2 connections: their times tell of
/// that connection's limit, or of its opening, and not of the endpoint.
/// @param each  seconds that each request costs the server beside S, so little that it is no limit; taken off as the generator's cost is
[[nodiscard]] std::vector<View> views_of(const Observation& seen, const Solo& solo, double each = 0);

/// What a request costs the server, by bursts of ten and more that took one turn; 0 where that is as much as a limit (2 % of S).
[[nodiscard]] double cost_of_each(const std::vector<View>& views, const Solo& solo);

}  // namespace volley::verdict
