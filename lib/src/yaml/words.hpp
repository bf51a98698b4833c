// Words for messages: quoting what somebody wrote, guessing what they meant.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace volley::yaml {

inline constexpr std::size_t most_in_quotes = 60;

/// `text` between backquotes, escaped for a terminal, on one line, cut after most_in_quotes bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost 1. Stops counting at 64 bytes.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of the candidates, where it is near enough to be meant; else "".
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "did you mean `x`?" where one is near, else "known: a, b, c" (`what` instead of "known"), else "".
[[nodiscard]] std::string suggest(std::string_view word, std::span<const std::string_view> candidates,
                                  std::string_view what = "known");
[[nodiscard]] std::string suggest(std::string_view word, const std::vector<std::string>& candidates,
                                  std::string_view what = "known");

/// `a, b and c`.
[[nodiscard]] std::string join_words(std::span<const std::string_view> words, std::string_view last = "and");

}  // namespace volley::yaml
