// `query [argument] [not] predicate value`, read.
#include <algorithm>
#include <array>
#include <charconv>

#include <volley/http/message.hpp>

#include "scenario/cursor.hpp"
#include "scenario/json_path.hpp"
#include "scenario/media_figures.hpp"
#include "scenario/pattern.hpp"
#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

using namespace std::string_view_literals;
using Query = Check::Query;
using Predicate = Check::Predicate;

constexpr std::array queries{"status"sv, "duration"sv, "header"sv, "body"sv, "jq"sv};
constexpr std::array call_queries{"connected"sv, "dc_open"sv,  "gather"sv, "offer_to_answer"sv, "ice"sv, "dtls"sv,
                                  "dc_rtt"sv,    "answered"sv, "lost"sv};
/// Of calls: their own, then those of their video and sound.
std::vector<std::string> all_call_queries() {
    std::vector<std::string> out(call_queries.begin(), call_queries.end());
    for (const auto name : media_figure_names()) out.emplace_back(name);
    return out;
}

constexpr std::array predicates{"=="sv, "!="sv, "<"sv, "<="sv, ">"sv, ">="sv, "contains"sv, "not"sv, "matches"sv, "exists"sv};

bool is_order(Predicate p) {
    return p == Predicate::less || p == Predicate::less_equal || p == Predicate::greater || p == Predicate::greater_equal;
}
bool is_equality(Predicate p) { return p == Predicate::equal || p == Predicate::not_equal; }
bool is_existence(Predicate p) { return p == Predicate::exists || p == Predicate::not_exists; }
bool is_match(Predicate p) { return p == Predicate::matches || p == Predicate::not_matches; }

std::optional<Predicate> of_sign(std::string_view sign) {
    if (sign == "==") return Predicate::equal;
    if (sign == "!=") return Predicate::not_equal;
    if (sign == "<") return Predicate::less;
    if (sign == "<=") return Predicate::less_equal;
    if (sign == ">") return Predicate::greater;
    if (sign == ">=") return Predicate::greater_equal;
    return std::nullopt;
}

/// Reads one check; the first mistake ends it.
struct CheckParser {
    Reader& reader;
    const Value& source;
    Cursor in;
    bool of_call = false;
    Check out;

    bool fail(std::size_t offset, std::string text, std::string hint) {
        reader.error_within(source, offset, std::move(text), std::move(hint));
        return false;
    }

    bool query() {
        in.skip();
        const auto start = in.at;
        const auto name = in.word();
        if (of_call) return call_query(start, name);
        const auto at = std::find(queries.begin(), queries.end(), name);
        if (at == queries.end()) {
            if (in.text.empty() || name.empty())
                return fail(start, "a check is empty or begins with a sign", "write `status == 200`");
            if (std::find(call_queries.begin(), call_queries.end(), name) != call_queries.end() || media_figure_of(name))
                return fail(start, in_quotes(name) + " is a figure of a call", "it goes with `webrtc` steps");
            return fail(start, "unknown query " + in_quotes(name), suggest(name, queries, "queries"));
        }
        out.query = static_cast<Query>(std::array{Query::status, Query::duration, Query::header, Query::body,
                                                  Query::jq}[static_cast<std::size_t>(at - queries.begin())]);
        if (out.query == Query::header) return header();
        if (out.query == Query::jq) return path();
        return true;
    }

    bool call_query(std::size_t start, std::string_view name) {
        if (in.text.empty() || name.empty())
            return fail(start, "a check is empty or begins with a sign", "write `connected < 2s`");
        if (const auto time = metrics::call_time_of(name)) {
            out.query = Query::call_time;
            out.time = *time;
        } else if (name == "dc_rtt") {
            out.query = Query::round_trip;
            return aggregate(name, "dc_rtt p95 < 80ms");
        } else if (const auto figure = media_figure_of(name)) {
            out.query = Query::media;
            out.figure = *figure;
            const auto& words = words_of(*figure);
            if (words.value == MediaValue::round_trip) return aggregate(name, words.example);
        } else if (name == "answered") {
            out.query = Query::answered;
        } else if (name == "lost") {
            out.query = Query::lost;
        } else if (std::find(queries.begin(), queries.end(), name) != queries.end()) {
            return fail(start, in_quotes(name) + " is a figure of a request, and this is a call",
                        "checks of calls: " + join_words(call_queries) + ", and those of video and audio");
        } else {
            return fail(start, "unknown query " + in_quotes(name), suggest(name, all_call_queries(), "queries"));
        }
        return true;
    }

