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
    std::vector<double> firsts;       ///< first bytes of the same, likewise
    std::size_t refused = 0;          ///< answered, but not right; or refused, reset, closed
    std::size_t lost = 0;             ///< no answer came: time was over, ours or its
    int refusal = 0;                  ///< the commonest status of those refused; 0: connections
    double lag = 0;                   ///< 99 of 100 were started by then
    double cost = 0;                  ///< what the generator takes for so many, by the control
    double makespan = 0;              ///< to the last right answer
    double ratio = 0;                 ///< to S
    std::size_t first_turn = 0;       ///< answers that came as early as one alone could
    std::vector<std::size_t> groups;  ///< clusters of last bytes
    std::vector<std::size_t> first_groups;

    [[nodiscard]] bool held() const noexcept { return burst->sockets != Sockets::cold; }
    [[nodiscard]] std::size_t late() const noexcept { return ends.size() - first_turn; }
    /// One answer as early as one alone, all the others together at the end: an event loop that was kept from writing.
    [[nodiscard]] bool convoy() const noexcept;
};

/// What the generator itself needs for n requests, by the nearest control; 0 where there is none.
[[nodiscard]] double control_cost(const Observation& seen, std::size_t n);
/// Was a control of just this size fired?
[[nodiscard]] bool has_control(const Observation& seen, std::size_t n);

/// All bursts of two or more, in their order.
[[nodiscard]] std::vector<View> views_of(const Observation& seen, const Solo& solo);

}  // namespace volley::verdict
