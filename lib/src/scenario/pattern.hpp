// Regular expressions of checks.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <volley/scenario/scenario.hpp>

namespace volley::scenario {

/// Perl syntax, at most 4 KiB. @return nullptr with the reason in `why`.
[[nodiscard]] std::shared_ptr<const Pattern> compile_pattern(std::string_view text, std::string& why);

/// Whether it matches somewhere. @return nothing where the expression costs too much on this text (it is remote, so that can happen).
[[nodiscard]] std::optional<bool> matches_somewhere(const Pattern& pattern, std::string_view text);

}  // namespace volley::scenario
