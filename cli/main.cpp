// Finds the verb and calls it: the only catch-all, the only exit code that leaves the program.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <volley/error.hpp>
#include <volley/net/signals.hpp>
#include <volley/server/spawn.hpp>

#include "completion.hpp"
#include "exit_code.hpp"
#include "raw_args.hpp"
#include "verbs.hpp"

namespace {

using namespace volley::cli;

/// Verbs that are to come. As methods they would be sent somewhere by mistake, so small letters are refused; `volley LOAD URL` works.
constexpr std::string_view later_verbs[] = {"compare", "merge", "report", "validate", "schema"};

/// The place of the first argument that is neither a flag nor a flag's value, or args.size().
std::size_t first_word(const std::vector<std::string>& args) {
    for (std::size_t at = 0; at < args.size(); ++at) {
        const std::string& arg = args[at];
        if (arg.size() < 2 || arg[0] != '-') return at;
        if (arg == "--") return args.size();
        for (const Flag& flag : all_flags()) {
            const bool long_form = arg == spelled(flag);
            const bool short_form = flag.short_name != 0 && arg == std::string("-") + flag.short_name;
            if ((long_form || short_form) && !flag.value.empty()) {
                ++at;
                break;
            }
        }
    }
    return args.size();
}

/// Refuses a word that is nearly a verb, before it is taken for a method or a host.
std::string mistaken_verb(const std::vector<std::string>& args, std::size_t at) {
    const std::string& word = args[at];
    const bool small_letters = !word.empty() && std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
    if (!small_letters || word == "localhost") return {};
    for (const auto later : later_verbs)
        if (word == later) return "the verb '" + word + "' is not in this version";
    std::vector<std::string> names;
    for (const auto& verb : all_verbs()) names.emplace_back(verb.name);
    const auto near = nearest(word, names);
    if (!near) return {};
    return "there is no verb '" + word + "'; did you mean '" + *near + "'? (as a method write it in capitals, as a host http://" +
           word + ")";
}

/// A socket of ours must not become the standard output that somebody has closed. What is opened takes no bytes: writing still fails.
void keep_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(fd, F_GETFD) == -1 && ::open("/dev/null", O_RDONLY) == -1) return;
}

int dispatch(const Program& program, const std::vector<std::string>& args) {
    Call call{program, look_at_terminal(), "", args};
    const VerbRow* row = &bare_request();
    if (!program.request_only) {
        const std::size_t at = first_word(args);
        if (args == std::vector<std::string>{"__man-options"}) {
            std::fputs(mdoc_options().c_str(), stdout);
            return 0;
        }
        if (args == std::vector<std::string>{"__man-verbs"}) {
            std::fputs(mdoc_verbs().c_str(), stdout);
            return 0;
        }
        if (args.size() > 1 && args[0] == "__names") return print_names(args[1], {args.begin() + 2, args.end()});
        if (args.empty()) {
            std::fputs(help_text(program).c_str(), stderr);
            return usage_exit(Verb::request);
        }
        if (at < args.size()) {
            if (const VerbRow* found = find_verb(args[at])) {
                row = found;
                call.verb = args[at];
                call.args.erase(call.args.begin() + static_cast<std::ptrdiff_t>(at));
            } else if (const auto text = mistaken_verb(args, at); !text.empty()) {
                print_error(program, text);
                return usage_exit(Verb::request);
            }
        }
    }
    const auto raw = parse_args(row->kind, call.args);
    if (raw.has(FlagId::help)) {
        const bool top = call.verb.empty() && !program.request_only;
        std::fputs((top ? help_text(program) : help_text(program, *row)).c_str(), stdout);
        return 0;
    }
    if (raw.has(FlagId::version)) {
        std::puts("volley " VOLLEY_VERSION);
        return 0;
    }
    return row->run(call);
}

}  // namespace

int main(int argc, char** argv) {
    keep_standard_descriptors();
    const Program program = program_of(argc > 0 ? argv[0] : nullptr);
    try {
        // Servers under test and their supervisor are this program again, in processes of their own.
        if (argc > 1 && std::string_view(argv[1]) == "__helper") return volley::server::helper_main(argc - 1, argv + 1);
        volley::server::set_helper({"/proc/self/exe", "__helper"});
        volley::net::raise_descriptor_limit();
        int code = dispatch(program, {argv + std::min(argc, 1), argv + argc});
        if (std::fflush(stdout) != 0 && code == 0 && !program.request_only) code = 1;
        return code;
    } catch (const std::exception& e) {
        print_error(program, std::string("a fault in volley itself: ") + volley::escape_for_terminal(e.what()));
    } catch (...) {
        print_error(program, "a fault in volley itself");
    }
    return request_exit::error;
}
