// The summary of quick load, for a person.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <volley/metrics/steady_state.hpp>
#include <volley/report/result.hpp>

#include "report/figures.hpp"
#include "report/latency_rows.hpp"
#include "report/text_parts.hpp"

namespace volley::report {
namespace {

/// `2xx 50,000, 5xx 12 (500, 503)`: the answers of each class, and outside 2xx the statuses that most of them had.
std::string status_words(const metrics::Tally& t) {
    std::string out;
    for (const auto& [first, n] : status_classes(t)) {
        out += fmt::format("{}{}xx {}", out.empty() ? "" : ", ", first, grouped(n));
        if (first == 2) continue;
        std::vector<std::pair<std::uint64_t, int>> most;
        for (const auto& [status, count] : t.statuses)
            if (status / 100 == first) most.emplace_back(count, status);
        std::ranges::stable_sort(most, std::ranges::greater{}, [](const auto& one) { return one.first; });
        constexpr std::size_t named = 3;
        std::string names;
        for (std::size_t i = 0; i < std::min(named, most.size()); ++i)
            names += fmt::format("{}{}", i == 0 ? "" : ", ", most[i].second);
        out += fmt::format(" ({}{})", names, most.size() > named ? ", ..." : "");
    }
    return out;
}

std::string done_text(const PhaseResult& p, const Look& look) {
    const auto& t = *p.tally;
    const double seconds = to_seconds(loaded_time(p));
    std::string requests = grouped(t.requests);
    if (seconds > 0) requests += fmt::format(" in {}, {}", format_duration(loaded_time(p)), rate_text(request_rate(p)));
    std::string out = field(look, "requests", requests);
    if (const auto words = straggler_words(p); !words.empty()) out += field(look, "", words, dim);
    const auto all = t.requests + p.saturated;
    out += field(look, "right", fmt::format("{} ({})", grouped(t.right), share_text(t.right, all)));
    if (p.errors() > 0) {
        out += field(look, "wrong", fmt::format("{} ({}): {}", grouped(p.errors()), share_text(p.errors(), all), error_kinds(p)),
                     red);
        for (const auto& example : error_examples(p)) out += "  " + std::string(label_width, ' ') + example + '\n';
    }
    if (!t.statuses.empty()) out += field(look, "status", status_words(t));
    if (t.retried > 0)
        out += field(look, "retried", grouped(t.retried) + ": the server had closed the connection without a word");
    out += field(look, "received",
                 format_bytes(static_cast<double>(t.bytes)) +
                     (seconds > 0 ? ", " + format_bytes(static_cast<double>(t.bytes) / seconds) + "/s" : std::string()));
    return out;
}

/// By more than a tenth, at a percentile that matters.
bool differ(const metrics::Histogram& response, const metrics::Histogram& service) {
    return std::ranges::any_of(std::array{0.5, 0.9, 0.99}, [&](double q) {
        const double a = to_seconds(response.quantile(q));
        const double b = to_seconds(service.quantile(q));
        return std::abs(a - b) > 0.1 * std::max(a, b);
    });
}

std::string latency_text(const PhaseResult& p, const Look& look) {
    const auto& response = p.tally->response;
    const auto& service = p.tally->service;
    if (response.empty()) return heading(look, "latency", "no right answer");
    const bool both = !service.empty() && differ(response, service);
    std::string out = heading(look, "latency",
                              both ? "response: from the planned start; service: from the first byte sent"
                                   : "of right answers, from the planned start");
    const bool intervals = p.kind != PhaseKind::burst;
    std::vector<std::string> head{"", "response"};
    if (both) head.emplace_back("service");
    head.emplace_back(intervals ? fmt::format("{:.0f} % interval", shown_confidence * 100) : "");
    Table table(head);
    std::string too_few;
    std::string dependent;
    for (const auto& [name, q] : shown_percentiles) {
        const auto value = response_percentile(p, q);
        const bool none = value.carried == Percentile::Carried::none;
        const bool run = value.carried == Percentile::Carried::run;
        if (none) too_few += fmt::format("{}{} for {}", too_few.empty() ? "" : ", ", grouped(value.needed), name);
        if (run)
            dependent +=
                fmt::format("{}{} for {}", dependent.empty() ? "" : ", ", grouped(static_cast<std::uint64_t>(value.n_eff)), name);
        std::vector<std::string> cells{name, none ? "-" : (run ? "~" : "") + format_duration(value.value)};
        if (both) cells.push_back(none ? "-" : (run ? "~" : "") + format_duration(service.quantile(q)));
        cells.push_back(intervals && !none && (q == 0.5 || q == 0.99) ? range_text(value.interval) : "");
        table.add(std::move(cells));
    }
    std::vector<std::string> last{"max", format_duration(response.max())};
    if (both) last.push_back(format_duration(service.max()));
    last.emplace_back();
    table.add(std::move(last));
    out += table.print(look.paint);
    const auto note = [&](const std::string& text) {
        for (const auto& line : wrapped(text, look.width - 2)) out += "  " + look.paint(line, dim) + '\n';
    };
    if (!too_few.empty()) note("- takes more right answers: " + too_few);
    if (!dependent.empty())
        note(fmt::format("~ is that of this run alone: answers depend on each other, {} are worth {}", grouped(response.count()),
                         dependent));
    return out;
}

std::string limits_words(const LatencyRow& row) {
    switch (row.kind) {
        case LatencyRow::Kind::below:
            return "below " + format_duration(row.high);
        case LatencyRow::Kind::above:
            return "from " + format_duration(row.low);
        case LatencyRow::Kind::inside:
            break;
    }
    return range_text({row.low, row.high});
}

std::string bars_text(const PhaseResult& p, const Look& look) {
    const auto rows = latency_rows(p.tally->response);
    if (rows.empty()) return {};
    std::uint64_t highest = 1;
    std::size_t limits = 0;
    std::size_t counts = 0;
    for (const auto& row : rows) {
        highest = std::max(highest, row.count);
        limits = std::max(limits, columns(limits_words(row)));
        counts = std::max(counts, columns(grouped(row.count)));
    }
    constexpr std::size_t share_width = 7;
    const std::size_t taken = 2 + limits + 2 + 2 + counts + 2 + share_width + 2 + share_width;
    const int bar_width = static_cast<int>(std::clamp<std::size_t>(look.width > taken ? look.width - taken : 0, 8, 40));
    std::string out = '\n' +
                      look.paint("  " + padded("response time", limits + 2 + static_cast<std::size_t>(bar_width) + 2) +
                                     right_aligned("n", counts) + "  " + right_aligned("share", share_width) + "  " +
                                     right_aligned("to here", share_width),
                                 dim) +
                      '\n';
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::size_t empty = i;
        while (empty < rows.size() && rows[empty].count == 0) ++empty;
        if (empty - i >= 3) {
            out += "  " + right_aligned(look.unicode ? "⋮" : ":", limits) + '\n';
            i = empty - 1;
            continue;
        }
        const auto& row = rows[i];
        so_far += row.count;
        const auto drawn = row.count == 0
                               ? std::string()
                               : bar(static_cast<double>(row.count) / static_cast<double>(highest), bar_width, look.unicode);
        out += "  " + right_aligned(limits_words(row), limits) + "  " + padded(drawn, static_cast<std::size_t>(bar_width)) +
               "  " + right_aligned(grouped(row.count), counts) + "  " +
               right_aligned(share_text(row.count, p.tally->response.count()), share_width) + "  " +
               right_aligned(share_text(so_far, p.tally->response.count()), share_width) + '\n';
    }
    return out;
}

/// How many requests ended and the p99 of the response time, from left to right, in as many columns as there are.
std::string course_text(const PhaseResult& p, const Look& look) {
    const auto& series = p.tally->series;
    constexpr std::size_t words_width = 32;
    constexpr std::size_t fewest = 3;
    const std::size_t most = std::min<std::size_t>(look.width - std::min(look.width, label_width + 4 + words_width), 60);
    // Silence at the end is part of it.
    const std::size_t slices =
        std::max(series.size(), static_cast<std::size_t>(std::max(p.elapsed / series.width(), std::int64_t{0})));
    if (series.empty() || slices < fewest || most < fewest) return {};
    const auto joined = static_cast<std::int64_t>((slices + most - 1) / most);
    std::vector<double> rates;
    std::vector<double> p99s;
    metrics::QuantileInterval p99_range;
    for (std::size_t i = 0; i < slices;) {
        // The end of a phase, cut short, says nothing of the rate; nor does what comes behind it.
        if (i > 0 && p.elapsed < series.width() * (static_cast<std::int64_t>(i) + joined) - series.width() * joined / 2) break;
        metrics::Slice column;
        Duration length{};
        for (const auto end = std::min(i + static_cast<std::size_t>(joined), slices); i < end; ++i) {
            if (i < series.size()) column.append(series[i]);
            length += slice_length(p, i);
        }
        rates.push_back(static_cast<double>(column.done) / to_seconds(length));
        const auto p99 = slice_quantile(p, column, 0.99);
        p99s.push_back(to_seconds(p99));
        if (column.response.empty()) continue;
        p99_range.low = std::min(p99_range.low.value_or(p99), p99);
        p99_range.high = std::max(p99_range.high.value_or(p99), p99);
    }
    const auto row = [&](const char* label, const std::vector<double>& values, const std::string& words) {
        return "  " + look.paint(padded(label, label_width), dim) + sparkline(values, look.unicode) + "  " + words + '\n';
    };
    const auto [low, high] = std::ranges::minmax(rates);
    std::string out = heading(look, "over time", "a column is " + format_duration(series.width() * joined));
    out += row("done", rates, rate_text(low) == rate_text(high) ? rate_text(low) : rate_text(low) + " to " + rate_text(high));
    return p99_range.low ? out + row("p99", p99s, range_text(p99_range)) : out;
}

std::string three(const metrics::Histogram& h) {
    return fmt::format("p50 {}, p99 {}, max {}", format_duration(h.quantile(0.5)), format_duration(h.quantile(0.99)),
                       format_duration(h.max()));
}

std::string burst_text(const PhaseResult& p, const Look& look) {
    if (!p.burst) return {};
    const auto& b = *p.burst;
    std::string out = heading(look, "burst", b.repeats > 1 ? "the one with the median makespan" : "");
    if (!b.complete) return out + field(look, "makespan", "-  (not every answer was right)");
    out += field(look, "makespan", format_duration(b.makespan));
    if (b.solo > Duration::zero()) {
        out +=
            field(look, "alone", fmt::format("{}, so the burst took {} times as long", format_duration(b.solo), number(b.ratio)));
        out += field(look, "overlap",
                     fmt::format("{} at the same time, on average{}", number(b.overlap),
                                 b.serial_fraction ? fmt::format("; serial {:.1f} %", *b.serial_fraction * 100) : std::string()));
        if (!b.groups.empty()) out += field(look, "groups", groups_text(b.groups));
    }
    return out + field(look, "own lag", format_duration(b.own_lag));
}

std::string connections_text(const PhaseResult& p, const Look& look) {
    const auto& t = *p.tally;
    if (p.generator.connections == 0 && t.connect.empty()) return {};
    std::string words = fmt::format("{} opened", grouped(std::max(p.generator.connections, t.connect.count())));
    for (const auto& [name, h] : {std::pair{"dns", &t.resolve}, {"connect", &t.connect}, {"tls", &t.tls}})
        if (!h->empty()) words += fmt::format("; {} p50 {}", name, format_duration(h->quantile(0.5)));
    return field(look, "connections", words);
}

std::string generator_text(const PhaseResult& p, const Look& look) {
    std::string out = heading(look, "generator", "how far the rest can be trusted");
    out += connections_text(p, look);
    // A closed loop without think time starts whenever an answer is there, and is never late.
    if (p.tally->start_lag.max() > Duration::zero()) out += field(look, "start lag", three(p.tally->start_lag));
    if (p.planned > 0 || p.missed > 0 || p.saturated > 0)
        out += field(look, "starts",
                     (p.planned > 0 ? grouped(p.planned) + " planned, " : std::string()) +
                         fmt::format("{} missed, {} saturated", grouped(p.missed), grouped(p.saturated)));
    if (const auto& g = p.generator; !g.transport.empty()) {
        std::string words = fmt::format("{}, {} {}", one_line(g.transport), g.threads, g.threads == 1 ? "thread" : "threads");
        if (const double available = to_seconds(loaded_time(p)) * g.threads; available > 0)
            words += fmt::format(", CPU {:.0f} %", 100 * to_seconds(g.cpu) / available);
        if (!g.timer_overshoot.empty())
            words += fmt::format("; timers late p99 {}", format_duration(g.timer_overshoot.quantile(0.99)));
        out += field(look, "transport", words);
    }
    for (const auto& note : generator_notes(p)) out += field(look, "warning", note, yellow);
    return out;
}

std::string steady_text(const PhaseResult& p, const Look& look) {
    const auto& series = p.tally->series;
    if (series.empty() || p.climbs) return {};  // what climbs by plan is not expected to settle
    const auto s = steadiness(p);
    const auto from = format_duration(series.width() * static_cast<std::int64_t>(s.cut));
    switch (s.state) {
        case metrics::SteadyState::State::steady:
            return field(look, "steady", s.cut > 0 ? "from " + from + " on" : "throughout");
        case metrics::SteadyState::State::unsteady:
            return field(look, "unsteady", drift_words(s) + ": run longer, or after a warm-up", yellow);
        case metrics::SteadyState::State::unknown:
            break;
    }
    return field(look, "steady",
                 "not known: it takes at least 10 slices of " + format_duration(series.width()) + " with answers");
}

std::string phase_text(const ServerResult& server, const PhaseResult& p, bool names_server, const Look& look) {
    std::string out = (names_server ? look.paint(one_line(server.name) + ": ", bold) : std::string()) + load_title(p) + "\n\n";
    out += done_text(p, look);
    out += latency_text(p, look);
    out += bars_text(p, look);
    out += course_text(p, look);
    out += burst_text(p, look);
    out += generator_text(p, look);
    out += steady_text(p, look);
    if (!p.inconclusive.empty()) out += field(look, "inconclusive", one_line(p.inconclusive), yellow);
    if (p.interrupted) out += field(look, "interrupted", "the figures are those of what was done until then", yellow);
    return out;
}

}  // namespace

std::string to_load_summary(const RunResult& result, const TextOptions& options) {
    const Look look = look_of(options);
    std::string out = look.paint(one_line(result.name), bold);
    // The description of a server that is not ours is its URL, whose host the name of quick load holds already.
    for (const auto& s : result.servers) {
        const auto scheme = s.description.find("://");
        const auto place = s.description.substr(scheme == std::string::npos ? 0 : scheme + 3);
        if (!place.empty() && result.name.find(place) == std::string::npos) out += "  " + one_line(s.description);
    }
    out += look.paint(fmt::format("  seed {}", result.seed), dim) + '\n';
    for (const auto& server : result.servers)
        for (const auto& phase : server.phases)
            if (!phase.warmup) out += phase_text(server, phase, result.servers.size() > 1, look);
    out += server_troubles(result, look.paint, look.width);
    out += thresholds_text(result, options, look.paint, {.servers = result.servers.size() > 1, .width = look.width});
    out += '\n' + verdict_text(result, look.paint) + '\n';
    return cut_lines(out, look.width, look.unicode);
}

}  // namespace volley::report
