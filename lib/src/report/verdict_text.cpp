// The report of `volley verify` for a terminal.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <volley/metrics/summary.hpp>
#include <volley/report/verdict.hpp>

#include "report/text_parts.hpp"

namespace volley::report {
namespace {

using verdict::Burst;
using verdict::Canary;
using verdict::Headline;
using verdict::Observation;
using verdict::Record;
using verdict::Sockets;

constexpr std::size_t picture_rows = 20;

const char* colour_of(Headline headline) {
    switch (headline) {
        case Headline::asynchronous:
        case Headline::concurrent:
            return green;
        case Headline::inconclusive:
        case Headline::thread_per_request:
        case Headline::pool:
        case Headline::paced:
            return yellow;
        default:
            return red;
    }
}

std::string workers_words(const Record& r) {
    if (!r.workers) return {};
    return fmt::format("{}{}", r.workers_at_least ? "at least " : "", *r.workers);
}

/// `pool of 4 threads`: the headline with its number.
std::string headline_words(const Record& r) {
    switch (r.headline) {
        case Headline::inconclusive:
            return "inconclusive";
        case Headline::unstable:
            return "unstable: workers with unequal shares";
        case Headline::backlog_small:
            return "backlog too small";
        case Headline::refusing:
            return r.refuses_above ? fmt::format("refuses above {} at once", *r.refuses_above) : "refuses";
        case Headline::cpu_bound:
            return "CPU bound";
        case Headline::loop_blocked:
            return "event loop blocked, " + format_duration(r.blocked_for) + " by each request";
        case Headline::paced:
            return r.paced_at ? "paced at " + rate_text(*r.paced_at) : "paced";
        case Headline::serial:
            return r.mechanism == verdict::Mechanism::lock ? "serial, by a lock or one shared thread" : "serial";
        case Headline::pool: {
            std::string out = fmt::format("pool of {}", r.workers.value_or(0));
            if (r.mechanism == verdict::Mechanism::threads) out += " threads";
            if (r.mechanism == verdict::Mechanism::processes) out += " processes";
            if (r.mechanism == verdict::Mechanism::semaphore) out += " (no threads: connections, or a semaphore)";
            return out;
        }
        case Headline::thread_per_request:
            return r.ends_at ? fmt::format("a thread per request, which ends at about {}", grouped(*r.ends_at))
                             : "a thread per request";
        case Headline::concurrent:
            return "concurrent, " + workers_words(r) + " at once";
        case Headline::asynchronous:
            return "asynchronous";
    }
    return {};
}

std::string list_text(const Look& look, std::string_view title, const std::vector<std::string>& facts) {
    if (facts.empty()) return {};
    std::string out = '\n' + look.paint(title, bold) + '\n';
    for (const auto& fact : facts) {
        std::string mark = "- ";
        for (const auto& line : wrapped(one_line(fact), look.width - 4)) {
            out += "  " + mark + line + '\n';
            mark = "  ";
        }
    }
    return out;
}

std::string figures_text(const Look& look, const Observation& seen, const Record& r) {
    std::string out;
    if (r.service > Duration::zero())
        out +=
            field(look, "service time",
                  format_duration(r.service) +
                      (r.service_spread > Duration::zero() ? ", quartiles " + format_duration(r.service_spread) + " apart" : ""));
    if (r.n > 1 && r.makespan > Duration::zero())
        out += field(look, "together",
                     fmt::format("{} requests in {}, {} service times", r.n, format_duration(r.makespan), number(r.ratio)));
    if (r.serial_fraction)
        out += field(look, "serial",
                     fmt::format("{:.1f} % (0 % is asynchronous, 100 % one after another)", 100 * *r.serial_fraction));
    if (r.loop_stall > Duration::zero())
        out += field(look, "loop stall",
                     "requests waited up to " + format_duration(r.loop_stall) + " longer than on an idle server");
    if (r.processes > 0)
        out += field(look, "server",
                     fmt::format("{}, {} process{}{}", seen.process_name.empty() ? "its process" : one_line(seen.process_name),
                                 r.processes, r.processes == 1 ? "" : "es",
                                 r.threads_grown > 0 ? fmt::format(", {} threads came for the burst", r.threads_grown)
                                                     : ", no new threads"));
    return out;
}

const char* name_of(Sockets sockets) { return sockets == Sockets::cold ? " cold" : ""; }

Duration makespan_of(const Burst& burst) {
    Duration last{};
    for (const auto& shot : burst.shots)
        if (shot.right) last = std::max(last, shot.done);
    return last;
}

Duration worst_of(const std::vector<Canary>& canaries) {
    Duration worst{};
    for (const auto& c : canaries)
        if (c.done != verdict::never) worst = std::max(worst, c.done - c.planned);
    return worst;
}

/// A row for each size of burst: its makespans, one after the other as they came.
std::string bursts_text(const Look& look, const Observation& seen, const Record& r) {
    struct Row {
        std::vector<Duration> makespans;
        std::size_t wrong = 0;
        Duration app{}, parser{};
        std::vector<std::size_t> groups;
    };
    std::map<std::pair<std::size_t, Sockets>, Row> rows;
    for (const auto& burst : seen.bursts) {
        if (burst.shots.empty()) continue;
        Row& row = rows[{burst.shots.size(), burst.sockets}];
        row.makespans.push_back(makespan_of(burst));
        row.wrong += static_cast<std::size_t>(std::ranges::count_if(burst.shots, [](const auto& s) { return !s.right; }));
        row.app = std::max(row.app, worst_of(burst.app));
        row.parser = std::max(row.parser, worst_of(burst.parser));
        std::vector<Duration> completions;
        for (const auto& shot : burst.shots)
            if (shot.right) completions.push_back(shot.done);
        row.groups = metrics::completion_groups(std::move(completions), r.service);
    }
    if (rows.empty()) return {};
    Table table({"at once", "makespan", "M/S", "wrong", "canary", "parser", "groups"});
    for (const auto& [key, row] : rows) {
        const Duration median = metrics::median(row.makespans);
        const auto or_dash = [](Duration d) { return d > Duration::zero() ? format_duration(d) : std::string("-"); };
        table.add(
            {std::to_string(key.first) + name_of(key.second) +
                 (row.makespans.size() > 1 ? fmt::format(" (x{})", row.makespans.size()) : ""),
             or_dash(median),
             r.service > Duration::zero() && median > Duration::zero() ? number(to_seconds(median) / to_seconds(r.service)) : "-",
             row.wrong == 0 ? "0" : std::to_string(row.wrong), or_dash(row.app), or_dash(row.parser), groups_text(row.groups)});
    }
    return '\n' + look.paint("bursts", bold) + "  " + look.paint("medians; canaries at their worst", dim) + '\n' +
           table.print(look.paint);
}

}  // namespace

std::string answers_text(const std::vector<verdict::Answer>& answers, const TextOptions& options) {
    if (answers.empty()) return {};
    const Look look = look_of(options);
    const Paint& paint = look.paint;
    std::string out = '\n' + paint("asked too", bold) + '\n';
    for (const auto& answer : answers) {
        const std::string advice = answer.advice.empty() ? "" : ". " + answer.advice;
        out += field(look, verdict::to_string(answer.question),
                     fmt::format("{}: {}{}", verdict::to_string(answer.reply), one_line(answer.words), one_line(advice)));
    }
    return out;
}

std::string verdict_line(const Record& record) {
    return fmt::format("{} ({} confidence): {}", headline_words(record), verdict::to_string(record.confidence),
                       one_line(record.words));
}

const Burst* shown_burst(const Observation& seen, const Record& record) {
    const Burst* best = nullptr;
    for (const auto& burst : seen.bursts) {
        if (burst.shots.size() < 2 || burst.cut) continue;
        const bool fits = burst.shots.size() == record.n && burst.sockets != Sockets::cold;
        const bool best_fits = best != nullptr && best->shots.size() == record.n && best->sockets != Sockets::cold;
        if (best == nullptr || (fits && !best_fits) || (fits == best_fits && burst.shots.size() >= best->shots.size()))
            best = &burst;
    }
    return best;
}

std::string verdict_text(const Observation& seen, const Record& record, const TextOptions& options) {
    const Look look = look_of(options);
    const Paint& paint = look.paint;
    std::string out = one_line(seen.target) + "\n\n";
    out += "  " + paint(paint(headline_words(record), colour_of(record.headline)), bold) + "   " +
           paint(std::string(verdict::to_string(record.confidence)) + " confidence", dim) + "\n\n";
    for (const auto& line : wrapped(one_line(record.words), look.width - 2)) out += "  " + line + '\n';
    out += '\n';
    if (!record.cause.empty()) out += field(look, "usual cause", one_line(record.cause));
    if (!record.advice.empty()) out += field(look, "what to do", one_line(record.advice));
    out += figures_text(look, seen, record);
    if (const Burst* burst = shown_burst(seen, record)) {
        const std::string picture = waterfall(*burst, record.service, picture_rows, options);
        if (!picture.empty())
            out += '\n' + paint(fmt::format("{} requests at once", burst->shots.size()), bold) + "  " +
                   paint("full: the last service time before each answer", dim) + '\n' + picture;
    }
    out += bursts_text(look, seen, record);
    out += list_text(look, "evidence", record.evidence);
    out += list_text(look, "doubts", record.doubts);
    return out;
}

}  // namespace volley::report
