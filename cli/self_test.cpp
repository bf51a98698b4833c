#include "self_test.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <volley/net/signals.hpp>
#include <volley/report/verdict.hpp>
#include <volley/verify/self_test.hpp>

#include "exit_code.hpp"
#include "until_done.hpp"

namespace volley::cli {
namespace {

const char* word_of(const verify::SelfTested& tested) {
    if (!tested.trouble.empty()) return "BROKEN";
    if (!tested.wrong.empty()) return "WRONG";
    return tested.unknown.empty() ? "right" : "unsure";
}

void print_row(const verify::SelfTested& t) {
    std::string text = fmt::format("  {:<6}  {:<20} {:>8}  {}\n", word_of(t), t.server.name, format_duration(t.took),
                                   report::verdict_line(t.result.record));
    for (const auto& answer : t.result.answers)
        text += fmt::format("{:>40}{}: {}: {}\n", "", to_string(answer.question), to_string(answer.reply),
                            escape_for_terminal(answer.words));
    for (const auto* list : {&t.wrong, &t.unknown})
        for (const auto& line : *list) text += "          " + escape_for_terminal(line) + '\n';
    if (!t.trouble.empty()) text += "          " + escape_for_terminal(t.trouble) + '\n';
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

/// Truths down, verdicts across; the diagonal is what is wanted.
std::string confusion(const std::vector<verify::SelfTested>& all) {
    std::map<std::pair<verdict::Headline, verdict::Headline>, int> counts;
    std::vector<verdict::Headline> rows, columns;
    const auto note = [](std::vector<verdict::Headline>& list, verdict::Headline h) {
        if (std::ranges::find(list, h) == list.end()) list.push_back(h);
    };
    for (const auto& t : all) {
        if (!t.trouble.empty()) continue;
        ++counts[{t.server.headline, t.result.record.headline}];
        note(rows, t.server.headline);
        note(columns, t.server.headline);
    }
    for (const auto& t : all)
        if (t.trouble.empty()) note(columns, t.result.record.headline);
    std::string out = "\nwhat it is (down), what it was taken for (across)\n";
    out += fmt::format("  {:<20}", "");
    for (std::size_t i = 0; i < columns.size(); ++i) out += fmt::format("{:>4}", i + 1);
    out += '\n';
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const auto at = std::ranges::find(columns, rows[r]) - columns.begin();
        std::string line = fmt::format("  {:>2} {:<17}", at + 1, verdict::to_string(rows[r]));
        for (const auto column : columns) {
            const auto found = counts.find({rows[r], column});
            line += fmt::format("{:>4}", found == counts.end() ? "." : std::to_string(found->second));
        }
        out += line + '\n';
    }
    for (std::size_t i = rows.size(); i < columns.size(); ++i)
        out += fmt::format("  {:>2} {}\n", i + 1, verdict::to_string(columns[i]));
    return out;
}

/// The same for the questions beside the verdict.
std::string answers_of(const std::vector<verify::SelfTested>& all) {
    using verdict::Reply;
    std::map<std::pair<verdict::Question, Reply>, std::map<Reply, int>> counts;
    for (const auto& t : all) {
        if (!t.trouble.empty()) continue;
        for (const auto& truth : t.server.answers) {
            const auto& given = t.result.answers;
            const auto at = std::ranges::find(given, truth.question, &verdict::Answer::question);
            ++counts[{truth.question, truth.reply}][at == given.end() ? Reply::unknown : at->reply];
        }
    }
    if (counts.empty()) return {};
    std::string out = "\nquestions: what is true (down), what was answered (across)\n" +
                      fmt::format("  {:<20}{:>8}{:>8}{:>8}\n", "", "yes", "no", "unknown");
    for (auto& [truth, replies] : counts) {
        out += fmt::format("  {:<20}", fmt::format("{}: {}", to_string(truth.first), to_string(truth.second)));
        for (const Reply reply : {Reply::yes, Reply::no, Reply::unknown})
            out += fmt::format("{:>8}", replies[reply] == 0 ? "." : std::to_string(replies[reply]));
        out += '\n';
    }
    return out;
}

}  // namespace

int self_test(const Call& call, const VerifyOptions& asked, const std::vector<std::string>& only) {
    auto servers = verify::known_servers();
    for (const auto& name : only)
        if (std::ranges::find(servers, name, &verify::KnownServer::name) == servers.end()) {
            std::vector<std::string> names;
            for (const auto& s : servers) names.push_back(s.name);
            print_error(call.program,
                        fmt::format("--self-test knows no server '{}': {}", escape_for_terminal(name), fmt::join(names, ", ")));
            return measure_exit::usage;
        }
    if (!only.empty()) std::erase_if(servers, [&](const auto& s) { return std::ranges::find(only, s.name) == only.end(); });
    net::raise_descriptor_limit();
    LiveLine line(call.terminal, asked.quiet);
    std::string name;
    verify::SelfTestObserver observer;
    observer.began = [&](const verify::KnownServer& server) { name = server.name; };
    observer.progress = [&](const verify::Progress& p) {
        line.show(fmt::format("{}: {} at once  {} of {}", name, p.step.n, format_duration(p.elapsed), format_duration(p.limit)));
    };
    observer.ended = [&](const verify::SelfTested& tested) {
        line.clear();
        if (!asked.quiet || !tested.right()) print_row(tested);
    };
    auto ended = until_done(verify::self_test(std::move(servers), asked.options, std::move(observer)), line);
    int wrong = 0, unsure = 0;
    for (const auto& tested : ended.value) {
        if (!tested.wrong.empty() || !tested.trouble.empty())
            ++wrong;
        else if (!tested.unknown.empty())
            ++unsure;
    }
    if (!asked.quiet) std::fputs((confusion(ended.value) + answers_of(ended.value)).c_str(), stdout);
    std::fputs(fmt::format("\n{} servers: {} right, {} unsure, {} wrong\n", ended.value.size(),
                           ended.value.size() - static_cast<std::size_t>(wrong + unsure), unsure, wrong)
                   .c_str(),
               stdout);
    if (ended.signal != 0) return exit_of_signal(ended.signal);
    if (wrong > 0) return measure_exit::failed;
    return unsure > 0 ? measure_exit::inconclusive : measure_exit::ok;
}

}  // namespace volley::cli
