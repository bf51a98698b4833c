// `phase.metric [aggregate] op value [@ server=name]`, read.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "scenario/cursor.hpp"
#include "scenario/media_figures.hpp"
#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

using namespace std::string_view_literals;
using Op = Threshold::Op;
using Unit = Threshold::Unit;

/// What a call must send to have a figure; played: what it is sent does, too.
enum class Sends : std::uint8_t { anything, video, audio, chirps, played_video, played_audio };

/// What a metric is measured in, and where it exists.
struct Metric {
    std::string_view name;
    bool seconds = false;    ///< takes a duration
    bool number = false;     ///< takes a plain number
    bool share = false;      ///< takes a percentage
    bool aggregate = false;  ///< is a distribution: needs p50, p99, mean, ...
    bool burst_only = false;
    std::string_view example;
    bool calls_only = false;  ///< of WebRTC calls
    Sends sends = Sends::anything;
    bool transform = false;  ///< is one of told_transforms
};
constexpr std::array metrics{
    Metric{"latency", true, false, false, true, false, "latency p99 < 400ms"},
    Metric{"service", true, false, false, true, false, "service p99 < 400ms"},
    Metric{"errors", false, true, true, false, false, "errors < 0.1%"},
    Metric{"right", false, true, true, false, false, "right == 100%"},
    Metric{"requests", false, true, false, false, false, "requests >= 100"},
    Metric{"missed", false, true, true, false, false, "missed == 0"},
    Metric{"saturated", false, true, true, false, false, "saturated == 0"},
    Metric{"makespan", true, false, false, false, true, "makespan < 2s"},
    Metric{"solo", true, false, false, false, true, "solo < 300ms"},
    Metric{"ratio", false, true, false, false, true, "ratio <= 1.25"},
    Metric{"overlap", false, true, false, false, true, "overlap >= 40"},
    Metric{"serial_fraction", false, true, true, false, true, "serial_fraction < 2%"},
    Metric{"groups", false, true, false, false, true, "groups == 1"},
    Metric{"dc_rtt", true, false, false, true, false, "dc_rtt p99 < 20ms", true},
    Metric{"rtt", true, false, false, true, false, "rtt p99 < 20ms", true},
    Metric{"gather", true, false, false, true, false, "gather p50 < 10ms", true},
    Metric{"offer_to_answer", true, false, false, true, false, "offer_to_answer p50 < 50ms", true},
    Metric{"ice", true, false, false, true, false, "ice p50 < 50ms", true},
    Metric{"dtls", true, false, false, true, false, "dtls p50 < 50ms", true},
    Metric{"connected", true, false, false, true, false, "connected p95 < 2s", true},
    Metric{"dc_open", true, false, false, true, false, "dc_open p95 < 2s", true},
    Metric{"setup", true, false, false, true, false, "setup p50 < 50ms", true},
    Metric{"answered", false, true, true, false, false, "answered == 100%", true},
    Metric{"lost", false, true, true, false, false, "lost < 0.1%", true},
    Metric{"loss", false, true, true, false, false, "loss < 0.1%", true},
    Metric{"calls_failed", false, true, true, false, false, "calls_failed == 0", true},
    Metric{"video_rtt", true, false, false, true, false, "video_rtt p95 < 50ms", true, Sends::video},
    Metric{"first_frame", true, false, false, true, false, "first_frame p95 < 1s", true, Sends::played_video},
    Metric{"video_sent", false, true, false, false, false, "video_sent >= 100", true, Sends::video},
    Metric{"video_frames", false, true, false, false, false, "video_frames >= 100", true, Sends::played_video},
    Metric{"video_returned", false, true, true, false, false, "video_returned >= 98%", true, Sends::video},
    Metric{"video_lost", false, true, true, false, false, "video_lost < 2%", true, Sends::video},
    Metric{"video_freezes", false, true, false, false, false, "video_freezes == 0", true, Sends::played_video},
    Metric{"video_mismatched", false, true, false, false, false, "video_mismatched == 0", true, Sends::video},
    Metric{"video_transform", false, false, false, false, false, "video_transform == edges", true, Sends::video, true},
    Metric{"audio_rtt", true, false, false, true, false, "audio_rtt p50 < 500ms", true, Sends::chirps},
    Metric{"audio_sent", false, true, false, false, false, "audio_sent >= 100", true, Sends::audio},
    Metric{"audio_received", false, true, false, false, false, "audio_received >= 100", true, Sends::played_audio},
    Metric{"audio_lost", false, true, true, false, false, "audio_lost < 1%", true, Sends::played_audio},
};

