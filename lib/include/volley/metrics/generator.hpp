// What the generator itself did: how far its figures can be trusted.
#pragma once

#include <cstdint>
#include <string>

#include <volley/metrics/histogram.hpp>
#include <volley/time.hpp>

namespace volley::metrics {

/// Of one phase, over all threads that made its load.
struct GeneratorFigures {
    std::string transport;  ///< `fast` (our HTTP/1.1) or `curl`
    unsigned threads = 0;
    Duration cpu{};                 ///< user and system time of its threads over the phase
    Histogram timer_overshoot;      ///< how late a timer woke it, of all that it slept by
    std::uint64_t connections = 0;  ///< opened over the phase
    bool busy = false;              ///< its threads had next to no idle time: the server may be faster than what was seen

    void merge(const GeneratorFigures& other);
};

}  // namespace volley::metrics
