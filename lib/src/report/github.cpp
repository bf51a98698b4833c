#include <volley/report/github.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <volley/http/url.hpp>

#include "report/figures.hpp"

namespace volley::report {
namespace {

constexpr std::size_t largest_summary = 512 * 1024;

// --- Markdown --------------------------------------------------------------------------------------------------------

/// Text in a cell that stays text: what could begin or end a cell, a span, a tag, a link, a mention or a reference is a numeric
/// reference, which GitHub's Markdown never takes for structure (CommonMark 0.31 section 2.5). Line ends become blanks. Cut at 500 bytes.
std::string cell(std::string_view text) {
    constexpr std::size_t longest = 500;
    static constexpr std::string_view special = "&<>\"'`*_[]~\\|$@#";
    const std::string safe = escape_for_terminal(text);
    std::string out;
    std::size_t i = 0;
    for (; i < safe.size(); ++i) {
        if (i >= longest && (static_cast<unsigned char>(safe[i]) & 0xc0) != 0x80) break;
        const std::string_view rest = std::string_view(safe).substr(i);
        const bool links = rest.starts_with("://") || (rest[0] == '.' && i > 0 && (safe[i - 1] == 'w' || safe[i - 1] == 'W'));
        if (special.find(rest[0]) != std::string_view::npos || links)
            fmt::format_to(std::back_inserter(out), "&#{};", static_cast<int>(rest[0]));
        else
            out += rest[0] == '\n' || rest[0] == '\t' ? ' ' : rest[0];
    }
    if (i < safe.size()) out += " …";
    return out;
}

std::string row(const std::vector<std::string>& cells) {
    std::string out = "|";
    for (const auto& c : cells) out += ' ' + c + " |";
    return out + '\n';
}

/// @param align  one letter a column: l or r
std::string head(const std::vector<std::string>& names, std::string_view align) {
    std::string out = row(names) + '|';
    for (const char a : align) out += a == 'r' ? " --: |" : " :-- |";
    return out + '\n';
}

std::string_view mark(Verdict v) {
    switch (v) {
        case Verdict::pass:
            return "✅";
        case Verdict::inconclusive:
        case Verdict::interrupted:
            return "⚠️";
        case Verdict::fail:
        case Verdict::target_failed:
            return "❌";
    }
    return "";
}

/// Those that failed, more often than the thresholds allow.
template <class F>
void for_each_failed_check(const RunResult& r, const F& use) {
    for (const auto& s : r.servers)
        for (const auto& p : s.phases)
            for (const auto& c : p.checks)
                if (!p.warmup && c.failed > 0 && c.verdict != Verdict::pass) use(s, p, c);
}

std::string verdict_line(const RunResult& r) {
    std::string word(to_string(r.verdict));
    for (char& c : word)
        if (c == '_') c = ' ';
    return fmt::format("### {} {}: {}\n\n{} requests, {} wrong, {}; seed {}, volley {}\n", mark(r.verdict), cell(r.name), word,
                       r.requests(), r.errors(), format_duration(r.elapsed), r.seed, cell(r.version));
}

std::string phase_row(const ServerResult& server, const PhaseResult& p) {
    const auto time = [](const metrics::Histogram& h, double q) { return h.empty() ? "-" : format_duration(h.quantile(q)); };
    return row({cell(server.name),
                cell(p.phase) + (p.warmup        ? " (warm-up)"
                                 : p.interrupted ? " (interrupted)"
                                                 : ""),
                std::to_string(p.tally->requests), time(p.tally->response, 0.5), time(p.tally->response, 0.99),
                p.kind != PhaseKind::burst && loaded_time(p) > Duration::zero() ? fmt::format("{:.1f}/s", request_rate(p)) : "-",
                p.burst && p.burst->complete && p.burst->ratio > 0 ? fmt::format("{:.2f}", p.burst->ratio) : "-",
                std::to_string(p.errors())});
}

/// Adds rows while there is room, and says how many there was none for.
class Rows {
public:
    explicit Rows(std::string& out) : out_(out) {}
    void add(const std::string& text) {
        if (out_.size() + text.size() > largest_summary)
            ++left_out_;
        else
            out_ += text;
    }
    void end() {
        if (left_out_ > 0) out_ += fmt::format("\n… and {} more\n", left_out_);
    }

private:
    std::string& out_;
    std::size_t left_out_ = 0;
};

// --- workflow commands -----------------------------------------------------------------------------------------------

// What ends a message, or a property of a command. Source: toolkit/packages/core/src/command.ts of github.com/actions.
std::string message_text(std::string_view text) { return http::percent_encode(escape_for_terminal(text), "%\r\n"); }
std::string property_text(std::string_view text) { return http::percent_encode(escape_for_terminal(text), "%\r\n:,"); }

std::string command(const RunResult& r, Verdict v, int line, const std::string& title, const std::string& message) {
    const char* name = v == Verdict::fail || v == Verdict::target_failed ? "error" : "warning";
    std::string place;
    if (!r.file.empty()) place = "file=" + property_text(r.file) + ',';
    if (!place.empty() && line > 0) place += fmt::format("line={},", line);
    return fmt::format("::{} {}title={}::{}\n", name, place, property_text(title), message_text(message));
}

}  // namespace

std::string to_github_summary(const RunResult& r) {
    std::string out = verdict_line(r);
    for (const auto& s : r.servers)
        if (s.failed()) Rows(out).add(fmt::format("\n**{}**: {}: {}\n", cell(s.name), cell(to_string(s.state)), cell(s.message)));

    const bool probed = std::ranges::any_of(r.servers, [](const auto& s) { return !s.probes.empty(); });
    const bool loaded = std::ranges::any_of(r.servers, [](const auto& s) { return !s.phases.empty(); });
    if (probed) {
        Rows probes(out);
        probes.add('\n' + head({"", "server", "probe", ""}, "llll"));
        for (const auto& s : r.servers)
            for (const auto& p : s.probes)
                probes.add(row({std::string(mark(p.verdict)), cell(s.name), cell(p.probe), cell(words_of(p))}));
        probes.end();
    }
    Rows rows(out);
    if (loaded || !probed)
        rows.add('\n' + head({"server", "phase", "requests", "p50", "p99", "rate", "M/S", "errors"}, "llrrrrrr"));
    for (const auto& s : r.servers)
        for (const auto& p : s.phases) rows.add(phase_row(s, p));
    rows.end();

    for (const auto& s : r.servers)
        for (const auto& p : s.phases)
            if (!p.inconclusive.empty())
                Rows(out).add(fmt::format("\n⚠️ {}, {}: {}\n", cell(s.name), cell(p.phase), cell(p.inconclusive)));
    if (!r.ended_early.empty()) Rows(out).add(fmt::format("\n⚠️ {}\n", cell(r.ended_early)));

    if (r.thresholds.empty()) return out;
    Rows thresholds(out);
    thresholds.add('\n' + head({"", "server", "threshold or failed check", "measured", ""}, "lllrl"));
    for_each_failed_check(r, [&](const ServerResult& s, const PhaseResult& p, const CheckResult& c) {
        thresholds.add(row({std::string(mark(c.verdict)), cell(s.name), cell(name_of(p, c)), "", cell(c.message)}));
    });
    // What did not pass first: it is what a reader looks for, and what there must be room for.
    for (const bool good : {false, true})
        for (const auto& t : r.thresholds)
            if (t.surely_passed() == good)
                thresholds.add(row({std::string(t.unsure ? mark(Verdict::inconclusive) : mark(t.verdict)), cell(t.server),
                                    cell(name_of(t)), cell(t.measured), cell(t.message)}));
    thresholds.end();
    return out;
}

std::string to_github_annotations(const RunResult& r) {
    std::string out;
    for (const auto& s : r.servers)
        if (s.failed()) out += command(r, Verdict::target_failed, 0, s.name + ": " + std::string(to_string(s.state)), s.message);
    for (const auto& s : r.servers)
        for (const auto& p : s.probes)
            if (p.verdict != Verdict::pass) out += command(r, p.verdict, p.pos.line, s.name + ": " + p.probe, words_of(p));
    for_each_failed_check(r, [&](const ServerResult& s, const PhaseResult& p, const CheckResult& c) {
        out += command(r, c.verdict, c.pos.line, s.name + ": " + name_of(p, c), c.message);
    });
    for (const auto& t : r.thresholds)
        if (!t.surely_passed()) out += command(r, t.verdict, t.pos.line, t.server + ": " + name_of(t), words_of(t));
    for (const auto& s : r.servers)
        for (const auto& p : s.phases)
            if (!p.warmup && !p.inconclusive.empty())
                out += command(r, Verdict::inconclusive, 0, s.name + ": " + p.phase, p.inconclusive);
    return out;
}

}  // namespace volley::report
