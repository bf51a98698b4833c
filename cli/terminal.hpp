// What is known of the terminal and the environment. Only main() asks; the rest is told, so that tests can tell it otherwise.
#pragma once

#include <string>

namespace volley::cli {

struct Terminal {
    bool stdout_is_terminal = false;
    bool stderr_is_terminal = false;
    bool colours = true;   ///< false: NO_COLOR is set, or TERM is dumb
    bool rewrites = true;  ///< a line can be written over; false: TERM is dumb
};

[[nodiscard]] Terminal look_at_terminal();

/// Name of the program in messages: argv[0]'s last part.
struct Program {
    std::string name = "volley";
    std::string default_scheme = "http";
    bool request_only = false;  ///< called as `http` or `https`: every word is HTTPie's, there are no verbs
};
[[nodiscard]] Program program_of(const char* argv0);

/// `volley: error: text` and a newline on standard error.
void print_error(const Program& program, const std::string& text);
void print_warning(const Program& program, const std::string& text);

}  // namespace volley::cli
