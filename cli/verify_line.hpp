// What a verification does just now, for the live line.
#pragma once

#include <string>

#include <volley/verify.hpp>

namespace volley::cli {

/// `20 at once: is the limit exactly 5?  12/20  3.2 s of 60 s`
[[nodiscard]] std::string line_of(const verify::Progress& p);

}  // namespace volley::cli
