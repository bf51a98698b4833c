// Tables for a terminal.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <volley/report/result.hpp>

namespace volley::report {
namespace {

constexpr int bar_width = 20;

class Paint {
public:
    explicit Paint(bool on) : on_(on) {}
    [[nodiscard]] std::string operator()(std::string_view text, const char* code) const {
        return on_ && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
    }

private:
    bool on_;
};
constexpr const char* bold = "1";
constexpr const char* dim = "2";
constexpr const char* red = "31";
constexpr const char* green = "32";
constexpr const char* yellow = "33";

/// Columns on a terminal of valid UTF-8 text: code points; good enough for names and figures.
std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// Cells with one alignment a column: the first to the left, the rest to the right, the last as it is.
class Table {
public:
    explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] std::string print(const Paint& paint) const {
        std::vector<std::size_t> widths(rows_.front().size(), 0);
        for (const auto& row : rows_)
            for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
        std::string out;
        for (std::size_t r = 0; r < rows_.size(); ++r) {
            std::string line = " ";
            for (std::size_t i = 0; i < rows_[r].size(); ++i) {
                const auto& cell = rows_[r][i];
                const std::string pad(widths[i] - columns(cell), ' ');
                const bool last = i + 1 == rows_[r].size();
                line += ' ';
                line += i == 0 ? cell + pad : last ? cell : pad + cell;
                if (!last) line += ' ';
            }
            while (line.ends_with(' ')) line.pop_back();
            out += (r == 0 ? paint(line, dim) : line) + '\n';
        }
        return out;
    }

private:
    std::vector<std::vector<std::string>> rows_;
};

std::string number(double v) {
    if (v < 9.995) return fmt::format("{:.2f}", v);
    if (v < 99.95) return fmt::format("{:.1f}", v);
    return fmt::format("{:.0f}", v);
}

/// `50`, `4x12, 2`, or the count where it would be long.
std::string groups_text(const std::vector<std::size_t>& groups) {
    std::string out;
    int runs = 0;
    for (std::size_t i = 0; i < groups.size();) {
        std::size_t same = i;
        while (same < groups.size() && groups[same] == groups[i]) ++same;
        if (++runs > 4) return fmt::format("{} groups", groups.size());
        out += out.empty() ? "" : ", ";
        out += same - i > 1 ? fmt::format("{}x{}", same - i, groups[i]) : fmt::format("{}", groups[i]);
        i = same;
    }
    return out;
}

std::string bar(double share, bool unicode) {
    const int eighths = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * bar_width * 8));
    if (!unicode) return std::string(static_cast<std::size_t>(std::max(1, eighths / 8)), '#');
    static constexpr std::array<const char*, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    std::string out;
    for (int i = 0; i < eighths / 8; ++i) out += "█";
    out += parts[static_cast<std::size_t>(eighths % 8)];
    return out.empty() ? "▏" : out;
}

std::string right_text(const PhaseResult& p) { return fmt::format("{}/{}", p.tally->right, p.tally->requests + p.saturated); }

using Column = std::vector<std::pair<const ServerResult*, const PhaseResult*>>;

std::string burst_table(const Column& rows, const TextOptions& options, const Paint& paint) {
    Duration longest{1};
    for (const auto& [server, phase] : rows)
        if (phase->burst && phase->burst->complete) longest = std::max(longest, phase->burst->makespan);
    Table table({"server", "right", "solo S", "makespan M", "M/S", "overlap", "serial", "p50", "p99", "threads", "groups", ""});
    for (const auto& [server, phase] : rows) {
        std::vector<std::string> row{escape_for_terminal(server->name), right_text(*phase)};
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
        row.push_back(b && b->complete ? bar(to_seconds(b->makespan) / to_seconds(longest), options.unicode) : "");
        table.add(std::move(row));
    }
    return table.print(paint);
}

