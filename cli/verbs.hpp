// The verbs. One row for each; main, help, the manual page, completions and "did you mean" read it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flags.hpp"
#include "terminal.hpp"

namespace volley::cli {

/// What a verb's function is given.
struct Call {
    Program program;
    Terminal terminal;
    std::string verb;               ///< as typed; empty for `volley [METHOD] URL`
    std::vector<std::string> args;  ///< after the verb
};

struct VerbRow {
    std::string_view name;
    Verb kind;
    std::string_view synopsis;  ///< after `volley`
    std::string_view summary;   ///< one line
    std::string_view prose;     ///< sentences for its --help; may be empty
    std::string_view examples;  ///< lines, each one a command
    int (*run)(const Call& call);
};

/// Verbs of this version, in the order of help.
[[nodiscard]] std::span<const VerbRow> all_verbs() noexcept;
[[nodiscard]] const VerbRow* find_verb(std::string_view name) noexcept;
/// The row of `volley [METHOD] URL`.
[[nodiscard]] const VerbRow& bare_request() noexcept;
/// Exit code of bad usage: HTTPie's 1 for request verbs, 2 elsewhere.
[[nodiscard]] int usage_exit(Verb kind) noexcept;

int cmd_request(const Call& call);
int cmd_load(const Call& call);
int cmd_offer(const Call& call);
int cmd_verify(const Call& call);
int cmd_run(const Call& call);
int cmd_serve(const Call& call);
int cmd_help(const Call& call);
int cmd_completion(const Call& call);

/// `volley --help`, `volley VERB --help`, and the options of volley(1) in mdoc.
[[nodiscard]] std::string help_text(const Program& program);
[[nodiscard]] std::string help_text(const Program& program, const VerbRow& verb);
[[nodiscard]] std::string mdoc_options();
/// The verbs as items of an mdoc list.
[[nodiscard]] std::string mdoc_verbs();

}  // namespace volley::cli