    bool aggregate(std::string_view name, std::string_view example) {
        in.skip();
        const auto start = in.at;
        out.aggregate = std::string(in.word());
        if (is_aggregate(out.aggregate)) return true;
        return fail(
            start,
            out.aggregate.empty() ? in_quotes(name) + " needs an aggregate" : "unknown aggregate " + in_quotes(out.aggregate),
            "p50, p99, p99.9 and so on, mean, min or max: " + std::string(example));
    }

    bool header() {
        in.skip();
        const auto start = in.at;
        auto name = in.string();
        out.header = name ? *name : std::string(in.word());
        if (out.header.empty())
            return fail(start, "the name of the header is missing", "write `header content-type contains json`");
        if (!http::is_token(out.header))
            return fail(start, "not a header name: " + in_quotes(out.header), "letters, digits and `-`");
        return true;
    }

    bool path() {
        in.skip();
        const auto start = in.at;
        const bool has_quotes = in.peek() == '\'' || in.peek() == '"';
        auto text = in.string();
        if (has_quotes && !text) return fail(start, "this quote is not closed", "close it, or double the outer quotes");
        if (!text) text = std::string(in.word());
        out.jq = *text;
        auto parsed = parse_json_path(out.jq);
        if (auto* bad = std::get_if<JsonPathError>(&parsed))
            return fail(start + bad->offset + (has_quotes ? 1 : 0), std::move(bad->text), std::move(bad->hint));
        out.path = std::get<JsonPath>(std::move(parsed));
        return true;
    }

    bool predicate() {
        in.skip();
        const auto start = in.at;
        if (const auto sign = in.comparison(); !sign.empty()) {
            out.predicate = *of_sign(sign);
        } else {
            auto word = in.word();
            const bool negated = word == "not";
            if (negated) word = in.word();
            if (word == "contains")
                out.predicate = negated ? Predicate::not_contains : Predicate::contains;
            else if (word == "matches")
                out.predicate = negated ? Predicate::not_matches : Predicate::matches;
            else if (word == "exists")
                out.predicate = negated ? Predicate::not_exists : Predicate::exists;
            else if (word.empty() && in.peek() == '=')
                return fail(in.at, "a single `=`", "write ==");
            else if (word.empty())
                return fail(start, "a predicate is missing",
                            "write `" + std::string(trim_space(in.text.substr(0, 60))) +
                                " == value`; predicates: " + join_words(predicates));
            else
                return fail(start, "unknown predicate " + in_quotes(word), suggest(word, predicates, "predicates"));
        }
        const auto p = out.predicate;
        switch (out.query) {
            case Query::status:
                if (!is_order(p) && !is_equality(p))
                    return fail(start, "a status is a number", "compare it with ==, !=, <, <=, > or >=");
                break;
            case Query::duration:
                if (!is_order(p)) return fail(start, "a duration is never exact", "compare it with <, <=, > or >=");
                break;
            case Query::header:
            case Query::body:
                if (is_order(p))
                    return fail(start, "a text is not a number",
                                "use ==, !=, contains or matches; numbers in JSON are compared with `jq`");
                if (out.query == Query::body && is_existence(p))
                    return fail(start, "a body always exists", "write `body != \"\"`");
                break;
            case Query::jq:
                break;
            case Query::call_time:
            case Query::round_trip:
                if (!is_order(p)) return fail(start, "a duration is never exact", "compare it with <, <=, > or >=");
                break;
            case Query::answered:
            case Query::lost:
                if (!is_order(p) && !is_equality(p))
                    return fail(start, "a number of pings is a number", "compare it with ==, !=, <, <=, > or >=");
                break;
            case Query::media:
                return media_predicate(start);
        }
        return true;
    }

    bool media_predicate(std::size_t start) {
        const auto p = out.predicate;
        const auto& words = words_of(out.figure);
        switch (words.value) {
            case MediaValue::duration:
            case MediaValue::round_trip:
                if (!is_order(p)) return fail(start, "a duration is never exact", "compare it with <, <=, > or >=");
                break;
            case MediaValue::number:
            case MediaValue::share:
                if (!is_order(p) && !is_equality(p))
                    return fail(start, in_quotes(words.name) + " is a number", "compare it with ==, !=, <, <=, > or >=");
                break;
            case MediaValue::transform:
                if (!is_equality(p)) return fail(start, "a transform is a name", "compare it with == or !=");
                break;
        }
        return true;
    }