/// Those that a phase of a kind has; what both have means the pings of calls too.
std::vector<std::string_view> metric_names(bool of_calls) {
    std::vector<std::string_view> out;
    for (const auto& m : metrics)
        if (of_calls ? !m.burst_only : !m.calls_only) out.push_back(m.name);
    return out;
}

bool is_media_name(std::string_view text) { return text.starts_with("video.") || text.starts_with("audio."); }

/// By its name here, or as checks have it: `video.rtt` is `video_rtt`.
const Metric* find_metric(std::string_view name) {
    std::string usual(name);
    if (is_media_name(name)) usual[name.find('.')] = '_';
    if (usual == "video_first_frame") usual = "first_frame";
    const auto at = std::ranges::find(metrics, std::string_view(usual), &Metric::name);
    return at == metrics.end() ? nullptr : &*at;
}

bool plays(const Scenario& so_far, const Phase& phase) {
    const auto* body = so_far.find_scenario(phase.scenario);
    return body != nullptr && body->is_call() && body->steps.front().call->signal == CallStep::Signal::whep;
}

/// Whether the calls of a phase send what a figure is taken from; so it is supposed where their step is not known.
bool sends(const Scenario& so_far, const Phase& phase, Sends wanted) {
    const auto* body = so_far.find_scenario(phase.scenario);
    if (wanted == Sends::anything || body == nullptr || !body->is_call()) return true;
    const CallStep& call = *body->steps.front().call;
    const bool receives_only = plays(so_far, phase);
    if (wanted == Sends::played_video) return call.video.has_value();
    if (wanted == Sends::played_audio) return call.audio.has_value();
    if (wanted == Sends::video) return call.video && !receives_only;
    return call.audio && !receives_only && (wanted == Sends::audio || call.audio->source.text == timed_sound);
}

struct ThresholdParser {
    Reader& reader;
    const Value& source;
    const Scenario& so_far;
    Cursor in;
    Threshold out;
    const Metric* metric = nullptr;
    bool short_form = false;  ///< of the one phase that there is, which is not named; `p99` alone is that of latency

    bool fail(std::size_t offset, std::string text, std::string hint) {
        reader.error_within(source, offset, std::move(text), std::move(hint));
        return false;
    }

    /// A right threshold of the same phase and metric.
    [[nodiscard]] std::string example() const {
        return "write " + (out.phase.empty() || short_form ? "" : out.phase + '.') + std::string(metric->example);
    }

    bool subject() {
        in.skip();
        const auto start = in.at;
        const auto word = in.word();
        if (short_form) return short_subject(start, word);
        if (word.empty()) return fail(start, "a threshold begins with a phase and a metric", "write phase.latency p99 < 400ms");
        const auto dot = phase_length(word);
        const auto name = dot == std::string_view::npos ? word : word.substr(dot + 1);
        const auto name_at = start + (dot == std::string_view::npos ? 0 : dot + 1);
        metric = find_metric(name);
        const Phase* phase = nullptr;
        bool good = true;
        if (dot != std::string_view::npos) {
            out.phase = std::string(word.substr(0, dot));
            std::vector<std::string> names;
            for (const auto& p : so_far.phases) {
                names.push_back(p.name);
                if (p.name == out.phase) phase = &p;
            }
            if (!phase) good = fail(start, "no phase is called " + in_quotes(out.phase), suggest(out.phase, names, "phases"));
        }
        if (metric == nullptr) {
            const auto names = metric_names(phase != nullptr && phase->calls);
            const bool is_phase =
                std::any_of(so_far.phases.begin(), so_far.phases.end(), [&](const Phase& p) { return p.name == name; });
            if (dot == std::string_view::npos && is_phase)
                return fail(in.at, "the metric is missing", "write " + std::string(name) + ".errors == 0");
            return fail(name_at, "unknown metric " + in_quotes(name),
                        suggest(name, std::span<const std::string_view>(names), "metrics"));
        }
        out.metric = std::string(metric->name);
        if (phase && phase->warmup)
            good = fail(start, in_quotes(out.phase) + " is for warming up and has no figures", "judge another phase");
        if (metric->calls_only && good && (phase == nullptr || !phase->calls))
            good = fail(name_at, in_quotes(name) + " is a figure of WebRTC calls",
                        phase ? in_quotes(out.phase) + " has no `webrtc` step" : "write phase." + std::string(metric->example));
        if (good && phase != nullptr && !sends(so_far, *phase, metric->sends)) good = fail_unsent(name_at, name);
        if (metric->burst_only && (!phase ? dot == std::string_view::npos : !phase->burst.has_value()) && good)
            good = fail(name_at, in_quotes(name) + " is a figure of one burst",
                        phase ? in_quotes(out.phase) + " has no `burst`" : "write phase." + std::string(name));
        return good;
    }

