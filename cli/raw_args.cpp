#include "raw_args.hpp"

#include <algorithm>
#include <map>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <volley/error.hpp>

namespace volley::cli {
namespace {

/// What an option of CLI11 stands for.
struct Meaning {
    const Flag* flag = nullptr;
    bool negated = false;
};

const Flag* find_flag(const std::vector<const Flag*>& flags, std::string_view name) {
    const auto it = std::ranges::find_if(flags, [&](const Flag* f) { return f->name == name; });
    return it == flags.end() ? nullptr : *it;
}
const Flag* find_flag(const std::vector<const Flag*>& flags, char short_name) {
    const auto it = std::ranges::find_if(flags, [&](const Flag* f) { return f->short_name == short_name; });
    return it == flags.end() ? nullptr : *it;
}

/// --name, --name=value or --no-name of a flag that there is.
bool is_long_flag(const std::vector<const Flag*>& flags, std::string_view arg) {
    if (!arg.starts_with("--")) return false;
    const std::string_view name = arg.substr(2, arg.find('=') == std::string_view::npos ? arg.npos : arg.find('=') - 2);
    return find_flag(flags, name) != nullptr || (name.starts_with("no-") && find_flag(flags, name.substr(3)) != nullptr);
}

/// CLI11 2.1 reads `--raw=` as "the value follows" and keeps the `=` of `-p=hb`. HTTPie's users write both, so values that are
/// joined with `=` are put apart before it sees them.
/// @param error  set where a flag stands in the place of another's value, as argparse refuses it; joined with `=` it would be one
std::vector<std::string> split_joined_values(const std::vector<const Flag*>& flags, const std::vector<std::string>& args,
                                             std::string& error) {
    std::vector<std::string> out;
    bool value_follows = false;
    bool ended = false;
    for (const std::string& arg : args) {
        if (ended || value_follows || arg.size() < 2 || arg[0] != '-') {
            if (value_follows && is_long_flag(flags, arg) && error.empty())
                error = escape_for_terminal(out.back()) +
                        " needs a value, not a flag (if it is one: " + escape_for_terminal(out.back()) + "=" +
                        escape_for_terminal(arg) + ")";
            value_follows = false;
            out.push_back(arg);
            continue;
        }
        if (arg == "--") {
            ended = true;
            out.push_back(arg);
            continue;
        }
        if (arg.starts_with("--")) {
            const std::size_t equal = arg.find('=');
            const Flag* flag = find_flag(flags, std::string_view(arg).substr(2, equal == std::string::npos ? equal : equal - 2));
            if (flag != nullptr && !flag->value.empty() && equal != std::string::npos) {
                out.push_back(arg.substr(0, equal));
                out.push_back(arg.substr(equal + 1));
            } else {
                value_follows = flag != nullptr && !flag->value.empty();
                out.push_back(arg);
            }
            continue;
        }
        // -vpB, -p=hb: switches up to the first letter that takes a value.
        std::size_t at = 1;
        const Flag* flag = nullptr;
        while (at < arg.size() && (flag = find_flag(flags, arg[at])) != nullptr && flag->value.empty()) ++at;
        if (at == arg.size() || flag == nullptr) {
            out.push_back(arg);
            continue;
        }
        out.push_back(arg.substr(0, at + 1));
        if (at + 1 == arg.size())
            value_follows = true;
        else
            out.push_back(arg.substr(at + (arg[at + 1] == '=' ? 2 : 1)));
    }
    return out;
}

std::string complaint(const std::vector<const Flag*>& flags, const std::vector<std::string>& unknown) {
    std::string text = "unrecognized arguments:";
    std::vector<std::string> names;
    for (const Flag* flag : flags) {
        names.push_back(spelled(*flag));
        names.push_back("--no-" + std::string(flag->name));
    }
    std::string hint;
    for (const std::string& arg : unknown) {
        text += ' ' + escape_for_terminal(arg);
        const std::size_t equal = arg.find('=');
        const std::string_view name = std::string_view(arg).substr(0, equal);
        if (arg.starts_with("--") && hint.empty()) {
            if (const auto near = nearest(name, names)) hint = "did you mean " + *near + "?";
        }
    }
    if (!hint.empty()) text += " (" + hint + ')';
    return text;
}

}  // namespace

bool RawArgs::has(FlagId id) const noexcept {
    return std::ranges::any_of(flags, [id](const TypedFlag& f) { return f.id == id && !f.negated; });
}

RawArgs parse_args(Verb verb, const std::vector<std::string>& args) {
    RawArgs out;
    const auto flags = flags_of(verb);
    CLI::App app;
    app.set_help_flag();  // -h belongs to HTTPie's users; --help is in the table
    app.allow_extras();
    std::map<const CLI::Option*, Meaning> meanings;
    const auto accept = [](const CLI::results_t&) { return true; };
    for (const Flag* flag : flags) {
        std::string names = spelled(*flag);
        if (flag->short_name != 0)
            names += std::string(",-") + flag->short_name;
        else if (verb != Verb::request && flag->id == FlagId::help)
            names += ",-h";
        CLI::Option* option = flag->value.empty() ? app.add_flag_callback(names, [] {}) : app.add_option(names, accept);
        if (flag->value.empty()) option->disable_flag_override();
        option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        meanings[option] = {flag, false};
        if (flag->id == FlagId::help || flag->id == FlagId::version) continue;
        CLI::Option* negation = app.add_flag_callback("--no-" + std::string(flag->name), [] {});
        negation->disable_flag_override()->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        meanings[negation] = {flag, true};
    }
    CLI::Option* positional = app.add_option("positionals", accept);
    // Not a vector, which CLI11 would take "[0][x]" apart for: one option that wants more words than there can be.
    positional->expected(CLI::detail::expected_max_vector_size - 1)->allow_extra_args(false);
    positional->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);

    try {
        auto words = split_joined_values(flags, args, out.error);
        if (!out.error.empty()) return out;
        std::ranges::reverse(words);  // CLI11 takes them from the back
        app.parse(std::move(words));
    } catch (const CLI::ArgumentMismatch&) {
        // Either a switch was given a value, or the last flag was not given its own.
        for (const std::string& arg : args) {
            const std::size_t equal = arg.find('=');
            if (!arg.starts_with("--") || equal == std::string::npos) continue;
            std::string_view name = std::string_view(arg).substr(2, equal - 2);
            if (name.starts_with("no-")) name.remove_prefix(3);
            if (const Flag* flag = find_flag(flags, name); flag != nullptr && (flag->value.empty() || arg.starts_with("--no-"))) {
                out.error = escape_for_terminal(arg.substr(0, equal)) + " takes no value";
                return out;
            }
        }
        out.error = escape_for_terminal(args.back()) + " needs a value";
        return out;
    } catch (const CLI::ParseError& e) {
        out.error = e.what();
        return out;
    }
    std::map<const CLI::Option*, std::size_t> seen;
    for (const CLI::Option* option : app.parse_order()) {
        const auto it = meanings.find(option);
        if (it == meanings.end()) continue;
        const auto& [flag, negated] = it->second;
        const std::size_t index = seen[option]++;
        out.flags.push_back({flag->id, flag->value.empty() || negated ? std::string{} : option->results().at(index), negated});
    }
    out.positionals = positional->results();
    auto unknown = app.remaining();
    std::erase(unknown, "--");  // CLI11 counts the mark itself among what it does not know
    if (!unknown.empty()) out.error = complaint(flags, unknown);
    return out;
}

}  // namespace volley::cli
