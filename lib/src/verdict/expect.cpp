// Expectations of a verdict, read and tested.
#include <volley/verdict/expect.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <volley/time.hpp>

#include "base/trim.hpp"
#include "yaml/words.hpp"

namespace volley::verdict {
namespace {

using namespace std::string_view_literals;
using Op = Expectation::Op;
using yaml::in_quotes;

/// What a subject is compared with.
enum class Kind : std::uint8_t { fact, time, count, number, share, rank };

struct Subject {
    std::string_view name;
    Kind kind;
    std::string_view example;
};
// A name may stand for a fact and for a figure: `pool`, `pool>=8`.
constexpr std::array subjects{
    Subject{"async", Kind::fact, "async"},
    Subject{"concurrent", Kind::fact, "concurrent"},
    Subject{"pool", Kind::fact, "pool"},
    Subject{"serial", Kind::fact, "serial"},
    Subject{"thread_per_request", Kind::fact, "not thread_per_request"},
    Subject{"loop_blocked", Kind::fact, "not loop_blocked"},
    Subject{"cpu_bound", Kind::fact, "not cpu_bound"},
    Subject{"paced", Kind::fact, "not paced"},
    Subject{"refusing", Kind::fact, "not refusing"},
    Subject{"backlog_small", Kind::fact, "not backlog_small"},
    Subject{"unstable", Kind::fact, "not unstable"},
    Subject{"inconclusive", Kind::fact, "not inconclusive"},
    Subject{"pool", Kind::count, "pool>=8"},
    Subject{"refuses_above", Kind::count, "refuses_above>=100"},
    Subject{"paced", Kind::number, "paced>=100"},
    Subject{"serial_fraction", Kind::share, "serial_fraction<2%"},
    Subject{"ratio", Kind::number, "ratio<=1.25"},
    Subject{"loop_stall", Kind::time, "loop_stall<50ms"},
    Subject{"blocked_for", Kind::time, "blocked_for<5ms"},
    Subject{"service", Kind::time, "service<1s"},
    Subject{"makespan", Kind::time, "makespan<2s"},
    Subject{"threads_grown", Kind::count, "threads_grown<=2"},
    Subject{"confidence", Kind::rank, "confidence>=medium"},
};

const Subject* find(std::string_view name, bool fact) {
    const auto at =
        std::ranges::find_if(subjects, [&](const Subject& s) { return s.name == name && (s.kind == Kind::fact) == fact; });
    return at == subjects.end() ? nullptr : &*at;
}

std::optional<double> number_of(std::string_view text) {
    double n = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (bad != std::errc{} || end != text.data() + text.size() || !std::isfinite(n)) return std::nullopt;
    return n;
}

struct Parser {
    std::string_view text;
    std::size_t at = 0;
    Expectation out{};
    SourceError error{};

    bool fail(std::size_t offset, std::string what, std::string hint) {
        error = {"--expect",
                 {1, static_cast<int>(std::min(offset, text.size())) + 1},
                 std::move(what),
                 std::move(hint),
                 std::string(text)};
        return false;
    }

    void skip() {
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
    }

    std::string_view word() {
        skip();
        const auto start = at;
        while (at < text.size() && " \t<>=!"sv.find(text[at]) == std::string_view::npos) ++at;
        return text.substr(start, at - start);
    }

    bool parse() {
        skip();
        bool is_not = false;
        if (at < text.size() && text[at] == '!') {
            is_not = true;
            ++at;
        }
        skip();
        auto start = at;
        auto name = word();
        if (name == "not" && !is_not) {
            is_not = true;
            skip();
            start = at;
            name = word();
        }
        if (name.empty())
            return fail(start, "an expectation begins with a fact or a figure", "write async, pool>=8, serial_fraction<2%");
        out.subject = std::string(name);
        skip();
        if (!find(name, true) && !find(name, false)) return unknown_subject(name, start);
        if (at == text.size()) return fact(name, start, is_not);
        if (is_not) return fail(at, "`not` belongs to a fact, not to a comparison", "write the opposite comparison");
        return comparison(name, start);
    }

    bool unknown_subject(std::string_view name, std::size_t start) {
        std::vector<std::string_view> names;
        for (const Subject& s : subjects)
            if (std::ranges::find(names, s.name) == names.end()) names.push_back(s.name);
        return fail(start, "unknown fact or figure " + in_quotes(name),
                    yaml::suggest(name, std::span<const std::string_view>(names)));
    }

