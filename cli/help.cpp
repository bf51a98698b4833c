// Help and the manual's options, both from the tables of verbs and flags.
#include <algorithm>
#include <array>
#include <cstdio>

#include <volley/error.hpp>

#include "exit_code.hpp"
#include "raw_args.hpp"
#include "verbs.hpp"

namespace volley::cli {
namespace {

constexpr std::array groups{Group::request, Group::printing, Group::load,   Group::verify,
                            Group::call,    Group::result,   Group::server, Group::general};

std::string padded(std::string text, std::size_t width) {
    // A left column that is too wide gets a line of its own.
    if (text.size() + 2 > width) return text + '\n' + std::string(width + 2, ' ');
    text.resize(width, ' ');
    return text;
}

std::string left_column(const Flag& flag, Verb kind) {
    std::string out = "    ";
    if (flag.short_name != 0)
        out = std::string("-") + flag.short_name + ", ";
    else if (flag.id == FlagId::help && kind != Verb::request)
        out = "-h, ";
    out += spelled(flag);
    if (!flag.value.empty()) out += '=' + std::string(flag.value);
    return out;
}

std::string indented(std::string_view lines, std::string_view margin) {
    std::string out;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        out += std::string(margin) + std::string(lines.substr(0, end)) + '\n';
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return out;
}

std::string flag_lines(Verb kind) {
    std::string out;
    const auto flags = flags_of(kind);
    for (const Group group : groups) {
        std::string lines;
        for (const Flag* flag : flags)
            if (flag->group == group) lines += "  " + padded(left_column(*flag, kind), 32) + std::string(flag->doc) + '\n';
        if (!lines.empty()) out += '\n' + std::string(title(group)) + ":\n" + lines;
    }
    return out;
}

/// A text in mdoc: no line begins with a control character, backslashes are escaped, dashes are dashes of options.
std::string mdoc_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out;
}

/// mdoc takes `|`, `.`, `:` and brackets of their own as punctuation; \& before a word stops that.
std::string mdoc_argument(std::string_view text) { return "\\&" + mdoc_text(text) + "\\&"; }

/// Prose as mdoc(7) asks for it: every sentence begins a line, no line is longer than 80 bytes.
std::string mdoc_sentences(std::string_view text) {
    constexpr std::size_t width = 76;
    std::string out;
    std::size_t column = 0;
    bool sentence_ended = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        std::string word = mdoc_text(text.substr(0, end));
        if (word.starts_with('\'') || word.starts_with('.')) word.insert(0, "\\&");  // it may come to begin a line
        if (!out.empty()) {
            const bool next_line = sentence_ended || column + 1 + word.size() > width;
            out += next_line ? '\n' : ' ';
            column = next_line ? 0 : column + 1;
        }
        out += word;
        column += word.size();
        sentence_ended = word.ends_with('.');
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out + '\n';
}

}  // namespace

std::string help_text(const Program& program) {
    std::string out = "Volley sends HTTP requests and shows how far an asynchronous server really is asynchronous.\n\n";
    out += "Usage:\n  " + program.name + " VERB ...\n  " + program.name + " [METHOD] URL [ITEM...]\n\nVerbs:\n";
    for (const auto& verb : all_verbs()) out += "  " + padded(std::string(verb.name), 12) + std::string(verb.summary) + '\n';
    out += "\nExamples:\n";
    out += indented("volley serve &\nvolley post localhost:8000/offer sleep:=1\nvolley :8000/echo name=Ada -v", "  ");
    out += "\n'" + program.name + " VERB --help' tells of a verb and its flags, volley(1) of all.\n";
    return out;
}

std::string help_text(const Program& program, const VerbRow& verb) {
    std::string out = "Usage:\n  " + program.name + (verb.name.empty() ? "" : ' ' + std::string(verb.name)) + ' ' +
                      std::string(verb.synopsis) + " [FLAG...]\n\n";
    std::string summary(verb.summary);
    if (!summary.empty() && summary[0] >= 'a' && summary[0] <= 'z') summary[0] = static_cast<char>(summary[0] - 32);
    out += summary + ".\n";
    if (!verb.prose.empty()) out += std::string(verb.prose) + '\n';
    out += flag_lines(verb.kind);
    out += "\nFlags may stand anywhere; --no-NAME takes one back; -- ends them.\n\nExamples:\n" + indented(verb.examples, "  ");
    if (verb.kind == Verb::request)
        out += "\nExit status: 0 answered, 1 error, 2 timeout, 3 4 5 with --check-status, 6 too many redirects.\n";
    return out;
}

std::string mdoc_verbs() {
    std::string out;
    for (const auto& verb : all_verbs()) {
        std::string words(verb.synopsis);
        out += ".It Cm " + std::string(verb.name) + " Ar " + mdoc_argument(words) + '\n';
        std::string summary(verb.summary);
        summary[0] = static_cast<char>(summary[0] - 32);
        out += mdoc_sentences(summary + '.');
    }
    return out;
}

std::string mdoc_options() {
    std::string out;
    for (const Group group : groups) {
        std::string list;
        for (const Flag& flag : all_flags()) {
            if (flag.group != group) continue;
            list += ".It";
            if (flag.short_name != 0) {
                list += std::string(" Fl ") + flag.short_name;
                if (!flag.value.empty()) list += " Ar " + mdoc_argument(flag.value);
                list += " ,";
            }
            list += " Fl \\-" + mdoc_text(flag.name);
            if (!flag.value.empty()) list += " Ns = Ns Ar " + mdoc_argument(flag.value);
            std::string doc(flag.long_doc.empty() ? flag.doc : flag.long_doc);
            if (doc[0] >= 'a' && doc[0] <= 'z' && flag.id != FlagId::auth_type && flag.id != FlagId::kind)
                doc[0] = static_cast<char>(doc[0] - 32);
            if (!doc.ends_with('.')) doc += '.';
            list += '\n' + mdoc_sentences(doc);
        }
        if (list.empty()) continue;
        out += ".Ss " + std::string(title(group)) + "\n.Bl -tag -width Ds\n" + list + ".El\n";
    }
    return out;
}

int cmd_help(const Call& call) {
    const auto raw = parse_args(Verb::work, call.args);
    if (!raw.error.empty() || raw.positionals.size() > 1) {
        print_error(call.program, raw.error.empty() ? "help takes one verb at most" : raw.error);
        return measure_exit::usage;
    }
    if (raw.positionals.empty()) {
        std::fputs(help_text(call.program).c_str(), stdout);
        return measure_exit::ok;
    }
    const VerbRow* verb = find_verb(raw.positionals[0]);
    if (verb == nullptr) {
        print_error(call.program, "there is no verb '" + escape_for_terminal(raw.positionals[0]) + '\'');
        return measure_exit::usage;
    }
    std::fputs(help_text(call.program, *verb).c_str(), stdout);
    return measure_exit::ok;
}

}  // namespace volley::cli
