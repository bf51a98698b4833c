// Completion scripts, written from the tables of verbs and flags: what a shell offers is what the program reads.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verbs.hpp"

namespace volley::cli {

[[nodiscard]] std::string completion_bash();
[[nodiscard]] std::string completion_zsh();
[[nodiscard]] std::string completion_fish();

/// `volley __names servers|scenarios|variables FILE...`: what a scenario file names, for completions of --server and the like.
int print_names(std::string_view what, const std::vector<std::string>& files);

/// What can stand for a flag's value or for a verb's arguments.
struct Candidates {
    enum class Source {
        nothing,  ///< nothing that a shell could know
        files,
        scenarios,  ///< *.yaml and *.yml
        items,      ///< of a request; what stands behind @ is a file
        verbs,
        names  ///< from the scenario files among the arguments
    };
    Source source = Source::nothing;
    std::vector<std::string> words;  ///< these besides
    std::string_view names;          ///< for Source::names: what print_names() calls them
};
[[nodiscard]] Candidates candidates(const Flag& flag, Verb kind);
[[nodiscard]] Candidates candidates(const VerbRow& verb);

/// The kinds of verbs that this version has, each with its verbs. Requests come first.
[[nodiscard]] std::vector<std::pair<Verb, std::vector<std::string>>> verbs_by_kind();
/// `--auth` and `-a`; -h stands for help where requests do not need it.
[[nodiscard]] std::vector<std::string> spellings(const Flag& flag, Verb kind);
/// The spellings of every flag that takes a value, each once.
[[nodiscard]] std::vector<std::string> flags_with_value();

[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view between);
/// The text with each `%NAME%` replaced by what stands beside the name.
[[nodiscard]] std::string filled(std::string_view text, const std::vector<std::pair<std::string_view, std::string>>& holes);

}  // namespace volley::cli