    /// How much of a word names a phase: npos, none of it.
    [[nodiscard]] std::size_t phase_length(std::string_view word) const {
        const auto dot = word.find('.');
        const bool names_phase =
            std::ranges::any_of(so_far.phases, [&](const Phase& p) { return p.name == word.substr(0, dot); });
        return is_media_name(word) && !names_phase ? std::string_view::npos : dot;
    }

    bool fail_unsent(std::size_t offset, std::string_view name) {
        const Phase& phase = *std::ranges::find(so_far.phases, out.phase, &Phase::name);
        const bool video = metric->sends == Sends::video || metric->sends == Sends::played_video;
        const char* what = video ? "video" : metric->sends == Sends::chirps ? "chirps" : "audio";
        if (sends(so_far, phase, video ? Sends::played_video : Sends::played_audio) && plays(so_far, phase))
            return fail(offset, in_quotes(name) + " is a figure of " + what + " that is sent, and a call of WHEP only receives",
                        video ? "video_frames, first_frame and video_freezes are its figures"
                              : "audio_received and audio_lost are its figures");
        const std::string figure = in_quotes(name) + " is a figure of " + what + ", and ";
        if (!short_form)
            return fail(offset, figure + in_quotes(out.phase) + " sends none",
                        video ? "add `video: none` to its `webrtc` step" : "write `audio: chirp` in its `webrtc` step");
        const bool other_sound = metric->sends == Sends::chirps && sends(so_far, so_far.phases.back(), Sends::audio);
        return fail(offset, figure + (other_sound ? "what is sent is another sound" : "none is sent"),
                    video         ? "add --video none"
                    : other_sound ? "leave --audio-source away, or make it chirp"
                                  : "add --audio");
    }

    bool short_subject(std::size_t start, std::string_view word) {
        const Phase& phase = so_far.phases.back();
        out.phase = phase.name;
        const bool implied = is_aggregate(word);
        auto name = implied ? (phase.calls ? "rtt"sv : "latency"sv) : word;
        if (implied) in.at = start;
        if (const auto line = word.rfind('_');
            phase.calls && line != std::string_view::npos && is_aggregate(word.substr(line + 1))) {
            name = word.substr(0, line);
            in.at = start + line + 1;
        }
        if (name.empty()) return fail(start, "an expectation begins with a figure", "write p99 < 50ms, errors == 0");
        metric = find_metric(name);
        if (metric == nullptr || (phase.calls ? metric->burst_only : metric->calls_only)) {
            const auto names = metric_names(phase.calls);
            // One that looks like it is not always meant, and no other place on a command line lists them.
            const auto near = yaml::nearest(name, names);
            return fail(
                start, "unknown figure " + in_quotes(name),
                (near.empty() ? std::string() : "did you mean " + in_quotes(near) + "? ") + "figures: " + join_words(names));
        }
        out.metric = std::string(metric->name);
        if (metric->burst_only && !phase.burst) return fail(start, in_quotes(name) + " is a figure of a burst", "add --burst N");
        if (!sends(so_far, phase, metric->sends)) return fail_unsent(start, name);
        return true;
    }

