// The completion script for fish.
#include "completion.hpp"

namespace volley::cli {
namespace {

constexpr std::string_view script = R"SH(# Completion of volley(1) for fish, written by `volley completion fish`.

# The verb of the line; `none` where there is no word yet, `bare` for a method or URL.
function __volley_verb
    set -l skip no
    for word in (commandline -opc)[2..]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case --
                break
            case %WITH_VALUE%
                set skip yes
            case '-?*'
            case %VERB_NAMES%
                echo $word
                return
            case '*'
                echo bare
                return
        end
    end
    echo none
end

function __volley_verb_is
    contains -- (__volley_verb) $argv
end

# $argv: servers, scenarios or variables, of the scenario files among the words
function __volley_names
    set -l words (commandline -opc)
    set -l files
    for word in $words[2..]
        set word (string replace -r '^~/' "$HOME/" -- $word)
        if test -f "$word"
            set -a files $word
        end
    end
    if set -q files[1]
        $words[1] __names $argv[1] $files 2>/dev/null
    end
end

function __volley_scenarios
    __fish_complete_path (commandline -ct) | string match -r '^[^\t]*(?:/|\.ya?ml)(?:\t.*)?$'
end

# A request item: behind @ stands a file.
function __volley_items
    set -l parts (string match -r '^(.*@)([^@]*)$' -- (commandline -ct))
    or return
    for file in (__fish_complete_path $parts[3])
        echo $parts[2]$file
    end
end

complete -c volley -f
%LINES%)SH";

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + '\'';
}

/// What goes behind -a; empty: nothing that this script would add.
std::string additions(const Candidates& c) {
    std::string out = joined(c.words, " ");
    switch (c.source) {
        case Candidates::Source::nothing:
        case Candidates::Source::files:
        case Candidates::Source::verbs:
            break;
        case Candidates::Source::scenarios:
            out += "(__volley_scenarios)";
            break;
        case Candidates::Source::items:
            out += "(__volley_items)";
            break;
        case Candidates::Source::names:
            out += "(__volley_names " + std::string(c.names) + ')';
            break;
    }
    return out;
}

std::string flag_line(const Flag& flag, Verb kind, const std::string& condition) {
    std::string out = condition;
    for (const auto& name : spellings(flag, kind))
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!flag.value.empty()) {
        const Candidates c = candidates(flag, kind);
        out += c.source == Candidates::Source::files ? " -r -F" : " -x";
        if (const auto words = additions(c); !words.empty()) out += " -a " + quoted(words);
    }
    return out + " -d " + quoted(flag.doc) + '\n';
}

}  // namespace

std::string completion_fish() {
    std::vector<std::string> names;
    for (const auto& row : all_verbs()) names.emplace_back(row.name);
    const auto when = [](const std::string& verbs) { return "complete -c volley -n '__volley_verb_is " + verbs + '\''; };

    std::string lines;
    const auto verb_lines = [&](const std::string& condition) {
        for (const auto& row : all_verbs())
            lines += condition + " -a " + std::string(row.name) + " -d " + quoted(row.summary) + '\n';
    };
    verb_lines(when("none"));
    for (const auto& row : all_verbs()) {
        const Candidates c = candidates(row);
        if (row.kind == Verb::request) continue;
        const std::string condition = when(std::string(row.name));
        if (c.source == Candidates::Source::verbs)
            verb_lines(condition);
        else if (c.source == Candidates::Source::files)
            lines += condition + " -F\n";
        else if (const auto words = additions(c); !words.empty())
            lines += condition + " -a " + quoted(words) + '\n';
    }
    for (const auto& [kind, verbs] : verbs_by_kind()) {
        std::string condition = joined(verbs, " ");
        if (kind == Verb::request) {
            condition += " bare";
            lines += when(condition) + " -a " + quoted(additions(candidates(bare_request()))) + '\n';
            condition += " none";
        }
        for (const Flag* flag : flags_of(kind)) lines += flag_line(*flag, kind, when(condition));
    }
    return filled(script,
                  {{"WITH_VALUE", joined(flags_with_value(), " ")}, {"VERB_NAMES", joined(names, " ")}, {"LINES", lines}});
}

}  // namespace volley::cli