    bool fact(std::string_view name, std::size_t start, bool is_not) {
        out.op = is_not ? Op::is_not : Op::is;
        if (find(name, true)) return true;
        return fail(is_not ? start : at, in_quotes(name) + " is a figure: a comparison is missing",
                    "write " + std::string(find(name, false)->example));
    }

    bool comparison(std::string_view name, std::size_t start) {
        static constexpr std::array<std::pair<std::string_view, Op>, 6> signs{{{"<=", Op::less_equal},
                                                                               {">=", Op::greater_equal},
                                                                               {"==", Op::equal},
                                                                               {"!=", Op::not_equal},
                                                                               {"<", Op::less},
                                                                               {">", Op::greater}}};
        const auto sign = std::ranges::find_if(signs, [&](const auto& s) { return text.substr(at).starts_with(s.first); });
        if (sign == signs.end()) {
            if (text[at] == '=') return fail(at, "a single `=`", "write ==");
            return fail(at, "unexpected " + in_quotes(text.substr(at)), "<, <=, >, >=, == or != may follow");
        }
        const Subject* subject = find(name, false);
        if (!subject)
            return fail(start, in_quotes(name) + " is a fact and has no amount", fmt::format("write {} or not {}", name, name));
        out.op = sign->second;
        at += sign->first.size();
        skip();
        return amount(*subject);
    }

    bool amount(const Subject& subject) {
        const auto start = at;
        const auto value = trim_space(text.substr(at));
        const auto hint = "write " + std::string(subject.example);
        if (value.empty()) return fail(start, "the amount is missing", hint);
        if (subject.kind == Kind::rank) return rank(value, start);
        if (subject.kind == Kind::time) {
            const auto d = parse_duration(value);
            if (!d && number_of(value))
                return fail(start, in_quotes(subject.name) + " needs a unit: " + in_quotes(value),
                            fmt::format("write {}ms or {}s", value, value));
            if (!d) return fail(start, "not a time: " + in_quotes(value), hint);
            out.amount = to_seconds(*d);
            return true;
        }
        const bool percent = value.ends_with('%');
        if (percent && subject.kind != Kind::share)
            return fail(start, in_quotes(subject.name) + " is not a share: " + in_quotes(value), hint);
        const auto n = number_of(percent ? trim_space(value.substr(0, value.size() - 1)) : value);
        if (!n || *n < 0)
            return fail(start, (subject.kind == Kind::share ? "not a share: " : "not a number: ") + in_quotes(value), hint);
        if (subject.kind == Kind::count && *n != std::floor(*n))
            return fail(start, "not a whole number: " + in_quotes(value), hint);
        out.amount = percent ? *n / 100 : *n;
        return true;
    }