    bool comparison() {
        in.skip();
        const auto start = in.at;
        if (const auto word = in.word(); !word.empty()) {
            if (!is_aggregate(word)) {
                in.skip();
                if (in.peek() == '=' || in.peek() == '<' || in.peek() == '>' || in.peek() == '!')
                    return fail(start, "unknown aggregate " + in_quotes(word), "p50, p99, p99.9 and so on, mean, min or max");
                return fail(start, "unexpected " + in_quotes(word), example());
            }
            out.aggregate = std::string(word);
            if (!metric->aggregate)
                return fail(start, in_quotes(out.metric) + " is one number and has no " + in_quotes(word), example());
        } else if (metric->aggregate) {
            return fail(start, in_quotes(out.metric) + " needs an aggregate: p50, p99, mean, min, max", example());
        }
        const auto sign_at = in.at;
        auto sign = in.comparison();
        if (sign.empty() && in.peek() == '=' && short_form && so_far.phases.back().calls) {
            sign = "==";
            ++in.at;
        }
        if (sign == "<")
            out.op = Op::less;
        else if (sign == "<=")
            out.op = Op::less_equal;
        else if (sign == ">")
            out.op = Op::greater;
        else if (sign == ">=")
            out.op = Op::greater_equal;
        else if (sign == "==")
            out.op = Op::equal;
        else if (sign == "!=")
            out.op = Op::not_equal;
        else
            return fail(in.at, in.peek() == '=' ? "a single `=`" : "a comparison is missing", "<, <=, >, >=, == or !=");
        if (metric->transform && out.op != Op::equal && out.op != Op::not_equal)
            return fail(sign_at, "a transform is a name", "compare it with == or !=");
        return true;
    }

    bool amount() {
        in.skip();
        const auto start = in.at;
        auto rest = in.text.substr(in.at);
        rest = trim_space(rest.substr(0, rest.find('@')));
        in.at = start + rest.size();
        if (rest.empty()) return fail(start, "the value is missing", example());
        Node node;
        node.kind = Node::Kind::scalar;
        node.value.text = std::string(rest);
        node.value.pos = source.pos;
        node.value.has_template = rest.find("{{") != std::string_view::npos;
        out.value = node.value;
        const auto given = reader.text(node, "thresholds");
        if (!given) return false;
        if (given->find('*') != std::string::npos || given->find(' ') != std::string::npos)
            return fail(start, "thresholds that compare with another figure are not supported by this version", example());
        const auto number = [](std::string_view text) -> std::optional<double> {
            double n = 0;
            const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
            if (bad != std::errc{} || end != text.data() + text.size() || !std::isfinite(n)) return std::nullopt;
            return n;
        };
        if (metric->transform) {
            out.value.text = *given;
            if (std::ranges::find(told_transforms, std::string_view(*given)) != told_transforms.end()) return true;
            return fail(start, "pictures do not tell " + in_quotes(*given),
                        suggest(*given, told_transforms, "write " + join_words(told_transforms, "or") + "; transforms"));
        }
        if (given->ends_with('%')) {
            const auto n = share_of_percent(std::string_view(*given).substr(0, given->size() - 1));
            if (!n || *n < 0) return fail(start, "not a percentage: " + in_quotes(*given), example());
            if (!metric->share) return fail(start, in_quotes(out.metric) + " is not a share: " + in_quotes(*given), example());
            out.unit = Unit::share;
            out.amount = *n;
            return true;
        }
        if (const auto n = number(*given)) {
            if (!metric->number)
                return fail(start, in_quotes(out.metric) + " needs a unit: " + in_quotes(*given),
                            "write " + *given + "ms or " + *given + "s");
            out.unit = Unit::number;
            out.amount = *n;
            return true;
        }
        const auto d = parse_duration(*given);
        if (!d) return fail(start, "not a number, duration or percentage: " + in_quotes(*given), example());
        if (!metric->seconds) return fail(start, in_quotes(out.metric) + " is not a time: " + in_quotes(*given), example());
        out.unit = Unit::seconds;
        out.amount = to_seconds(*d);
        return true;
    }

