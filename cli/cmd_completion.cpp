// volley completion: the script for a shell; and the names in scenario files, which the scripts ask for.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include <volley/error.hpp>
#include <volley/scenario/scenario.hpp>

#include "completion.hpp"
#include "exit_code.hpp"
#include "raw_args.hpp"

namespace volley::cli {
namespace {

constexpr std::size_t largest_file = 1U << 20U;

std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(largest_file, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

/// A name goes into a command line as it is, so it must mean nothing to any shell.
bool is_harmless(std::string_view name) {
    return !name.empty() && name[0] != '-' && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
}

}  // namespace

int print_names(std::string_view what, const std::vector<std::string>& files) {
    const auto print = [](std::string_view name, std::string_view end) {
        if (is_harmless(name)) std::fputs((std::string(name) + std::string(end) + '\n').c_str(), stdout);
    };
    for (const auto& file : files) {
        // Errors do not matter here: what could be read is offered.
        const auto loaded = scenario::load_scenario(text_of(file), file);
        if (what == "servers")
            for (const auto& server : loaded.scenario.servers) print(server.name, "");
        else if (what == "scenarios")
            for (const auto& body : loaded.scenario.scenarios) print(body.name, "");
        else if (what == "variables")
            for (const auto& variable : loaded.scenario.variables) print(variable.first, "=");
    }
    return measure_exit::ok;
}

int cmd_completion(const Call& call) {
    const auto raw = parse_args(Verb::work, call.args);
    std::string error = raw.error;
    std::string script;
    if (error.empty() && raw.positionals.size() != 1)
        error = "completion takes one shell: bash, zsh or fish";
    else if (error.empty() && raw.positionals[0] == "bash")
        script = completion_bash();
    else if (error.empty() && raw.positionals[0] == "zsh")
        script = completion_zsh();
    else if (error.empty() && raw.positionals[0] == "fish")
        script = completion_fish();
    else if (error.empty())
        error = "completion knows bash, zsh and fish, not '" + escape_for_terminal(raw.positionals[0]) + '\'';
    if (!error.empty()) {
        print_error(call.program, error);
        return measure_exit::usage;
    }
    std::fputs(script.c_str(), stdout);
    return measure_exit::ok;
}

}  // namespace volley::cli