    bool rank(std::string_view value, std::size_t start) {
        static constexpr std::array words{"low"sv, "medium"sv, "high"sv};
        const auto found = std::ranges::find(words, value);
        if (found == words.end())
            return fail(start, "unknown confidence " + in_quotes(value),
                        yaml::suggest(value, words, "write low, medium or high; words"));
        out.amount = static_cast<double>(found - words.begin());
        return true;
    }
};

Met met(bool holds) { return holds ? Met::yes : Met::no; }

/// The value lies from `low` to `high`: the comparison holds for all of that, for none, or it cannot be told.
Met compare(Op op, double low, double high, double amount) {
    const auto both = [](bool all, bool some) { return all ? Met::yes : some ? Met::unknown : Met::no; };
    switch (op) {
        case Op::less:
            return both(high < amount, low < amount);
        case Op::less_equal:
            return both(high <= amount, low <= amount);
        case Op::greater:
            return both(low > amount, high > amount);
        case Op::greater_equal:
            return both(low >= amount, high >= amount);
        case Op::equal:
            return both(low == amount && high == amount, low <= amount && amount <= high);
        case Op::not_equal:
            return both(amount < low || amount > high, low != amount || high != amount);
        case Op::is:
        case Op::is_not:
            break;
    }
    return Met::unknown;
}

/// Nothing where it cannot be told.
std::optional<bool> fact_of(std::string_view subject, const Record& r) {
    if (subject == "inconclusive") return r.headline == Headline::inconclusive;
    if (r.headline == Headline::inconclusive) return std::nullopt;
    if (subject == "async") {
        if (r.headline == Headline::concurrent) return std::nullopt;
        return r.headline == Headline::asynchronous;
    }
    if (subject == "concurrent") return r.shape == Shape::async && !r.unstable && !r.loop_blocked && !r.cpu_bound && !r.paced_at;
    if (subject == "pool") return r.shape == Shape::pool;
    if (subject == "serial") return r.headline == Headline::serial || r.shape == Shape::serial;
    if (subject == "thread_per_request") {
        if (r.headline == Headline::concurrent) return std::nullopt;
        return r.mechanism == Mechanism::thread_per_request;
    }
    const auto known = [](bool fact, bool looked) { return fact || looked ? std::optional(fact) : std::nullopt; };
    if (subject == "loop_blocked") return known(r.loop_blocked, r.loop_known);
    if (subject == "cpu_bound") return known(r.cpu_bound, r.cpu_known);
    if (subject == "paced") return r.paced_at.has_value();
    if (subject == "refusing") return r.refuses_above.has_value();
    if (subject == "backlog_small") return known(r.backlog_small, r.backlog_known);
    if (subject == "unstable") return r.unstable;
    return std::nullopt;
}

struct Range {
    double low = 0;
    double high = 0;
    std::string words;
};

constexpr double no_end = std::numeric_limits<double>::infinity();

Range exactly(double v, std::string words) { return {v, v, std::move(words)}; }
Range time_range(Duration d) { return exactly(to_seconds(d), format_duration(d)); }

std::optional<Range> workers_range(const Record& r) {
    if (!r.workers) return std::nullopt;
    const auto w = static_cast<double>(*r.workers);
    if (r.workers_at_least) return Range{w, no_end, fmt::format("at least {} at a time", *r.workers)};
    if (r.workers_most)
        return Range{w, static_cast<double>(*r.workers_most), fmt::format("{} to {} at a time", *r.workers, *r.workers_most)};
    return exactly(w, fmt::format("{} at a time", *r.workers));
}

std::optional<Range> figure_of(std::string_view subject, const Record& r) {
    if (subject == "confidence") return exactly(static_cast<double>(r.confidence), std::string(to_string(r.confidence)));
    if (subject == "service") return r.service > Duration{} ? std::optional(time_range(r.service)) : std::nullopt;
    if (r.headline == Headline::inconclusive) return std::nullopt;
    if (subject == "pool") return workers_range(r);
    if (subject == "refuses_above") {
        if (!r.refuses_above) return Range{static_cast<double>(r.n), no_end, fmt::format("no refusal of {} at once", r.n)};
        return exactly(static_cast<double>(*r.refuses_above), fmt::format("refuses above {}", *r.refuses_above));
    }
    if (subject == "paced") {
        if (!r.paced_at) return Range{no_end, no_end, "not paced"};
        return exactly(*r.paced_at, fmt::format("{:.3g} a second", *r.paced_at));
    }
    if (subject == "serial_fraction" && r.serial_fraction)
        return exactly(*r.serial_fraction, fmt::format("{:.3g} %", 100 * *r.serial_fraction));
    if (subject == "ratio" && r.ratio > 0) return exactly(r.ratio, fmt::format("{:.3g}", r.ratio));
    if (subject == "loop_stall" && r.stall_known) return time_range(r.loop_stall);
    if (subject == "blocked_for") return time_range(r.blocked_for);
    if (subject == "makespan" && r.makespan > Duration{}) return time_range(r.makespan);
    if (subject == "threads_grown" && r.processes > 0)
        return exactly(r.threads_grown, fmt::format("{} threads", r.threads_grown));
    return std::nullopt;
}

}  // namespace

std::variant<Expectation, SourceError> parse_expectation(std::string_view text) {
    Parser parser{.text = text};
    parser.out.source = trim_space(text);
    if (parser.parse()) return std::move(parser.out);
    return std::move(parser.error);
}

Tested test(const Expectation& expected, const Record& record) {
    if (expected.op == Op::is || expected.op == Op::is_not) {
        const auto fact = fact_of(expected.subject, record);
        const auto words = fmt::format("{}: {}", expected.source, to_string(record.headline));
        if (!fact) return {Met::unknown, words};
        return {met(*fact == (expected.op == Op::is)), words};
    }
    const auto range = figure_of(expected.subject, record);
    if (!range) return {Met::unknown, expected.source + ": not known"};
    return {compare(expected.op, range->low, range->high, expected.amount), expected.source + ": " + range->words};
}

}  // namespace volley::verdict