    bool server() {
        if (in.done()) return true;
        if (in.peek() != '@')
            return fail(in.at, "unexpected " + in_quotes(in.text.substr(in.at)), "only `@ server=name` may follow");
        ++in.at;
        in.skip();
        const auto start = in.at;
        const auto key = in.word();
        in.skip();
        if (key != "server" || in.peek() != '=') {
            constexpr std::array known{"server"sv};
            return fail(start, "unknown label " + in_quotes(key), suggest(key, known, "write @ server=name; labels"));
        }
        ++in.at;
        if (in.peek() == '=') ++in.at;  // `server==name` is meant as `server=name`
        in.skip();
        const auto name_at = in.at;
        out.server = std::string(in.word());
        std::vector<std::string> names;
        for (const auto& s : so_far.servers) names.push_back(s.name);
        if (std::find(names.begin(), names.end(), out.server) == names.end())
            return fail(name_at, "no server is called " + in_quotes(out.server), suggest(out.server, names, "servers"));
        if (!in.done()) return fail(in.at, "unexpected " + in_quotes(in.text.substr(in.at)), "a threshold ends here");
        return true;
    }
};

}  // namespace

bool is_aggregate(std::string_view text) {
    if (text == "min" || text == "max" || text == "mean") return true;
    if (text.size() < 2 || text.size() > 8 || text[0] != 'p') return false;
    double n = 0;
    const auto [end, bad] = std::from_chars(text.data() + 1, text.data() + text.size(), n, std::chars_format::fixed);
    return bad == std::errc{} && end == text.data() + text.size() && text[1] != '-' && n >= 0 && n <= 100;
}

std::optional<double> share_of_percent(std::string_view text) {
    double n = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n, std::chars_format::fixed);
    if (bad != std::errc{} || end != text.data() + text.size() || !std::isfinite(n)) return std::nullopt;
    const std::string hundredths = std::string(text) + "e-2";
    if (std::from_chars(hundredths.data(), hundredths.data() + hundredths.size(), n).ec != std::errc{}) return std::nullopt;
    return n;
}

std::optional<Threshold> parse_threshold(Reader& reader, const Value& source, const Scenario& so_far) {
    ThresholdParser parser{reader, source, so_far, Cursor{source.text}, {}};
    parser.out.source = source;
    if (!parser.subject() || !parser.comparison() || !parser.amount() || !parser.server()) return std::nullopt;
    return std::move(parser.out);
}

std::variant<Threshold, SourceError> read_expectation(std::string_view text, const Scenario& scenario) {
    Scenario alone;
    alone.file = "--expect";
    alone.lines = {std::string(text)};
    alone.phases = scenario.phases;
    alone.scenarios = scenario.scenarios;
    Reader reader(alone, Variables());
    Value source;
    source.text = text;
    source.pos = {1, 1};
    ThresholdParser parser{reader, source, alone, Cursor{source.text}, {}};
    parser.short_form = true;
    parser.out.source = source;
    if (parser.subject() && parser.comparison() && parser.amount() && parser.server()) return std::move(parser.out);
    return reader.take_errors().front();
}