std::string load_table(const Column& rows, const Paint& paint) {
    Table table({"server", "right", "rate", "p50", "p90", "p99", "max", "service p99", "missed", "saturated", "threads"});
    for (const auto& [server, phase] : rows) {
        const auto& h = phase->tally->response;
        const auto q = [&](double at) { return h.empty() ? std::string("-") : format_duration(h.quantile(at)); };
        const double seconds = to_seconds(phase->elapsed);
        table.add({escape_for_terminal(server->name), right_text(*phase),
                   seconds > 0 ? number(static_cast<double>(phase->tally->requests) / seconds) + "/s" : "-", q(0.5), q(0.9),
                   q(0.99), h.empty() ? "-" : format_duration(h.max()),
                   phase->tally->service.empty() ? "-" : format_duration(phase->tally->service.quantile(0.99)),
                   std::to_string(phase->missed), std::to_string(phase->saturated),
                   phase->resources ? std::to_string(phase->resources->max_threads) : "-"});
    }
    return table.print(paint);
}

std::string errors_text(const Column& rows, const Paint& paint) {
    std::string out;
    for (const auto& [server, phase] : rows) {
        if (phase->errors() == 0) continue;
        std::vector<std::string> kinds;
        for (const auto& [kind, n] : phase->tally->errors) kinds.push_back(fmt::format("{} {}", n, kind));
        if (phase->saturated > 0) kinds.push_back(fmt::format("{} saturated", phase->saturated));
        out += "  " +
               paint(fmt::format("{}: {} wrong ({})", escape_for_terminal(server->name), phase->errors(), fmt::join(kinds, ", ")),
                     red) +
               '\n';
        for (const auto& e : phase->wrong_examples) out += "    " + escape_for_terminal(e) + '\n';
    }
    return out;
}

/// What a reader must know of how the figures came about.
std::string notes_text(const Column& rows, const Paint& paint) {
    std::string out;
    const auto note = [&](const ServerResult& server, const std::string& text, const char* colour) {
        out += "  " + paint(escape_for_terminal(server.name + ": " + text), colour) + '\n';
    };
    for (const auto& [server, phase] : rows) {
        if (!phase->inconclusive.empty()) note(*server, phase->inconclusive, yellow);
        if (!phase->aborted.empty())
            note(*server, fmt::format("ended after {} by `{}`", format_duration(phase->elapsed), phase->aborted), red);
        if (phase->extensions > 0) note(*server, fmt::format("ran on to {} times its length", phase->extensions + 1), dim);
        if (phase->warmup) continue;
        if (const auto state = steadiness(*phase); state.state == metrics::SteadyState::State::unsteady)
            note(*server, "not steady: " + drift_words(state), yellow);
        if (phase->generator.busy)
            note(
                *server,
                "the load generator had next to no idle time, the server may be faster than this: give it more threads or less load",
                yellow);
    }
    return out;
}

std::string phase_title(const PhaseResult& p) {
    if (p.burst) {
        const std::string times = p.burst->repeats > 1 ? fmt::format(", {} times", p.burst->repeats) : "";
        return fmt::format("{} requests at once{}", p.burst->n, times);
    }
    if (p.kind == PhaseKind::rate) return "open arrivals";
    return p.kind == PhaseKind::users ? "closed loop of users" : "burst";
}

std::string server_troubles(const RunResult& result, const Paint& paint) {
    std::string out;
    for (const auto& s : result.servers) {
        if (s.state == ServerState::ok || (s.state == ServerState::interrupted && s.message.empty())) continue;
        out += '\n' + paint(fmt::format("{}: {}", escape_for_terminal(s.name), to_string(s.state)), red) + "  " +
               escape_for_terminal(s.message) + '\n';
        if (!s.log_tail.empty()) out += paint(fmt::format("  last {} lines of its log:", s.log_tail.size()), dim) + '\n';
        for (const auto& line : s.log_tail) out += "  | " + escape_for_terminal(line) + '\n';
    }
    return out;
}

