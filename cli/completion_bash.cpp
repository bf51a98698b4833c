// The completion script for bash. It needs nothing of the package bash-completion.
#include "completion.hpp"

namespace volley::cli {
namespace {

// Words are taken from COMP_LINE: COMP_WORDS are cut at = : and @, which Volley's own words hold.
constexpr std::string_view script = R"SH(# Completion of volley(1) for bash, written by `volley completion bash`.

# $1: the beginning; the rest: words
_volley_words() {
    local beginning=$1 word
    shift
    for word in "$@"; do
        if [[ $word == "$beginning"* ]]; then
            COMPREPLY+=("$word")
        fi
    done
}

# $1: the beginning; $2: what a file's name must match, if anything; directories always do
_volley_files() {
    local file
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do
        if [[ -z ${2-} || -d ${file/#\~\//$HOME/} || $file =~ $2 ]]; then
            COMPREPLY+=("$file")
        fi
    done < <(compgen -f -- "$1")
}

# $1: the beginning; $2: servers, scenarios or variables; the rest: the words of the line, program first
_volley_names() {
    local beginning=$1 what=$2 program=${3/#\~\//$HOME/} word files=() names=()
    shift 3
    for word in "$@"; do
        word=${word/#\~\//$HOME/}
        if [[ $word != -* && -f $word ]]; then
            files+=("$word")
        fi
    done
    if ((${#files[@]})); then
        mapfile -t names < <("$program" __names "$what" "${files[@]}" 2>/dev/null)
        _volley_words "$beginning" "${names[@]}"
    fi
    if [[ $what == variables ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

_volley_takes_value() {
    case $1 in
    %WITH_VALUE%) ;;
    *) return 1 ;;
    esac
}

_volley() {
    local line=${COMP_LINE:0:COMP_POINT} words=() flags=() verb='' kind=request seen='' ended='' at current head='' flag='' c breaks=''
    COMPREPLY=()
    # shellcheck disable=SC2162  # a backslash keeps a blank in its word
    read -a words <<<"$line"
    if [[ $line == *[[:blank:]] ]]; then
        words+=('')
    fi
    current=${words[-1]}
    for ((at = 1; at < ${#words[@]} - 1; at++)); do
        if [[ ${words[at]} == -- ]]; then
            ended=yes
        elif [[ -n $ended || ${words[at]} != -?* ]]; then
            [[ -n $seen ]] || verb=${words[at]}
            seen=yes
        elif _volley_takes_value "${words[at]}"; then
            flag=${words[at]}
            at=$((at + 1))
            if ((at < ${#words[@]} - 1)); then
                flag=''
            fi
        fi
    done
    case $verb in
%KINDS%    *) verb='' ;;
    esac
    case $kind in
%FLAGS%    esac

    if [[ -z $ended && -z $flag && $current == --*=* ]]; then
        flag=${current%%=*}
        head=$flag=
    fi
    if [[ -n $flag ]]; then
        case $kind:$flag in
%VALUES%        esac
    elif [[ -z $ended && $current == -* ]]; then
        _volley_words "$current" "${flags[@]}"
    elif [[ -z $seen ]]; then
        _volley_words "$current" %VERBS%
    else
        case $verb in
%ARGUMENTS%        esac
    fi

    # Readline replaces only what follows the last character that it breaks words at.
    COMPREPLY=("${COMPREPLY[@]/#/$head}")
    for c in : = @; do
        if [[ $COMP_WORDBREAKS == *"$c"* ]]; then
            breaks+=$c
        fi
    done
    if [[ -n $breaks ]]; then
        head=${current%"${current##*["$breaks"]}"}
        COMPREPLY=("${COMPREPLY[@]#"$head"}")
    fi
}

complete -F _volley volley
)SH";

/// Commands that add what can stand for `$current`, less `$head`.
std::string commands(const Candidates& c) {
    std::vector<std::string> out;
    const std::string beginning = "\"${current#\"$head\"}\"";
    if (!c.words.empty()) out.push_back("_volley_words " + beginning + ' ' + joined(c.words, " "));
    switch (c.source) {
        case Candidates::Source::nothing:
            break;
        case Candidates::Source::files:
            out.push_back("_volley_files " + beginning);
            break;
        case Candidates::Source::scenarios:
            out.push_back("_volley_files " + beginning + R"( '\.ya?ml$')");
            break;
        case Candidates::Source::items:
            out.emplace_back(R"(if [[ $current == *@* ]]; then head=${current%@*}@; _volley_files "${current##*@}"; fi)");
            break;
        case Candidates::Source::verbs:
            out.push_back("_volley_words " + beginning + " %VERBS%");
            break;
        case Candidates::Source::names:
            out.push_back("_volley_names " + beginning + ' ' + std::string(c.names) + " \"${words[@]}\"");
            break;
    }
    return joined(out, "; ");
}

}  // namespace

std::string completion_bash() {
    std::string kinds;
    std::string flags;
    std::string values;
    int number = 0;
    for (const auto& [kind, names] : verbs_by_kind()) {
        // A kind is called by its first verb, but for requests, which need none.
        const std::string name = number++ == 0 ? "request" : names.at(0);
        kinds += "    " + joined(names, " | ") + ") kind=" + name + " ;;\n";
        std::vector<std::string> all;
        for (const Flag* flag : flags_of(kind)) {
            std::vector<std::string> cases;
            for (const auto& spelling : spellings(*flag, kind)) {
                all.push_back(spelling);
                cases.push_back(name + ':' + spelling);
            }
            const std::string body = commands(candidates(*flag, kind));
            if (!body.empty()) values += "        " + joined(cases, " | ") + ") " + body + " ;;\n";
        }
        flags += "    " + name + ") flags=(" + joined(all, " ") + ") ;;\n";
    }
    std::vector<std::string> verbs;
    std::string arguments;
    for (const auto& row : all_verbs()) {
        verbs.emplace_back(row.name);
        const std::string body = commands(candidates(row));
        if (!body.empty() && row.kind != Verb::request) arguments += "        " + verbs.back() + ") " + body + " ;;\n";
    }
    arguments += "        *) if [[ $kind == request ]]; then " + commands(candidates(bare_request())) + "; fi ;;\n";
    return filled(script, {{"WITH_VALUE", joined(flags_with_value(), " | ")},
                           {"KINDS", kinds},
                           {"FLAGS", flags},
                           {"VALUES", values},
                           {"ARGUMENTS", arguments},
                           {"VERBS", joined(verbs, " ")}});
}

}  // namespace volley::cli