namespace {

/// `95%`: from 50 % to below 100 %.
std::optional<double> read_confidence(Reader& reader, const Node& node) {
    const auto given = reader.text(node, "confidence");
    if (!given) return std::nullopt;
    double n = 0;
    const char* end = given->data() + given->size();
    const auto [at, bad] = std::from_chars(given->data(), end, n, std::chars_format::fixed);
    if (bad != std::errc{} || given->front() == '-' || std::string_view(at, end) != "%") {
        reader.error(node.pos(), "`confidence` is not a percentage: " + in_quotes(*given), "write 95%");
        return std::nullopt;
    }
    if (!(n >= 50 && n <= 99.99)) {
        reader.error(node.pos(), "`confidence` is out of range: " + in_quotes(*given), "from 50% to 99.99%");
        return std::nullopt;
    }
    return n / 100;
}

std::optional<Threshold::IfUnsure> read_if_unsure(Reader& reader, const Node& node) {
    using IfUnsure = Threshold::IfUnsure;
    static constexpr std::array words{"pass"sv, "warn"sv, "fail"sv, "extend"sv};
    static constexpr std::array meant{IfUnsure::pass, IfUnsure::warn, IfUnsure::fail, IfUnsure::extend};
    const auto which = reader.word(node, "if_unsure", words);
    if (!which) return std::nullopt;
    return meant[*which];
}

/// Of the times that have a confidence interval.
bool is_percentile(const Threshold& t) {
    static constexpr std::array judged{"latency"sv, "service"sv, "rtt"sv, "dc_rtt"sv, "video_rtt"sv, "audio_rtt"sv};
    const bool judged_by_interval = std::ranges::find(judged, std::string_view(t.metric)) != judged.end();
    return judged_by_interval && t.aggregate.starts_with('p');
}

bool is_of_burst(const Threshold& t, const Scenario& so_far) {
    return std::any_of(so_far.phases.begin(), so_far.phases.end(),
                       [&](const Phase& p) { return p.name == t.phase && p.burst.has_value(); });
}

/// Only a phase that time ends, under a load that stays as it is, can run on.
void check_extends(Reader& reader, const Keys& keys, const Scenario& so_far, const Threshold& t) {
    const auto place = keys.key_pos("if_unsure");
    if (t.phase.empty()) {
        reader.error(place, "`if_unsure: extend` of all phases together",
                     "name the phase that may run on: phase.latency p99 < 1s");
        return;
    }
    const auto at = std::find_if(so_far.phases.begin(), so_far.phases.end(), [&](const Phase& p) { return p.name == t.phase; });
    if (at == so_far.phases.end()) return;
    if (at->climbs())
        reader.error(place, "`if_unsure: extend` of a phase whose rate changes", "give it a longer `for`");
    else if (!at->burst && !at->duration)
        reader.error(place, "`if_unsure: extend` of a phase that a number of iterations ends",
                     "give it more `iterations`, or `for`");
}

/// What stands beside `expr`.
void read_options(Reader& reader, const Keys& keys, const Scenario& so_far, Threshold& out) {
    static constexpr std::array of_intervals{"confidence"sv, "if_unsure"sv};
    for (const auto key : keys.among(of_intervals)) {
        if (!is_percentile(out))
            reader.error(keys.key_pos(key), in_quotes(key) + " belongs to percentiles of latency, service and round trips",
                         "remove it: other figures count as they are");
        else if (is_of_burst(out, so_far))
            reader.error(keys.key_pos(key), in_quotes(key) + " belongs to phases with `users` or `rate`",
                         "remove it: the answers of a burst are all that there are, and no sample");
    }
    if (const Node* n = keys.find("confidence")) out.confidence = read_confidence(reader, *n).value_or(out.confidence);
    if (const Node* n = keys.find("if_unsure")) out.if_unsure = read_if_unsure(reader, *n).value_or(out.if_unsure);
    if (const Node* n = keys.find("abort")) out.abort = reader.boolean(*n, "abort").value_or(false);
    if (const Node* n = keys.find("persist"))
        out.persist = reader.duration(*n, "persist", Duration::zero(), std::chrono::hours(1000));
    if (out.abort && out.metric == "video_transform")
        reader.error(keys.key_pos("abort"), "`abort` on the transform of pictures",
                     "remove it: they are looked at when their call is over");
    else if (out.abort && is_of_burst(out, so_far))
        reader.error(keys.key_pos("abort"), "`abort` belongs to phases with `users` or `rate`",
                     "remove it: a burst ends with its last answer anyway");
    if (out.if_unsure == Threshold::IfUnsure::extend) check_extends(reader, keys, so_far, out);
    if (keys.has("persist") && !keys.has("abort"))
        reader.error(keys.key_pos("persist"), "`persist` without `abort`",
                     "add `abort: true`, which ends the phase once the threshold has failed for so long");
}

}  // namespace

std::vector<Threshold> read_thresholds(Reader& reader, const Node& node, const Scenario& so_far) {
    std::vector<Threshold> out;
    if (!reader.is_list(node, "thresholds", "thresholds: [ten.errors == 0, ten.latency p99 < 400ms]")) return out;
    for (const auto& item : node.items) {
        if (item.kind == Node::Kind::map) {
            static constexpr std::array known{"expr"sv, "confidence"sv, "if_unsure"sv, "persist"sv, "abort"sv};
            const Keys keys(reader, item, "a threshold", known);
            const Node* text = keys.require("expr", "write the threshold as a text: ten.errors == 0");
            const Value* v = text ? reader.scalar(*text, "thresholds") : nullptr;
            if (!v) continue;
            auto threshold = parse_threshold(reader, *v, so_far);
            if (!threshold) continue;
            read_options(reader, keys, so_far, *threshold);
            out.push_back(std::move(*threshold));
        } else if (const Value* v = reader.scalar(item, "thresholds")) {
            if (auto threshold = parse_threshold(reader, *v, so_far)) out.push_back(std::move(*threshold));
        }
    }
    return out;
}

}  // namespace volley::scenario
