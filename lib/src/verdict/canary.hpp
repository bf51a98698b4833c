// What the small requests beside a burst say.
#pragma once

#include <vector>

#include "verdict/groups.hpp"

namespace volley::verdict {

/// One kind of canary, over all bursts.
struct Song {
    bool heard = false;   ///< some were sent beside a burst that took more than one turn, or any where none did
    bool waited = false;  ///< as long as the burst's requests did, far beyond the idle server's time
    double stall = 0;     ///< the longest beyond the idle time, seconds
    double share = 0;     ///< of the makespan beside which it was
};
struct Canaries {
    Song app;
    Song parser;
    [[nodiscard]] double stall() const noexcept { return app.stall > parser.stall ? app.stall : parser.stall; }
};
/// @param service  S in seconds
[[nodiscard]] Canaries canaries_of(const Observation& seen, const std::vector<View>& views, double service);

}  // namespace volley::verdict
