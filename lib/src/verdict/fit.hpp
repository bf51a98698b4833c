// How M grows with N: M(N) = S ceil(N/W) + b N + c.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "verdict/groups.hpp"

namespace volley::verdict {

/// What completions look like.
enum class Pattern : std::uint8_t {
    undecided,
    flat,        ///< one turn: all overlap
    turns,       ///< W at a time
    slope,       ///< each request adds b: something is done one at a time, and it is shorter than S
    one_by_one,  ///< b = S, or W = 1
    varied,      ///< not the same from repeat to repeat
};

struct Fit {
    Pattern pattern = Pattern::undecided;
    std::size_t flat_upto = 0;      ///< the largest N that took one turn in some repeat; 1 by definition
    std::size_t more_from = 0;      ///< the smallest N above it that took more in every repeat; 0: none did
    std::size_t workers = 0;        ///< W of `turns`
    std::size_t workers_least = 0;  ///< where it cannot be counted exactly
    std::size_t workers_most = 0;
    bool grows = false;     ///< later bursts had more served at a time than earlier ones: between least and most
    bool exact = false;     ///< W requests take one turn and W + 1 take two
    double b = 0;           ///< seconds
    bool rises = false;     ///< `slope`: more requests were seen to take longer, within a burst or from one size to another
    double step = 0;        ///< `flat`: seconds that two and more take longer than one alone, however many they are
    std::size_t bunch = 1;  ///< `slope`: so many answers come together, and then none for a while
    double residual = 0;    ///< what the model leaves unexplained, as a share of S: the median over bursts
    bool convoy = false;    ///< some burst was one
    const View* decisive = nullptr;  ///< the burst that shows it best
    std::size_t repeats = 0;         ///< bursts as large as the decisive one
    bool agree = true;               ///< they say the same
};

/// May this burst be judged by its times? Not where the generator was late or slow itself, as far as that could matter.
[[nodiscard]] bool reliable(const View& view, const Solo& solo);

/// Did all requests of the burst overlap? Narrow service times: by the turns; wide ones: by comparison with requests alone.
[[nodiscard]] bool is_flat(const View& view, const Solo& solo);

/// Are there several processes that answer? Then bursts may vary by how connections are shared out among them.
enum class Several : std::uint8_t { no, yes, unknown };

/// Fits the bursts of more than one that answered everything, warm sockets only.
[[nodiscard]] Fit fit(const std::vector<View>& views, const Solo& solo, Several several);

}  // namespace volley::verdict
