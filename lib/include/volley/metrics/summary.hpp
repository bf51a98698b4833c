// Many samples as a few numbers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <volley/metrics/histogram.hpp>
#include <volley/metrics/sample.hpp>
#include <volley/metrics/time_series.hpp>

namespace volley::metrics {

/// What became of the requests of one phase against one server, in bounded memory.
struct Tally {
    std::uint64_t requests = 0;  ///< ended, in whatever way
    std::uint64_t right = 0;     ///< answered, every check held
    std::uint64_t retried = 0;   ///< of them, sent once more since the server closed the idle connection: see Sample::repeated
    std::uint64_t bytes = 0;
    std::map<std::string, std::uint64_t> errors;  ///< by kind: an Outcome's name, `status` or `check`
    std::map<int, std::uint64_t> statuses;
    Histogram response;    ///< from the planned start; right answers only
    Histogram from_start;  ///< from the actual start, whether or not that was late; right answers only
    Histogram service;     ///< from the first byte sent, the first time; right answers only
    Histogram first_byte;  ///< from the first byte sent to the first one back; right answers only
    Histogram resolve;     ///< name lookup, of those that opened a connection
    Histogram connect;     ///< TCP, likewise
    Histogram tls;         ///< handshake, likewise
    Histogram start_lag;   ///< every start
    TimeSeries series;     ///< from second to second; filled by who knows when the phase began, not by add(). Empty for bursts

    [[nodiscard]] std::uint64_t wrong() const noexcept { return requests - right; }
    /// Counts one sample. `kind` names the error of a sample that is not right.
    void add(const Sample& sample, const std::string& kind);
    void merge(const Tally& other);
};

/// What one burst showed. M is the time from the planned start to the last right answer, S the time of a request alone.
struct BurstFigures {
    std::size_t n = 0;                      ///< requests at once
    std::size_t repeats = 0;                ///< bursts that were fired; the figures are those of the one with the median makespan
    bool complete = false;                  ///< every answer of every repeat was right; otherwise the figures below say nothing
    Duration makespan{};                    ///< M
    Duration solo{};                        ///< S, median of the solo runs
    double ratio = 0;                       ///< M/S
    double overlap = 0;                     ///< N*S/M: how many slept at the same time, on average
    std::optional<double> serial_fraction;  ///< (M/S - 1)/(N - 1), for N > 1: 0 asynchronous, 1/W a pool of W, 1 serial
    std::vector<std::size_t> groups;        ///< sizes of the clusters of completions, in order
    Duration own_lag{};                     ///< latest start after the planned one: ours, inside M
};

/// Clusters of completions: a gap of more than S/3 between two neighbours begins a new one.
[[nodiscard]] std::vector<std::size_t> completion_groups(std::vector<Duration> completions, Duration solo);

/// Figures of one scenario's bursts of one size. `repeats` holds the last sample of each user, one vector a burst; `right` in it means
/// that all of the user's requests were. `solo` is zero when it is not known: then only makespan is given.
[[nodiscard]] BurstFigures burst_figures(const std::vector<std::vector<Sample>>& repeats, Duration solo);

/// Median of nearest rank (the lower one of two). Zero when empty.
[[nodiscard]] Duration median(std::vector<Duration> values);

}  // namespace volley::metrics