    bool value() {
        in.skip();
        const auto start = in.at;
        out.value.pos = source.pos;
        if (is_existence(out.predicate)) {
            if (!in.done()) return fail(in.at, "`exists` takes no value", "remove what follows");
            return true;
        }
        if (in.done()) return fail(source.text.size(), "the value is missing", "write what to compare with");
        const char first = in.peek();
        if (is_match(out.predicate) && first == '/') {
            const auto end = in.text.rfind('/');
            if (end <= in.at) return fail(start, "this `/` is not closed", "write matches /pattern/");
            out.value.text = std::string(in.text.substr(in.at + 1, end - in.at - 1));
            out.value.quoted = true;
            in.at = end + 1;
        } else if (first == '"' || first == '\'') {
            auto text = in.string();
            if (!text) return fail(start, "this quote is not closed", "close it");
            out.value.text = std::move(*text);
            out.value.quoted = true;
        } else {
            out.value.text = std::string(trim_space(in.text.substr(in.at)));
            in.at = in.text.size();
        }
        if (!in.done())
            return fail(in.at, "unexpected " + in_quotes(in.text.substr(in.at)) + " behind the value",
                        "one check is one comparison; write another check");
        out.value.has_template = out.value.text.find("{{") != std::string::npos;
        out.value.pos = source.pos;
        return out.value.has_template || typed(start);
    }

    /// Of figures that are no times.
    bool media_value(std::size_t start) {
        const auto& text = out.value.text;
        const auto& words = words_of(out.figure);
        if (words.value == MediaValue::duration || words.value == MediaValue::round_trip || is_call_value(out, text)) return true;
        if (words.value == MediaValue::transform)
            return fail(start, "pictures do not tell " + in_quotes(text),
                        suggest(text, told_transforms, "write " + join_words(told_transforms, "or") + "; transforms"));
        return fail(start,
                    (words.value == MediaValue::share ? "not a number or percentage: " : "not a number: ") + in_quotes(text),
                    "write " + std::string(words.example));
    }

    /// What can be known of the value before it is used.
    bool typed(std::size_t start) {
        const auto& text = out.value.text;
        if (out.query == Query::status) {
            int status = 0;
            const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), status);
            if (bad != std::errc{} || end != text.data() + text.size())
                return fail(start, "not a status: " + in_quotes(text), "a number from 100 to 599");
            if (status < 100 || status > 599) return fail(start, "no such status: " + in_quotes(text), "from 100 to 599");
        }
        if (out.query == Query::answered || out.query == Query::lost) {
            if (!is_call_value(out, text))
                return fail(start, "not a number or percentage: " + in_quotes(text),
                            "write lost == 0, lost < 5% or answered >= 19");
        }
        if (out.query == Query::media && !media_value(start)) return false;
        const bool media_time = out.query == Query::media && (words_of(out.figure).value == MediaValue::duration ||
                                                              words_of(out.figure).value == MediaValue::round_trip);
        if (media_time || out.query == Query::duration || out.query == Query::call_time || out.query == Query::round_trip) {
            const auto d = parse_duration(text);
            if (!d && d.error() == ParseErrc::no_unit)
                return fail(start, "a duration needs a unit: " + in_quotes(text), "write " + text + "ms or " + text + "s");
            if (!d) return fail(start, "not a duration: " + in_quotes(text), "write 800ms or 2s");
        }
        if (out.query == Query::jq && is_order(out.predicate) && !is_json_number(text))
            return fail(start, "not a number: " + in_quotes(text), "<, <=, > and >= compare numbers");
        if (is_match(out.predicate)) {
            std::string why;
            out.pattern = compile_pattern(text, why);
            if (!out.pattern) return fail(start, "not a regular expression: " + in_quotes(text), why);
        }
        return true;
    }
};

}  // namespace

std::optional<Check> parse_check(Reader& reader, const Value& source, bool of_call) {
    CheckParser parser{reader, source, Cursor{source.text}, of_call, {}};
    parser.out.source = source;
    if (!parser.query() || !parser.predicate() || !parser.value()) return std::nullopt;
    return std::move(parser.out);
}

}  // namespace volley::scenario
