#include "report/text_parts.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "report/figures.hpp"

namespace volley::report {
namespace {

constexpr std::size_t narrowest = 40;
constexpr std::size_t below_indent = 8;
constexpr auto late = std::chrono::milliseconds(5);

/// A message of several lines (one with a caret, say), those behind the first with a margin: none may pose as a line of the report.
std::string lines_below(std::string_view message) {
    while (message.ends_with('\n')) message.remove_suffix(1);
    std::string out;
    for (;;) {
        const auto end = std::min(message.find('\n'), message.size());
        out += one_line(message.substr(0, end));
        if (end == message.size()) return out;
        out += "\n  | ";
        message.remove_prefix(end + 1);
    }
}

/// Of a run that is calls alone.
const metrics::CallTally* calls_of(const RunResult& result) {
    const bool alone = result.servers.size() == 1 && result.servers.front().phases.size() == 1;
    return alone ? result.servers.front().phases.front().calls.get() : nullptr;
}

/// What became of a request or call, behind how many of them it became of. The words of result files are short and stay as they are.
struct KindWords {
    std::string_view kind;
    std::string_view words;
};
constexpr std::array kind_words{
    KindWords{"status", "answered with another status than expected"},
    KindWords{"check", "answered otherwise than a check expects"},
    KindWords{"lost", "not answered in time on the data channel"},
    KindWords{"resolve", "without an address for the host"},
    KindWords{"refused", "refused a connection"},
    KindWords{"reset", "cut off before an answer"},
    KindWords{"timeout", "not answered in time"},
    KindWords{"tls", "without a secure connection (TLS)"},
    KindWords{"protocol", "answered with what is no HTTP"},
    KindWords{"truncated", "answered in part"},
    KindWords{"too_large", "answered with more than is read"},
    KindWords{"exhausted", "not possible on this machine"},
    KindWords{"cancelled", "called off"},
    KindWords{"usage", "not begun, since what goes along does not fit"},
    KindWords{"answer", "answered with no description that can be used"},
    KindWords{"ice", "found no way to the peer (ICE)"},
    KindWords{"dtls", "agreed on no keys with the peer (DTLS)"},
    KindWords{"sctp", "got no association for data (SCTP)"},
    KindWords{"channel", "got no data channel"},
    KindWords{"set_up_limit", "not set up in time"},
    KindWords{"consent", "lost the way to the peer"},
    KindWords{"closed", "ended by the peer"},
    KindWords{"video", "without a frame of video"},
    KindWords{"audio", "without a packet of audio"},
    KindWords{"saturated", "not begun, since as many as may be were under way"},
};

}  // namespace

Look look_of(const TextOptions& options) {
    return {Paint(options.colour), options.unicode, std::max(narrowest, static_cast<std::size_t>(std::max(options.width, 0)))};
}

std::string field(const Look& look, std::string_view label, std::string_view text, const char* colour) {
    std::string out;
    for (const auto& line : wrapped(text, look.width - label_width - 2)) {
        out += "  " + look.paint(padded(label, label_width), dim);
        out += (colour != nullptr ? look.paint(line, colour) : line) + '\n';
        label = {};
    }
    return out;
}

std::string heading(const Look& look, std::string_view title, const std::string& remark) {
    constexpr std::size_t indent = 2;
    std::string out = '\n' + look.paint(title, bold);
    if (remark.empty()) return out + '\n';
    for (const auto& line : wrapped(remark, look.width - columns(title) - indent)) {
        if (out.back() == '\n') out += std::string(columns(title), ' ');
        out += std::string(indent, ' ') + look.paint(line, dim) + '\n';
    }
    return out;
}

std::vector<std::string> generator_notes(const PhaseResult& phase) {
    std::vector<std::string> out;
    if (phase.generator.busy)
        out.emplace_back(
            "the generator was busy: its threads had next to no idle time, so the server may be faster than what is shown; "
            "give it more threads, or less to do");
    if (phase.missed > 0)
        out.push_back(
            fmt::format("missed {}{}: the generator came too late for them, so the load was less than asked for",
                        phase.planned > 0 ? fmt::format("{} of {} planned starts", grouped(phase.missed), grouped(phase.planned))
                                          : fmt::format("{} planned starts", grouped(phase.missed)),
                        phase.planned > 0 ? fmt::format(" ({})", share_text(phase.missed, phase.planned)) : std::string()));
    if (phase.burst) {
        // A burst takes time to send; it only matters beside what it measures.
        const auto& b = *phase.burst;
        if (b.complete && b.own_lag > late && b.own_lag > b.makespan / 20)
            out.push_back(fmt::format("the generator took {} to start the burst, which is part of the makespan",
                                      format_duration(b.own_lag)));
    } else if (const auto& lag = phase.tally->start_lag; !lag.empty() && lag.quantile(0.99) > late) {
        out.push_back(fmt::format("the generator started late, by {} at p99: response times hold that, service times do not",
                                  format_duration(lag.quantile(0.99))));
    }
    return out;
}

std::string straggler_words(const PhaseResult& phase) {
    const auto left = stragglers(phase);
    if (!left) return {};
    const std::string what = phase.calls ? "ping" : "request";
    const std::string who = !left->count        ? what + "s were"
                            : left->count == 1U ? "1 " + what + " was"
                                                : grouped(*left->count) + ' ' + what + "s were";
    return fmt::format("{} still under way at the end, the last ended after {}", who, format_duration(left->took));
}

std::string load_title(const PhaseResult& phase) {
    if (!phase.load.empty()) return one_line(phase.load);
    if (phase.kind == PhaseKind::calls) return "calls";
    if (phase.kind == PhaseKind::rate) return "open arrivals";
    return phase.kind == PhaseKind::users ? "closed loop of users" : "burst";
}

std::string error_kinds(const std::map<std::string, std::uint64_t>& errors) {
    std::string out;
    for (const auto& [kind, n] : errors) {
        const auto* at = std::ranges::find(kind_words, std::string_view(kind), &KindWords::kind);
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", grouped(n), at == kind_words.end() ? kind : at->words);
    }
    return out;
}

std::string error_kinds(const PhaseResult& phase) {
    auto errors = phase.tally->errors;
    if (phase.saturated > 0) errors["saturated"] += phase.saturated;
    return error_kinds(errors);
}

std::vector<std::string> error_examples(const PhaseResult& phase) {
    std::vector<std::string> out;
    for (const auto& example : phase.wrong_examples)
        if (auto line = one_line(example); std::ranges::find(out, line) == out.end()) out.push_back(std::move(line));
    return out;
}

std::string under_way_text(const Look& look, std::uint64_t n, Duration longest) {
    if (n == 0) return {};
    return field(look, "under way",
                 fmt::format("{} more when it was ended, the oldest for {}: neither sent nor lost here", grouped(n),
                             format_duration(longest)),
                 yellow);
}

std::string unknown_text(const Look& look, const std::string& percentiles, std::uint64_t lost, std::uint64_t all) {
    if (percentiles.empty()) return {};
    return field(look, "", fmt::format("not known: {}, as {} of {} never came back", percentiles, grouped(lost), grouped(all)),
                 yellow);
}

std::string server_troubles(const RunResult& result, const Paint& paint, std::size_t width) {
    std::string out;
    for (const auto& s : result.servers) {
        if (s.state == ServerState::ok || (s.state == ServerState::interrupted && s.message.empty())) continue;
        const std::string who =
            fmt::format("{}: {}", one_line(s.name),
                        s.state == ServerState::not_working ? "reached, but it did not work" : to_string(s.state));
        out += '\n' + paint(who, red);
        const std::string message = lines_below(s.message);
        if (message.find('\n') != std::string::npos || who.size() + 2 + columns(message) <= width) {
            out += "  " + message + '\n';
        } else {
            out += '\n';
            for (const auto& line : wrapped(one_line(s.message), width - 2)) out += "  " + line + '\n';
        }
        if (!s.log_tail.empty()) out += paint(fmt::format("  last {} lines of its log:", s.log_tail.size()), dim) + '\n';
        for (const auto& line : s.log_tail) out += "  | " + one_line(line) + '\n';
    }
    return out;
}

std::string thresholds_text(const RunResult& result, const TextOptions& options, const Paint& paint,
                            const ThresholdLines& lines) {
    if (result.thresholds.empty()) return {};
    std::string out = '\n' + paint("thresholds", bold) + '\n';
    std::size_t server_width = 0;
    std::size_t source_width = 0;
    for (const auto& t : result.thresholds) {
        server_width = std::max(server_width, columns(one_line(t.server)));
        source_width = std::max(source_width, columns(one_line(name_of(t))));
    }
    for (const auto& t : result.thresholds) {
        const bool passed = t.surely_passed();
        const bool failed = t.verdict == Verdict::fail;
        const char* colour = passed ? green : failed ? red : yellow;
        const char* mark = options.unicode ? (passed ? "✓" : failed ? "✗" : "?") : (passed ? "ok  " : failed ? "FAIL" : "?   ");
        std::string line = "  " + paint(mark, colour) + ' ';
        if (lines.servers) line += padded(one_line(t.server), server_width) + "  ";
        line += padded(one_line(name_of(t)), source_width);
        if (!t.measured.empty()) line += "  " + t.measured;
        const std::string message = one_line(t.message);
        const bool below = columns(line) + 2 + columns(message) > lines.width;
        if (!message.empty() && !below) line += "  " + paint(message, passed ? dim : colour);
        while (line.ends_with(' ')) line.pop_back();
        out += line + '\n';
        if (!below) continue;
        for (const auto& part : wrapped(message, lines.width - std::min(lines.width, below_indent)))
            out += std::string(below_indent, ' ') + paint(part, passed ? dim : colour) + '\n';
    }
    return out;
}

std::string verdict_text(const RunResult& r, const Paint& paint) {
    std::size_t failed = 0;
    for (const auto& t : r.thresholds) failed += t.verdict == Verdict::fail ? 1U : 0U;
    std::size_t probes = 0;
    std::size_t failed_probes = 0;
    std::vector<std::string> failures;
    bool expected = !r.thresholds.empty();
    for (const auto& s : r.servers)
        for (const auto& p : s.probes) {
            ++probes;
            failed_probes += p.verdict == Verdict::fail ? 1U : 0U;
            expected = expected || !p.expectations.empty();
        }
    if (failed_probes > 0) failures.push_back(fmt::format("{} of {} probes", failed_probes, probes));
    if (failed > 0) failures.push_back(fmt::format("{} of {} thresholds", failed, r.thresholds.size()));
    if (!r.unwritten.empty())
        failures.push_back(fmt::format("{} not whole", r.unwritten.size() == 1 ? "a file is" : "files are"));
    if (failures.empty()) failures.emplace_back("a server died");
    const bool probes_alone = probes > 0 && std::ranges::all_of(r.servers, [](const auto& s) { return s.phases.empty(); });
    std::string counts = (probes_alone ? fmt::format("{} {}, ", probes, probes == 1 ? "probe" : "probes")
                                       : fmt::format("{} requests, {} wrong, ", r.requests(), r.errors())) +
                         format_duration(r.elapsed);
    if (const auto* calls = calls_of(r))
        counts =
            fmt::format("{} {}, {} failed; {} {}, {} lost; {}", calls->calls, calls->calls == 1 ? "call" : "calls", calls->failed,
                        calls->sent, calls->sent == 1 ? "ping" : "pings", calls->lost, format_duration(r.elapsed));
    switch (r.verdict) {
        case Verdict::pass:
            return (expected ? paint("pass", green) : paint("done", bold)) + "  " + counts;
        case Verdict::fail:
            return fmt::format("{}  {}; {}", paint("fail", red), fmt::join(failures, ", "), counts);
        case Verdict::inconclusive:
            return paint("inconclusive", yellow) + "  " + counts;
        case Verdict::target_failed:
            return paint("target failed", red) + "  " + counts;
        case Verdict::interrupted:
            return paint("interrupted", yellow) + "  results so far: " + counts;
    }
    return counts;
}

}  // namespace volley::report
