// The summary of WebRTC calls, for a person.
#include <array>
#include <tuple>

#include <fmt/format.h>

#include <volley/metrics/interval.hpp>
#include <volley/report/result.hpp>

#include "report/figures.hpp"
#include "report/media_text.hpp"
#include "report/terminal.hpp"
#include "report/text_parts.hpp"

namespace volley::report {
namespace {

/// A percentile, or `-` where so few values bound none.
std::string percentile(const metrics::Histogram& h, double q) {
    const auto needed = metrics::samples_needed(q, shown_confidence);
    return needed && h.count() >= *needed ? format_duration(h.quantile(q)) : "-";
}

std::string_view explained(metrics::CallStage stage) {
    static constexpr std::array<std::string_view, metrics::call_stages> words{"candidates gathered, offer written",
                                                                              "offer sent, answer read",
                                                                              "a way found",
                                                                              "peer known, keys agreed",
                                                                              "association established",
                                                                              "data channel open"};
    return words[static_cast<std::size_t>(stage)];
}

std::string setup_text(const metrics::CallTally& c, const Look& look) {
    if (c.stages.front().took.empty()) return {};
    const bool one = c.stages.front().took.count() == 1;
    std::string out = heading(look, "set-up",
                              one ? "took: from the stage before; at: from the planned start of the call"
                                  : "from the stage before; in all: from the planned start of the call");
    Table table(one ? std::vector<std::string>{"", "took", "at", ""}
                    : std::vector<std::string>{"", "n", "p50", "p90", "p99", "max", ""});
    const auto row = [&](std::string_view name, const metrics::Histogram& h, std::string_view words) {
        if (h.empty()) return;
        table.add({std::string(name), grouped(h.count()), percentile(h, 0.5), percentile(h, 0.9), percentile(h, 0.99),
                   format_duration(h.max()), std::string(words)});
    };
    for (std::size_t i = 0; i < metrics::call_stages; ++i) {
        const auto stage = static_cast<metrics::CallStage>(i);
        const auto& [took, at] = c.stages[i];
        if (!one)
            row(metrics::to_string(stage), took, explained(stage));
        else if (!took.empty())
            table.add({std::string(metrics::to_string(stage)), format_duration(took.max()), format_duration(at.max()),
                       std::string(explained(stage))});
    }
    if (!one) row("in all", c.setup(), "");
    return out + table.print(look.paint);
}

std::string round_trips_text(const PhaseResult& p, const metrics::CallTally& c, const Look& look) {
    if (c.sent == 0 && p.saturated == 0 && p.missed == 0) return {};
    std::string out = heading(look, "round trips", "of text messages on the data channel, from the planned start");
    out += field(look, "pings", fmt::format("{} sent, {} back", grouped(c.sent), grouped(c.answered)));
    out += under_way_text(look, c.under_way, c.under_way_longest);
    if (c.lost > 0)
        out += field(look, "lost",
                     fmt::format("{} ({}){}", grouped(c.lost), share_text(c.lost, c.answered + c.lost),
                                 c.late > 0 ? fmt::format(", {} came back too late", grouped(c.late)) : std::string()),
                     red);
    for (const auto& [label, n, text] : std::initializer_list<std::tuple<const char*, std::uint64_t, const char*>>{
             {"repeated", c.repeated, "answers that had come before"},
             {"out of order", c.out_of_order, "answers overtaken by later ones"},
             {"strange", c.strange, "messages that answer no ping"},
             {"not taken", p.saturated - c.saturated, "pings that the channel had no room for"}})
        if (n > 0) out += field(look, label, fmt::format("{} {}", grouped(n), text), yellow);
    const auto& response = p.tally->response;
    if (response.empty()) return out;
    const auto& service = p.tally->service;
    out += field(look, "min", format_duration(response.min()));
    std::string too_few;
    std::string unknown;
    for (const auto& [name, q] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}) {
        const auto value = response_percentile(p, q);
        if (value.lost) {
            unknown += fmt::format("{}{}", unknown.empty() ? "" : ", ", name);
            continue;
        }
        if (value.carried == Percentile::Carried::none) {
            too_few += fmt::format("{}{} for {}", too_few.empty() ? "" : ", ", grouped(value.needed), name);
            continue;
        }
        std::string text = (value.carried == Percentile::Carried::run ? "~" : "") + format_duration(value.value);
        if (q != 0.9) text += "  (" + fmt::format("{:.0f} %: ", shown_confidence * 100) + range_text(value.interval) + ')';
        out += field(look, name, text);
    }
    out += field(look, "max", format_duration(response.max()) + (c.lost > 0 ? " of those that came back" : ""));
    out += unknown_text(look, unknown, c.lost, c.answered + c.lost);
    if (!too_few.empty()) out += field(look, "", "takes more pings: " + too_few, dim);
    if (response_percentile(p, 0.5).carried != Percentile::Carried::none &&
        to_seconds(response.quantile(0.5)) > 1.1 * to_seconds(service.quantile(0.5)))
        out += field(look, "from sending",
                     "p50 " + format_duration(service.quantile(0.5)) + ", max " + format_duration(service.max()));
    return out;
}

std::string calls_text(const PhaseResult& p, const metrics::CallTally& c, const Look& look) {
    std::string out = '\n' + field(look, "calls", fmt::format("{}, {} set up", grouped(c.calls), grouped(c.set_up)));
    if (c.failed > 0) {
        out += field(look, "failed",
                     fmt::format("{} ({}): {}", grouped(c.failed), share_text(c.failed, c.calls), error_kinds(c.errors)), red);
        for (const auto& example : error_examples(p))
            for (const auto& line : wrapped(example, look.width - label_width - 2))
                out += "  " + std::string(label_width, ' ') + line + '\n';
    }
    return out + field(look, "bytes",
                       fmt::format("{} out, {} in, as UDP's payload", format_bytes(static_cast<double>(c.bytes_out)),
                                   format_bytes(static_cast<double>(c.bytes_in))));
}

std::string phase_text(const PhaseResult& p, const Look& look) {
    const auto& c = *p.calls;
    std::string out;
    for (const auto& line : wrapped(load_title(p), look.width)) out += line + '\n';
    out += calls_text(p, c, look);
    out += setup_text(c, look);
    out += round_trips_text(p, c, look);
    if (c.media) out += media_text(*c.media, look);
    std::string notes;
    constexpr auto late = std::chrono::milliseconds(5);
    if (!c.start_lag.empty() && c.start_lag.quantile(0.99) > late)
        notes += field(look, "warning",
                       fmt::format("calls began late by our own doing, by {} at p99, which is in `gathered` and in the whole",
                                   format_duration(c.start_lag.quantile(0.99))),
                       yellow);
    for (const auto& note : generator_notes(p)) notes += field(look, "warning", note, yellow);
    if (!p.inconclusive.empty()) notes += field(look, "inconclusive", one_line(p.inconclusive), yellow);
    if (p.interrupted) notes += field(look, "interrupted", "the figures are those of what was done until then", yellow);
    return notes.empty() ? out : out + '\n' + notes;
}

}  // namespace

std::string to_call_summary(const RunResult& result, const TextOptions& options) {
    const Look look = look_of(options);
    std::string out = look.paint(one_line(result.name), bold) + '\n';
    for (const auto& server : result.servers)
        for (const auto& phase : server.phases)
            if (phase.calls) out += phase_text(phase, look);
    out += server_troubles(result, look.paint, look.width);
    out += thresholds_text(result, options, look.paint, {.servers = result.servers.size() > 1, .width = look.width});
    // What it all came to is not cut, however narrow a terminal is: that breaks it.
    return cut_lines(out, look.width, options.unicode) + '\n' + verdict_text(result, look.paint) + '\n';
}

}  // namespace volley::report
