// Secrets in texts that people read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace volley {

/// Every way in which the secrets may stand in a text: as they are, as JSON, a URL or our own escaping for a terminal writes them.
/// Longest first, so that a secret within another does not uncover the rest of it.
[[nodiscard]] std::vector<std::string> spellings(const std::vector<std::string>& secrets);

/// The text with *** in the place of each spelling.
[[nodiscard]] std::string mask(std::string_view text, const std::vector<std::string>& spellings);

/// The same of no more of a text than its first `shown` bytes need, for a text that is long and will be cut.
[[nodiscard]] std::string mask_start(std::string_view text, const std::vector<std::string>& spellings, std::size_t shown);

}  // namespace volley
