// All that the parts say of one observation, and what follows from them together: judge() words it, the ladder asks what is missing.
#pragma once

#include <vector>

#include <volley/verdict/observation.hpp>

#include "verdict/canary.hpp"
#include "verdict/fit.hpp"
#include "verdict/limits.hpp"
#include "verdict/process.hpp"
#include "verdict/solo.hpp"
#include "verdict/stalls.hpp"

namespace volley::verdict {

/// Why nothing can be said.
enum class Unclear : std::uint8_t {
    no,
    nothing_right,  ///< no request alone was answered right
    too_fast,       ///< S is too short to tell turns from noise
    too_long,       ///< not even two at once fit into the time
    too_different,  ///< service times differ more than turns would
    streams,        ///< one HTTP/2 connection takes one request at a time
    busy,           ///< the server was kept from the processor by others
    generator,      ///< we were late, or slow by the control
    failures,       ///< requests fail, and not above one number
    rate,           ///< they are refused by how many came within a time
    no_rise,        ///< at once takes longer than alone, but more at once not longer still: neither turns nor a slope
    disagree,       ///< repeats differ, and nothing explains it
    interrupted,
};

/// What keeps requests from overlapping all the way, other than W.
enum class Hold : std::uint8_t {
    none,
    cpu,
    busy,     ///< others have the processors: nothing is known of the server
    loop,     ///< the event loop
    pace,     ///< answers are spaced while the server is idle
    unknown,  ///< something is done one at a time; what, was not to be seen
};

struct Assessment {
    /// @param body_turn  seconds that bodies take one after another, where `observed` is judged by first bytes
    explicit Assessment(const Observation& observed, double body_turn = 0);
    Assessment(const Assessment&) = delete;  // `fit` points into `views`
    Assessment& operator=(const Assessment&) = delete;
    Assessment(Assessment&&) = delete;
    Assessment& operator=(Assessment&&) = delete;
    ~Assessment() = default;

    const Observation& seen;
    double body_turn = 0;
    Solo solo;
    std::vector<View> views;
    double each = 0;  ///< seconds that a request costs the server, taken off the views
    Limits limits;
    Backlog backlog;
    Workings work;
    Canaries canaries;
    Fit fit;
    Stalls stalls;
    Unclear unclear = Unclear::no;
    Hold hold = Hold::none;
    bool worker_server = false;  ///< known to give each worker one request at a time, reading included

    /// Growth so small that it is what a request costs, and no limit.
    [[nodiscard]] bool only_cost() const noexcept;
    /// Enough failed in the same way to speak of a limit.
    [[nodiscard]] bool refuses() const noexcept;
    /// The longest that everything was held up, in seconds, though requests overlap otherwise; 0: they do not, or nothing was.
    [[nodiscard]] double stood_still() const noexcept;
    /// The process that was seen is the one that answers.
    [[nodiscard]] bool process_known() const noexcept {
        return work.seen && !work.proxy && !seen.process_ended && seen.via.empty();
    }
};

/// The shortest service time that is judged: below it, what the kernels and the generator do is as long.
inline constexpr double least_service = 0.005;

}  // namespace volley::verdict