std::string thresholds_text(const RunResult& result, const TextOptions& options, const Paint& paint) {
    if (result.thresholds.empty()) return {};
    std::string out = '\n' + paint("thresholds", bold) + '\n';
    std::size_t server_width = 0;
    std::size_t source_width = 0;
    for (const auto& t : result.thresholds) {
        server_width = std::max(server_width, columns(t.server));
        source_width = std::max(source_width, columns(name_of(t)));
    }
    for (const auto& t : result.thresholds) {
        const bool passed = t.verdict == Verdict::pass && !t.unsure;
        const bool failed = t.verdict == Verdict::fail;
        const char* colour = passed ? green : failed ? red : yellow;
        const char* mark = options.unicode ? (passed ? "✓" : failed ? "✗" : "?") : (passed ? "ok  " : failed ? "FAIL" : "?   ");
        const std::string source = name_of(t);
        const std::string server_pad(server_width - columns(t.server), ' ');
        const std::string source_pad(source_width - columns(source), ' ');
        out += fmt::format("  {} {}{}  {}{}", paint(mark, colour), escape_for_terminal(t.server), server_pad,
                           escape_for_terminal(source), source_pad);
        if (!t.measured.empty()) out += "  " + t.measured;
        if (!t.message.empty()) out += "  " + paint(escape_for_terminal(t.message), passed ? dim : colour);
        while (out.ends_with(' ')) out.pop_back();
        out += '\n';
    }
    return out;
}

std::string verdict_text(const RunResult& r, const Paint& paint) {
    std::size_t failed = 0;
    for (const auto& t : r.thresholds) failed += t.verdict == Verdict::fail ? 1U : 0U;
    std::string counts = fmt::format("{} requests, {} wrong, {}", r.requests(), r.errors(), format_duration(r.elapsed));
    switch (r.verdict) {
        case Verdict::pass:
            return paint("pass", green) + "  " + counts;
        case Verdict::fail:
            return paint("fail", red) + "  " +
                   (failed > 0 ? fmt::format("{} of {} thresholds; ", failed, r.thresholds.size()) : "a server died; ") + counts;
        case Verdict::inconclusive:
            return paint("inconclusive", yellow) + "  " + counts;
        case Verdict::target_failed:
            return paint("target failed", red) + "  " + counts;
        case Verdict::interrupted:
            return paint("interrupted", yellow) + "  results so far: " + counts;
    }
    return counts;
}

}  // namespace

std::string to_text(const RunResult& result, const TextOptions& options) {
    const Paint paint(options.colour);
    std::string out = paint(escape_for_terminal(result.name), bold) + paint(fmt::format("  seed {}", result.seed), dim) + '\n';

    std::vector<std::string> names;
    for (const auto& s : result.servers)
        for (const auto& p : s.phases)
            if (std::ranges::find(names, p.phase) == names.end()) names.push_back(p.phase);
    for (const auto& name : names) {
        Column rows;
        for (const auto& s : result.servers)
            if (const auto* p = s.find(name)) rows.emplace_back(&s, p);
        const auto& first = *rows.front().second;
        out += '\n' + paint(escape_for_terminal(name), bold) + "  " + phase_title(first) +
               (first.warmup ? paint("  warm-up", dim) : "") + '\n';
        out += first.kind == PhaseKind::burst ? burst_table(rows, options, paint) : load_table(rows, paint);
        out += errors_text(rows, paint);
        out += notes_text(rows, paint);
        if (std::ranges::any_of(rows, [](const auto& row) { return row.second->interrupted; }))
            out += "  " + paint("interrupted", yellow) + '\n';
    }
    out += server_troubles(result, paint);
    if (!result.ended_early.empty()) out += '\n' + paint(escape_for_terminal(result.ended_early), red) + '\n';
    out += thresholds_text(result, options, paint);
    out += '\n' + verdict_text(result, paint) + '\n';
    return out;
}

}  // namespace volley::report
