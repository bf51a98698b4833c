// The completion script for zsh: a file for a folder of $fpath, or to be sourced after compinit.
#include "completion.hpp"

namespace volley::cli {
namespace {

constexpr std::string_view script = R"SH(#compdef volley
# Completion of volley(1) for zsh, written by `volley completion zsh`.

_volley_verbs() {
    local -a verbs=(
%VERBS%    )
    _describe -t verbs verb verbs
}

# What begins with some of the words $@, or a file.
_volley_words_or_files() {
    _alternative "values:value:($*)" 'files:file:_files'
}

# $1: servers, scenarios or variables, of the scenario files among the words
_volley_names() {
    local word
    local -a files names suffix
    for word in ${(Q)words[2,-1]}; do
        word=${word/#\~\//$HOME/}
        if [[ $word != -* && -f $word ]] files+=($word)
    done
    if (( ! $#files )) return 1
    if [[ $1 == variables ]] suffix=(-S '')
    names=(${(f)"$(_call_program names $words[1] __names $1 ${(q)files} 2>/dev/null)"})
    compadd "${suffix[@]}" -a names
}

_volley_items() {
    if compset -P '*@'; then
        _files
    else
        _message 'URL or item (Header:value, name==value, name=value, name:=json, name@file)'
    fi
}

_volley() {
    local verb= kind=request word
    local -a flags arguments=('1: : ')
    integer at
    for (( at = 2; at < CURRENT; at++ )); do
        word=$words[at]
        case $word in
            (--) break ;;
            (%WITH_VALUE%) (( ++at )) ;;
            (-?*) ;;
            (*) verb=$word; break ;;
        esac
    done
    case $verb in
%KINDS%    esac
    case $kind in
%FLAGS%    esac
    case $verb in
        ('') arguments=('1:verb:_volley_verbs' '*:item:_volley_items') ;;
%ARGUMENTS%        (*) if [[ $kind == request ]] arguments=('*:item:_volley_items') ;;
    esac
    _arguments -s -S $flags $arguments
}

# Loaded from $fpath this is the function's first call, otherwise somebody sources it.
if [[ $funcstack[1] == _volley ]]; then
    _volley "$@"
else
    compdef _volley volley
fi
)SH";

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + '\'';
}

/// Inside a specification of _arguments or _describe some characters end a part.
std::string escaped(std::string_view text, std::string_view special) {
    std::string out;
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// The action of _arguments. A blank in front keeps it from passing options of its own.
std::string action(const Candidates& c) {
    const std::string words = escaped(joined(c.words, " "), ":");
    switch (c.source) {
        case Candidates::Source::nothing:
            return words.empty() ? " " : '(' + words + ')';
        case Candidates::Source::files:
            return words.empty() ? "_files" : " _volley_words_or_files " + words;
        case Candidates::Source::scenarios:
            return "_files -g \"*.(yaml|yml)\"";
        case Candidates::Source::items:
            return "_volley_items";
        case Candidates::Source::verbs:
            return "_volley_verbs";
        case Candidates::Source::names:
            return " _volley_names " + std::string(c.names);
    }
    return " ";
}

std::string flag_spec(const Flag& flag, Verb kind) {
    const auto names = spellings(flag, kind);
    std::string tail = '[' + escaped(flag.doc, "[]\\") + ']';
    if (!flag.value.empty()) tail += ':' + escaped(flag.value, ":\\") + ':' + action(candidates(flag, kind));
    std::string out;
    for (const auto& name : names) {
        std::string form = name;
        if (!flag.value.empty()) form += name.starts_with("--") ? "=" : "+";
        // A value may be given again, which is for the program to judge; a switch is offered once.
        const std::string before = flag.value.empty() ? '(' + joined(names, " ") + ')' : "*";
        out += "            " + quoted(before + form + tail) + '\n';
    }
    return out;
}

}  // namespace

std::string completion_zsh() {
    std::string kinds;
    std::string flags;
    int number = 0;
    for (const auto& [kind, names] : verbs_by_kind()) {
        const std::string name = number++ == 0 ? "request" : names.at(0);
        kinds += "        (" + joined(names, "|") + ") kind=" + name + " ;;\n";
        flags += "        (" + name + ") flags=(\n";
        for (const Flag* flag : flags_of(kind)) flags += flag_spec(*flag, kind);
        flags += "        ) ;;\n";
    }
    std::string verbs;
    std::string arguments;
    for (const auto& row : all_verbs()) {
        verbs += "        " + quoted(std::string(row.name) + ':' + escaped(row.summary, ":\\")) + '\n';
        const Candidates c = candidates(row);
        if (row.kind == Verb::request || (c.source == Candidates::Source::nothing && c.words.empty())) continue;
        // The verb is the first of the words that are not flags.
        arguments += "        (" + std::string(row.name) + ") arguments=('1: : ' " + quoted("*:argument:" + action(c)) + ") ;;\n";
    }
    return filled(script, {{"WITH_VALUE", joined(flags_with_value(), "|")},
                           {"KINDS", kinds},
                           {"FLAGS", flags},
                           {"ARGUMENTS", arguments},
                           {"VERBS", verbs}});
}

}  // namespace volley::cli
