#include "completion.hpp"

#include <algorithm>

namespace volley::cli {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> out;
    while (true) {
        const std::size_t end = text.find(at);
        out.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

/// Whether a word of help text stands for what is typed in its place: FILE, NAME=VALUE.
bool is_metavariable(std::string_view word) {
    return std::ranges::none_of(word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

/// `yes|no|FILE` as help shows it: words to type, and whether a file may stand there.
Candidates read_notation(std::string_view notation) {
    Candidates out;
    for (const auto& word : split(notation, '|')) {
        if (word == "FILE")
            out.source = Candidates::Source::files;
        else if (!is_metavariable(word))
            out.words.push_back(word);
    }
    return out;
}

}  // namespace

Candidates candidates(const Flag& flag, Verb kind) {
    if (flag.value.empty()) return {};
    const auto named = [](std::string_view what) { return Candidates{Candidates::Source::names, {}, what}; };
    if (kind == Verb::run && flag.id == FlagId::server) return named("servers");
    if (kind == Verb::run && flag.id == FlagId::only) return named("scenarios");
    if (kind == Verb::run && flag.id == FlagId::define) return named("variables");
    return read_notation(flag.choices.empty() ? flag.value : flag.choices);
}

Candidates candidates(const VerbRow& verb) {
    std::string first(verb.synopsis.substr(0, verb.synopsis.find(' ')));
    std::erase_if(first, [](char c) { return c == '[' || c == ']' || c == '.'; });
    if (verb.kind == Verb::request) return {Candidates::Source::items, {}, {}};
    if (first == "VERB") return {Candidates::Source::verbs, {}, {}};
    if (first.starts_with('-')) return {};
    Candidates out = read_notation(first);
    if (verb.kind == Verb::run && out.source == Candidates::Source::files) out.source = Candidates::Source::scenarios;
    return out;
}

std::vector<std::pair<Verb, std::vector<std::string>>> verbs_by_kind() {
    std::vector<std::pair<Verb, std::vector<std::string>>> out{{Verb::request, {}}};
    for (const auto& row : all_verbs()) {
        auto it = std::ranges::find(out, row.kind, &std::pair<Verb, std::vector<std::string>>::first);
        if (it == out.end()) it = out.insert(it, {row.kind, {}});
        it->second.emplace_back(row.name);
    }
    return out;
}

std::vector<std::string> spellings(const Flag& flag, Verb kind) {
    std::vector<std::string> out;
    if (flag.short_name != 0)
        out.push_back(std::string("-") + flag.short_name);
    else if (flag.id == FlagId::help && kind != Verb::request)
        out.emplace_back("-h");
    out.push_back(spelled(flag));
    return out;
}

std::vector<std::string> flags_with_value() {
    std::vector<std::string> out;
    for (const Flag& flag : all_flags()) {
        if (flag.value.empty()) continue;
        for (auto& name : spellings(flag, Verb::request))
            if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
    }
    return out;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string out;
    for (const auto& word : words) {
        if (!out.empty()) out += between;
        out += word;
    }
    return out;
}

std::string filled(std::string_view text, const std::vector<std::pair<std::string_view, std::string>>& holes) {
    std::string out(text);
    for (const auto& [name, value] : holes) {
        const std::string mark = '%' + std::string(name) + '%';
        for (auto at = out.find(mark); at != std::string::npos; at = out.find(mark, at + value.size()))
            out.replace(at, mark.size(), value);
    }
    return out;
}

}  // namespace volley::cli
