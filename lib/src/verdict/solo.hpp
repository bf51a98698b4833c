// Requests alone: how long one takes, and how much that differs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <volley/verdict/observation.hpp>

namespace volley::verdict {

/// Seconds throughout the module: figures are compared and multiplied, and what is printed is rounded anyway.
struct Solo {
    std::vector<double> times;  ///< of right answers to requests alone, ascending
    double service = 0;         ///< S; 0 when nothing is known
    double mean = 0;
    double lowest = 0;
    double highest = 0;
    std::uint64_t least_bytes = 0;  ///< of right answers; 0: not known
    std::uint64_t most_bytes = 0;
    double spread = 0;           ///< half the width of the distribution, as a share of S
    std::size_t wrong = 0;       ///< requests alone that were not answered right
    bool given_differs = false;  ///< what the user gave is not what was measured

    /// Above this the turns of a pool run into each other, and only distributions can be compared.
    static constexpr double most_narrow = 0.25;
    [[nodiscard]] bool wide() const noexcept { return spread > most_narrow; }
    /// In units of S: an answer that comes later was not begun at once.
    [[nodiscard]] double late() const noexcept;
};

[[nodiscard]] Solo solo_of(const Observation& seen);
/// Takes in times that small bursts showed, all of whose requests overlapped: S is known better by more of them.
void refine(Solo& solo, std::span<const double> more);

/// How many requests alone are worth sending, by what the ones so far showed.
[[nodiscard]] std::size_t solos_wanted(const Solo& solo);

/// The median of nearest rank, of values in any order; 0 when empty.
[[nodiscard]] double median_of(std::vector<double> values);
/// The quantile of nearest rank of ascending values; 0 when empty.
[[nodiscard]] double quantile(std::span<const double> ascending, double q);

/// How likely a value of `b` is larger than one of `a` (0.5: the same), and by how many standard deviations that differs from 0.5.
/// Source: Mann and Whitney, "On a test of whether one of two random variables is stochastically larger", 1947; no correction for ties.
struct Comparison {
    double larger = 0.5;
    double z = 0;
};
[[nodiscard]] Comparison compare(std::span<const double> a, std::span<const double> b);

}  // namespace volley::verdict
