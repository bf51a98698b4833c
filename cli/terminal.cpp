#include "terminal.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace volley::cli {

Terminal look_at_terminal() {
    Terminal terminal;
    terminal.stdout_is_terminal = ::isatty(STDOUT_FILENO) == 1;
    terminal.stderr_is_terminal = ::isatty(STDERR_FILENO) == 1;
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    terminal.rewrites = term == nullptr || std::string_view(term) != "dumb";
    // no-color.org: present and not empty, whatever its value.
    terminal.colours = (no_color == nullptr || *no_color == '\0') && terminal.rewrites;
    return terminal;
}

Program program_of(const char* argv0) {
    Program program;
    const std::string_view path = argv0 == nullptr ? "" : argv0;
    const std::string_view base = path.substr(path.rfind('/') + 1);
    if (base == "http" || base == "https") {
        program.name = std::string(base);
        program.default_scheme = std::string(base);
        program.request_only = true;
    }
    return program;
}

void print_error(const Program& program, const std::string& text) {
    std::fprintf(stderr, "%s: error: %s\n", program.name.c_str(), text.c_str());
}

void print_warning(const Program& program, const std::string& text) {
    std::fprintf(stderr, "%s: warning: %s\n", program.name.c_str(), text.c_str());
}

}  // namespace volley::cli
