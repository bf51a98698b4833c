// Tables for a terminal.
#include <algorithm>

#include <fmt/format.h>

#include <volley/metrics/interval.hpp>
#include <volley/report/result.hpp>

#include "report/figures.hpp"
#include "report/text_parts.hpp"

namespace volley::report {
namespace {

constexpr int bar_width = 20;

std::string right_text(const PhaseResult& p) { return fmt::format("{}/{}", p.tally->right, p.tally->requests + p.saturated); }

using Column = std::vector<std::pair<const ServerResult*, const PhaseResult*>>;

std::string burst_table(const Column& rows, const TextOptions& options, const Paint& paint) {
    Duration longest{1};
    for (const auto& [server, phase] : rows)
        if (phase->burst && phase->burst->complete) longest = std::max(longest, phase->burst->makespan);
    Table table({"server", "right", "solo S", "makespan M", "M/S", "overlap", "serial", "p50", "p99", "threads", "groups", ""});
    for (const auto& [server, phase] : rows) {
        std::vector<std::string> row{one_line(server->name), right_text(*phase)};
        const auto& b = phase->burst;
        const bool known = b && b->complete && b->solo > Duration::zero();
        row.push_back(known ? format_duration(b->solo) : "-");
        row.push_back(b && b->complete ? format_duration(b->makespan) : "-");
        row.push_back(known ? number(b->ratio) : "-");
        row.push_back(known ? number(b->overlap) : "-");
        row.push_back(known && b->serial_fraction ? fmt::format("{:.1f} %", *b->serial_fraction * 100) : "-");
        const auto& h = phase->tally->response;
        row.push_back(h.empty() ? "-" : format_duration(h.quantile(0.5)));
        row.push_back(h.empty() ? "-" : format_duration(h.quantile(0.99)));
        row.push_back(phase->resources ? std::to_string(phase->resources->max_threads) : "-");
        row.push_back(known ? groups_text(b->groups) : "-");
        row.push_back(b && b->complete ? bar(to_seconds(b->makespan) / to_seconds(longest), bar_width, options.unicode) : "");
        table.add(std::move(row));
    }
    return table.print(paint);
}

std::string load_table(const Column& rows, const Paint& paint) {
    Table table({"server", "right", "rate", "p50", "p90", "p99", "max", "service p99", "missed", "saturated", "threads"});
    for (const auto& [server, phase] : rows) {
        const auto& h = phase->tally->response;
        const auto q = [&](double at) { return h.empty() ? std::string("-") : format_duration(h.quantile(at)); };
        const bool took_time = loaded_time(*phase) > Duration::zero();
        table.add({one_line(server->name), right_text(*phase), took_time ? number(request_rate(*phase)) + "/s" : "-", q(0.5),
                   q(0.9), q(0.99), h.empty() ? "-" : format_duration(h.max()),
                   phase->tally->service.empty() ? "-" : format_duration(phase->tally->service.quantile(0.99)),
                   std::to_string(phase->missed), std::to_string(phase->saturated),
                   phase->resources ? std::to_string(phase->resources->max_threads) : "-"});
    }
    return table.print(paint);
}

/// Of calls: how they were set up, and the pings on them.
std::string calls_table(const Column& rows, const Paint& paint) {
    Table table({"server", "calls", "set up", "failed", "offer_to_answer", "connected p50", "dc_open p50", "p99", "pings", "lost",
                 "dc_rtt p50", "p99", "threads"});
    for (const auto& [server, phase] : rows) {
        const auto& c = *phase->calls;
        const auto q = [](const metrics::Histogram& h, double at) {
            return h.empty() ? std::string("-") : format_duration(h.quantile(at));
        };
        const auto round_trip = [&, &h = phase->tally->response](double at) {
            const auto value = metrics::quantile_of(h, at, c.lost);
            return value ? format_duration(*value) : std::string("-");
        };
        using metrics::CallTime;
        table.add({one_line(server->name), grouped(c.calls), grouped(c.set_up), grouped(c.failed),
                   q(c.time(CallTime::offer_to_answer), 0.5), q(c.time(CallTime::connected), 0.5),
                   q(c.time(CallTime::dc_open), 0.5), q(c.time(CallTime::dc_open), 0.99), grouped(c.answered + c.lost),
                   grouped(c.lost), round_trip(0.5), round_trip(0.99),
                   phase->resources ? std::to_string(phase->resources->max_threads) : "-"});
    }
    return table.print(paint);
}

/// What of the calls' video and sound came back; empty where none was sent.
std::string media_table(const Column& rows, const Paint& paint) {
    const auto q = [](const metrics::Histogram& h, double at, std::uint64_t lost) {
        const auto value = metrics::quantile_of(h, at, lost);
        return value ? format_duration(*value) : std::string("-");
    };
    Table table({"server", "frames", "back", "video_rtt p50", "p95", "first_frame p50", "freezes", "transform", "audio packets",
                 "back", "audio_rtt p50"});
    bool any = false;
    for (const auto& [server, phase] : rows) {
        const auto& media = phase->calls->media;
        if (!media) continue;
        any = true;
        const auto& [video, audio, notes] = *media;
        const bool seen = !video.transform.seen.empty();
        table.add({one_line(server->name), grouped(video.sent), video.sent == 0 ? "-" : share_text(video.returned, video.sent),
                   q(video.round_trip, 0.5, video.lost), q(video.round_trip, 0.95, video.lost), q(video.first_frame, 0.5, 0),
                   grouped(video.freezes), seen ? one_line(video.transform.seen) : "-", grouped(audio.sent),
                   grouped(audio.received), q(audio.round_trip, 0.5, audio.chirps - audio.chirps_back)});
    }
    return any ? table.print(paint) : std::string();
}

/// How far the set-ups of calls at once overlapped.
std::string call_bursts_table(const Column& rows, const Paint& paint) {
    Table table({"server", "solo S", "makespan M", "M/S", "overlap", "serial", "groups"});
    for (const auto& [server, phase] : rows) {
        const auto& b = phase->burst;
        const bool known = b && b->complete && b->solo > Duration::zero();
        table.add({one_line(server->name), known ? format_duration(b->solo) : "-",
                   b && b->complete ? format_duration(b->makespan) : "-", known ? number(b->ratio) : "-",
                   known ? number(b->overlap) : "-",
                   known && b->serial_fraction ? fmt::format("{:.1f} %", *b->serial_fraction * 100) : "-",
                   known ? groups_text(b->groups) : "-"});
    }
    return table.print(paint);
}

std::string phase_tables(const Column& rows, const TextOptions& options, const Paint& paint) {
    const auto& first = *rows.front().second;
    const bool calls = std::ranges::all_of(rows, [](const auto& row) { return row.second->calls != nullptr; });
    if (calls)
        return calls_table(rows, paint) + media_table(rows, paint) +
               (first.kind == PhaseKind::burst ? call_bursts_table(rows, paint) : std::string());
    return first.kind == PhaseKind::burst ? burst_table(rows, options, paint) : load_table(rows, paint);
}

std::string errors_text(const Column& rows, const Paint& paint) {
    std::string out;
    for (const auto& [server, phase] : rows) {
        if (phase->errors() == 0) continue;
        out +=
            "  " +
            paint(fmt::format("{}: {} wrong ({})", one_line(server->name), grouped(phase->errors()), error_kinds(*phase)), red) +
            '\n';
        for (const auto& e : error_examples(*phase)) out += "    " + e + '\n';
    }
    return out;
}

/// What a reader must know of how the figures came about.
std::string notes_text(const Column& rows, const Paint& paint) {
    std::string out;
    const auto note = [&](const ServerResult& server, const std::string& text, const char* colour) {
        out += "  " + paint(one_line(server.name + ": " + text), colour) + '\n';
    };
    for (const auto& [server, phase] : rows) {
        if (!phase->inconclusive.empty()) note(*server, phase->inconclusive, yellow);
        if (!phase->aborted.empty())
            note(*server, fmt::format("ended after {} by `{}`", format_duration(phase->elapsed), phase->aborted), red);
        if (phase->extensions > 0) note(*server, fmt::format("ran on to {} times its length", phase->extensions + 1), dim);
        if (phase->warmup) continue;
        if (const auto words = straggler_words(*phase); !words.empty()) note(*server, words, dim);
        if (const auto state = steadiness(*phase); state.state == metrics::SteadyState::State::unsteady)
            note(*server, "not steady: " + drift_words(state), yellow);
        for (const auto& words : generator_notes(*phase)) note(*server, words, yellow);
    }
    return out;
}

std::string phase_title(const PhaseResult& p) {
    if (p.burst) {
        const std::string times = p.burst->repeats > 1 ? fmt::format(", {} times", p.burst->repeats) : "";
        const char* what = !p.calls ? "requests" : p.burst->n == 1 ? "call" : "calls";
        return fmt::format("{} {} at once{}", p.burst->n, what, times);
    }
    return load_title(p);
}

}  // namespace

std::string to_text(const RunResult& result, const TextOptions& options) {
    const Paint paint(options.colour);
    std::string out = paint(one_line(result.name), bold) + paint(fmt::format("  seed {}", result.seed), dim) + '\n';

    out += probes_text(result, options, paint);
    std::vector<std::string> names;
    for (const auto& s : result.servers)
        for (const auto& p : s.phases)
            if (std::ranges::find(names, p.phase) == names.end()) names.push_back(p.phase);
    for (const auto& name : names) {
        Column rows;
        for (const auto& s : result.servers)
            if (const auto* p = s.find(name)) rows.emplace_back(&s, p);
        const auto& first = *rows.front().second;
        out +=
            '\n' + paint(one_line(name), bold) + "  " + phase_title(first) + (first.warmup ? paint("  warm-up", dim) : "") + '\n';
        out += phase_tables(rows, options, paint);
        out += errors_text(rows, paint);
        out += notes_text(rows, paint);
        if (std::ranges::any_of(rows, [](const auto& row) { return row.second->interrupted; }))
            out += "  " + paint("interrupted", yellow) + '\n';
    }
    out += server_troubles(result, paint);
    if (!result.ended_early.empty()) out += '\n' + paint(escape_for_terminal(result.ended_early), red) + '\n';
    out += thresholds_text(result, options, paint, {});
    out += '\n' + verdict_text(result, paint) + '\n';
    return out;
}

}  // namespace volley::report
