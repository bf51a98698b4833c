// Numbers that more than one module holds people to.
#pragma once

namespace volley {

/// Workers of a pool server. They are threads: more than that is a slip of the finger.
inline constexpr unsigned most_workers = 1000;

}  // namespace volley
