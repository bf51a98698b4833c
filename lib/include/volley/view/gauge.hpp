// Counts which requests run and which wait, per route.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace volley::view {

/// How many requests are being answered now, per route pattern. A request *waits* from the moment it is complete until a view
/// starts on it, and *runs* until the view has ended (the last chunk of a stream included).
/// Thread safety: every member may be called from any thread.
class Gauge {
public:
    struct Count {
        std::size_t waiting = 0;
        std::size_t running = 0;
        std::size_t peak = 0;    ///< the most that ever ran at the same time
        std::size_t served = 0;  ///< views that ended, for whatever reason
    };
    void enter(const std::string& route);  ///< begins to wait
    void start(const std::string& route);  ///< stops waiting, runs
    void leave(const std::string& route, bool started);

    [[nodiscard]] Count of(const std::string& route) const;
    [[nodiscard]] std::map<std::string, Count> all() const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, Count> counts_;
};

}  // namespace volley::view
