// A scenario file as plain values. No YAML type appears here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <volley/error.hpp>
#include <volley/load/schedule.hpp>
#include <volley/load/think.hpp>
#include <volley/metrics/call_tally.hpp>
#include <volley/metrics/media_seen.hpp>
#include <volley/scenario/value.hpp>
#include <volley/time.hpp>
#include <volley/verdict/expect.hpp>
#include <volley/verdict/questions.hpp>

namespace volley::scenario {

/// JSON as it stands in a scenario: objects keep their order, scalars keep their place.
struct JsonNode;
struct JsonMember;
using JsonObject = std::vector<JsonMember>;
using JsonArray = std::vector<JsonNode>;
struct JsonNode {
    std::variant<Value, JsonObject, JsonArray> node;
};
struct JsonMember {
    Value name;
    JsonNode value;
};

/// One movement into a JSON value: a member by name, an element by index (negative: from the end), or `| length`.
struct JsonPathPart {
    enum class Kind { member, index, length } kind = Kind::member;
    std::string member;
    std::int64_t index = 0;
};
using JsonPath = std::vector<JsonPathPart>;

/// A compiled regular expression (Perl syntax); shared, since it never changes.
struct Pattern;

/// What checks ask of the video and sound of a call, by names such as `video.frames`.
enum class MediaFigure : std::uint8_t {
    video_sent,
    video_frames,    ///< that came back
    video_returned,  ///< the same; a percentage is one of those sent
    video_lost,
    video_rtt,
    video_first_frame,
    video_freezes,
    video_mismatched,
    video_transform,  ///< that the pictures tell
    audio_sent,
    audio_received,
    audio_lost,
    audio_rtt,
};

/// `query [not] predicate value`: `status == 200`, `body contains ok`, `header content-type contains json`, `duration < 800ms`,
/// `jq '.items | length' > 0`, `header x-id exists`; of a call `connected < 2s`, `dc_rtt p95 < 80ms`, `answered == 100%`, `lost <= 1`,
/// `video.returned >= 98%`, `video.transform == edges`.
/// Source of the grammar: Hurl's assertions; of the paths: jq.
struct Check {
    enum class Query { status, body, header, duration, jq, call_time, round_trip, answered, lost, media };
    enum class Predicate {
        equal,
        not_equal,
        less,
        less_equal,
        greater,
        greater_equal,
        contains,
        not_contains,
        matches,
        not_matches,
        exists,
        not_exists
    };
    Query query = Query::status;
    std::string header;                                     ///< for Query::header
    std::string jq;                                         ///< for Query::jq: the path as written
    JsonPath path;                                          ///< for Query::jq
    metrics::CallTime time = metrics::CallTime::connected;  ///< for Query::call_time
    MediaFigure figure = MediaFigure::video_sent;           ///< for Query::media
    std::string aggregate;                                  ///< of round trips: p95, mean, min, max
    Predicate predicate = Predicate::equal;
    Value value;                             ///< may hold a template; `quoted` when it stood in quotes within the check
    Value source;                            ///< the whole line, for messages
    std::shared_ptr<const Pattern> pattern;  ///< for matches, where the value holds no template
};

/// Video that a call sends, and what it asks the server to do with it.
struct VideoStep {
    std::string transform;  ///< empty: nothing is asked for
    Value source;           ///< a file, relative to the scenario file; empty text: the moving picture that carries its own number
    int width = 640;        ///< pixels of the moving picture
    int height = 480;       //
    double frames_per_second = 30;
    std::uint64_t bits_per_second = 500'000;
    std::string codec;             ///< `vp8`, `h264`; empty: either
    std::size_t decode_every = 1;  ///< of the calls one in so many has what comes back decoded
};

/// Sound that a call sends.
struct AudioStep {
    Value source;       ///< `tone`, `chirp`, or a file, WAV or Opus in Ogg, relative to the scenario file
    std::string codec;  ///< `opus`, `g722`, `pcmu`, `pcma`; empty: any of them
};

/// A WebRTC call. The request of its step carries the offer.
struct CallStep {
    enum class Signal { automatic, json, whip, whep };  ///< automatic: what the path says
    Signal signal = Signal::automatic;
    bool trickle = false;
    std::vector<Value> ice_servers;  ///< `stun:HOST[:PORT]`, `turn:USER:PASSWORD@HOST[:PORT][?transport=tcp]`
    bool relayed_only = false;
    Value label;     ///< of the data channel; empty text at line 0: the usual one
    Value protocol;  ///< likewise
    bool ordered = true;
    std::optional<std::uint16_t> max_retransmits;
    std::optional<Duration> max_lifetime;
    Duration every = std::chrono::milliseconds(100);  ///< of the pings on it
    std::optional<std::uint64_t> count;               ///< one of count and length is set
    std::optional<Duration> length;
    std::size_t size = 0;
    Duration timeout = std::chrono::seconds(5);
    std::optional<VideoStep> video;
    std::optional<AudioStep> audio;
    std::optional<Duration> media_length;  ///< `for` of the call itself: how long video and sound flow; `length` says it too
    Duration within = std::chrono::seconds(30);  ///< until the channel is open, from the planned start
};

/// One request of a scenario, or one call.
struct Step {
    std::string method;  ///< upper case
    Value url;           ///< absolute, or a path below config.target
    std::string name;    ///< metric name; `METHOD path` where none was given
    std::vector<std::pair<std::string, Value>> headers;
    std::vector<std::pair<std::string, Value>> query;
    std::vector<std::pair<std::string, Value>> form;
    std::optional<JsonNode> json;
    std::optional<Value> body;
    std::optional<Duration> timeout;
    std::vector<Check> checks;
    std::optional<CallStep> call;  ///< then the only step of its scenario
    SourcePos pos;
};

struct ScenarioBody {
    std::string name;
    std::vector<Step> steps;
    SourcePos pos;

    [[nodiscard]] bool is_call() const noexcept { return !steps.empty() && steps.front().call.has_value(); }
};

/// How a server is known to be ready.
struct Ready {
    enum class Kind { http, tcp, log } kind = Kind::tcp;
    Value get;         ///< path, for http
    int status = 200;  ///< for http
    Value log;         ///< text that a line of its log contains
    Duration timeout = std::chrono::seconds(20);
};

/// A server under test: ours, somebody's command, or one that already runs.
struct ServerSpec {
    std::string name;
    SourcePos pos;
    enum class Kind { builtin, command, url } kind = Kind::builtin;
    Value builtin;               ///< `coroutine`, `pool:4`, `serial`
    std::vector<Value> command;  ///< argv; `{{ port }}` is the port that we pick
    std::optional<Value> cwd;    ///< relative to the scenario file
    std::vector<std::pair<std::string, Value>> env;
    std::optional<Ready> ready;
    std::string stop_signal = "TERM";
    Duration stop_grace = std::chrono::seconds(5);
    Value url;
};

/// What `volley verify` asks, of the one request of a scenario; before the phases.
struct Probe {
    enum class Kind { concurrency, streaming, cancellation, isolation } kind = Kind::concurrency;
    std::string name;  ///< `concurrency of sleep`; where several are alike, with a number behind: each is called differently
    std::string scenario;
    SourcePos pos;
    std::optional<Duration> service_time;      ///< how long a request alone takes; found out where it is not given
    std::optional<std::size_t> most;           ///< `max:`, requests at once
    Duration time = std::chrono::seconds(60);  ///< a hard limit for the whole
    std::string canary;          ///< for concurrency: path of a cheap request; empty: one that surely does not exist
    bool distinct = false;       ///< each request has a query of its own; not for streaming, which sends one at a time
    bool parser_canary = false;  ///< for concurrency: malformed request lines go to servers on other hosts, too
    std::string gauge;           ///< for cancellation: path, and a JSON pointer behind `#`; empty: there is none
    std::string path;            ///< for isolation
    struct Expected {
        std::string source;  ///< as written, without the server
        SourcePos pos;
        std::string server;                                          ///< empty: every server
        std::variant<verdict::Expectation, verdict::Reply> expects;  ///< the latter (yes or no) of all but concurrency
    };
    std::vector<Expected> expected;
};

/// A stretch of load. Exactly one of burst, users, rate, steps is set; iterations or duration bound it.
struct Phase {
    std::string name;
    std::string scenario;
    SourcePos pos;
    std::optional<std::size_t> burst;  ///< so many at once; `iterations` says how often (once where it is not set)
    std::optional<std::size_t> users;  ///< closed model: each starts again when it is through
    std::optional<Rate> rate;          ///< open model: starts come on schedule whatever the answers do
    std::optional<Rate> ramp_to;       ///< with rate: what it has become, linearly, at the end of `duration`
    std::vector<Rate> steps;           ///< open model too: these rates one after the other, for equal parts of `duration`
    load::Arrivals arrivals = load::Arrivals::uniform;  ///< of the open model
    load::Think think;                                  ///< of users, between their iterations
    std::optional<Duration> duration;                   ///< `for:`, of the whole phase
    std::optional<std::size_t> iterations;              ///< users and a constant rate: how many in all, shared by the users
    std::size_t max_users = 1000;  ///< for the open model: never more in flight; starts refused for it count as `saturated`
    /// For burst, warm-up aside: runs of one alone, whose median is the solo time S. Made before the first phase that needs them;
    /// later ones with the same scenario and number share them.
    std::size_t solo_runs = 3;
    bool warmup = false;
    bool calls = false;  ///< its scenario is a WebRTC call

    /// Users come on schedule.
    [[nodiscard]] bool is_open() const noexcept { return rate.has_value() || !steps.empty(); }
    /// The load itself changes from the beginning to the end of the phase.
    [[nodiscard]] bool climbs() const noexcept { return ramp_to.has_value() || !steps.empty(); }
};

/// `phase.metric [aggregate] op value [@ server=name]`: `fifty.ratio <= 1.25 @ server=coroutine`, `steady.latency p99 < 400ms`.
struct Threshold {
    enum class Op { less, less_equal, greater, greater_equal, equal, not_equal };
    /// How `amount` is to be read: a plain number, seconds, or a share (`0.1%` is 0.001).
    enum class Unit { number, seconds, share };
    /// What comes of a percentile whose confidence interval holds the limit. extend: the phase runs on for a while, and what is unsure
    /// then is inconclusive.
    enum class IfUnsure { pass, warn, fail, extend };
    std::string phase;   ///< empty: all phases together
    std::string metric;  ///< latency, service, errors, requests, missed, saturated, makespan, solo, ratio, overlap,
        ///< serial_fraction, groups, right; of calls dc_rtt or rtt, gather, offer_to_answer, ice, dtls, connected,
        ///< dc_open or setup, answered, lost or loss, calls_failed; of their media video_rtt, first_frame, video_sent,
        ///< video_frames, video_returned, video_lost, video_freezes, video_mismatched, video_transform, audio_rtt,
        ///< audio_sent, audio_received, audio_lost
    std::string aggregate;  ///< p50, p99.9, mean, min, max; empty for plain figures
    Op op = Op::less;
    Value value;  ///< a duration, a number, or a percentage, as written; of video_transform the name of one, and no amount
    Unit unit = Unit::number;
    double amount = 0;   ///< the value in that unit
    std::string server;  ///< empty: every server
    Value source;
    double confidence = 0.95;  ///< of the interval that percentiles are judged by, two-sided; from 0.5 to below 1
    IfUnsure if_unsure = IfUnsure::warn;
    std::optional<Duration> persist;  ///< how long it must have failed before it aborts the phase; nothing: not at all
    bool abort = false;               ///< ends the phase as soon as it has failed
};

/// Whether `found` (in the unit of the threshold) satisfies it. A figure that is not a number (NaN) satisfies nothing.
[[nodiscard]] bool holds(const Threshold& threshold, double found) noexcept;

struct Output {
    enum class Kind { console, json, junit, hdr, csv, github } kind = Kind::console;
    Value path;  ///< of the kinds that have a file
};

struct Config {
    /// Which client carries the requests of phases; automatic: the fast one where it can.
    enum class Transport { automatic, fast, curl };
    enum class HttpVersion { automatic, http1_1, http2 };
    std::optional<Value> target;
    Duration timeout = std::chrono::seconds(30);
    std::optional<std::uint64_t> seed;
    bool tls_verify = true;
    std::optional<Value> tls_ca;
    Transport transport = Transport::automatic;
    HttpVersion http_version = HttpVersion::automatic;  ///< http2 goes by curl
    unsigned threads = 1;                               ///< that make the load of a phase
    SourcePos threads_pos;                              ///< of that number; line 0 where it is not given
};

/// The whole file.
struct Scenario {
    std::string file;  ///< as given, for messages
    std::string name;
    Config config;
    std::vector<std::pair<std::string, Value>> variables;
    std::vector<ServerSpec> servers;
    std::vector<ScenarioBody> scenarios;
    std::vector<Probe> probes;
    std::vector<Phase> phases;
    std::vector<Threshold> thresholds;
    bool errors_are_judged = true;  ///< a phase that no threshold on errors speaks of must have none
    std::vector<Output> outputs;
    std::vector<std::string> lines;                         ///< the text, for carets
    std::set<std::string, std::less<>> names_used_at_load;  ///< variables that load_scenario() itself replaced, in typed keys

    [[nodiscard]] const ScenarioBody* find_scenario(std::string_view name) const noexcept;
};

/// A file that was read, or everything that is wrong with it, in the order of its lines.
struct LoadResult {
    Scenario scenario;
    std::vector<SourceError> errors;
};

/// A threshold of the last phase as it stands on a command line: `p99 < 50ms`, `service p50 < 10ms`, `errors < 1%`. Without a metric a
/// percentile is that of latency, and of a phase of calls that of the round trip. There `rtt_p99 < 20ms` means `rtt p99 < 20ms`, and
/// `calls_failed = 0` means `calls_failed == 0`. Errors: with the text as the one line of a file called `--expect`.
[[nodiscard]] std::variant<Threshold, SourceError> read_expectation(std::string_view text, const Scenario& scenario);

/// Names that `{{ name }}` can stand for.
class Variables {
public:
    using Scope = std::map<std::string, std::string, std::less<>>;
    /// `env` answers `{{ env.X }}`; handed in so that the module reads no environment itself.
    explicit Variables(Scope env = {}) : env_(std::move(env)) {}
    /// Names set here hide those that were set before.
    void push(Scope scope) { scopes_.push_back(std::move(scope)); }
    /// Takes back the newest push(), for names that hold for one server or one user only.
    void pop() noexcept;
    /// The newest value of a name, or nullptr. The pointer is good until the next push or pop.
    [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
    [[nodiscard]] const std::string* find_env(std::string_view name) const noexcept;
    /// Every name once, sorted; those of the environment are not among them.
    [[nodiscard]] std::vector<std::string> names() const;

    /// A name whose value is text even where it looks like a number: it was written in quotes. to_json_text() asks.
    void mark_text(std::string name);
    [[nodiscard]] bool is_text(std::string_view name) const noexcept;
    /// A name whose value stands for a number that is put in its place later: to_json_text() writes it as a number is written.
    void mark_number(std::string name);
    [[nodiscard]] bool is_number(std::string_view name) const noexcept;

    /// Values that came from the environment, longest first, to be masked in what is printed; those under 4 bytes are left out,
    /// since masking them would hide more than they do.
    [[nodiscard]] const std::vector<std::string>& secrets() const noexcept { return secrets_; }
    void add_secret(std::string_view value);

private:
    Scope env_;
    std::vector<Scope> scopes_;
    std::set<std::string, std::less<>> text_names_;
    std::set<std::string, std::less<>> number_names_;
    std::vector<std::string> secrets_;
};

/// Names that exist only while a scenario runs: known wherever a request is described, and in `config.target`; of them `server.name`
/// in `outputs` too, which then are one file for each server.
inline constexpr std::array<std::string_view, 4> run_names{"server.name", "server.host", "server.port", "server.url"};
/// Known only in what a step sends (URL, query, headers, form, json, body): numbers that differ from one sending to the next.
inline constexpr std::array<std::string_view, 2> request_names{"user.index", "iteration"};
/// Known besides in a server's `command`, `cwd`, `env` and `ready`: the port that was picked for it.
inline constexpr std::array<std::string_view, 2> server_names{"port", "host"};

/// Reads a scenario from text. Reads no file, no environment, no clock. At most 1 MiB of text, 64 levels, 100,000 nodes after
/// aliases. Keys that are typed at once (`for: "{{ time }}"`, `burst: "{{ n }}"`) may hold templates too: they are expanded here,
/// with the `variables:` block, `env` and `overrides` (`-e key=value`), so hand in the same as to resolve_variables(). Throws:
/// nothing, for any input.
[[nodiscard]] LoadResult load_scenario(std::string_view text, std::string file, const Variables::Scope& env = {},
                                       const Variables::Scope& overrides = {});

/// Replaces `{{ name }}`, `{{ env.X }}`, `{{ name | default('y') }}`. Unknown names are errors with a place and a hint.
/// The result is never expanded again, so a value from outside cannot bring in a template. At most 1 MiB.
[[nodiscard]] std::variant<std::string, SourceError> expand(const Value& value, const Variables& variables,
                                                            const Scenario& where);

/// Resolves the `variables:` block (values may use earlier ones and the environment), with `overrides` (`-e key=value`) on top.
/// Every template of the file is tried on the way, so that an unknown name is found before a server starts; run_names, server_names
/// and request_names count as known where they will be. An override that nothing in the file uses is an error.
[[nodiscard]] std::vector<SourceError> resolve_variables(const Scenario& scenario, const Variables::Scope& env,
                                                         const Variables::Scope& overrides, Variables& out);

/// JSON text of a node after expansion: an unquoted scalar that is a JSON number, true, false or null stays one; everything else
/// is a string. A scalar that is one template and nothing else (YAML wants it in quotes) gets the type of what it yields, unless
/// that variable was itself written in quotes or the filter `string` is given: `"{{ id | string }}"`.
[[nodiscard]] std::variant<std::string, SourceError> to_json_text(const JsonNode& node, const Variables& variables,
                                                                  const Scenario& where);

/// What a check looks at.
struct CheckInput {
    int status = 0;
    std::string_view body;
    const std::vector<std::pair<std::string, std::string>>* headers = nullptr;
    Duration duration{};
    const std::vector<std::string>* secrets = nullptr;  ///< masked in what was found, see Variables::secrets()
};
/// Judges one check with its value already expanded. @return nothing when it holds, else what was found ("status is 500"), cut
/// short and escaped for a terminal.
[[nodiscard]] std::optional<std::string> failed_check(const Check& check, std::string_view expanded_value, const CheckInput& in);

/// What a check of a call looks at.
struct CallInput {
    std::array<std::optional<Duration>, metrics::call_times> times;  ///< by metrics::CallTime
    std::span<const Duration> round_trips;                           ///< of the pings that were answered, in any order
    std::uint64_t answered = 0;
    std::uint64_t lost = 0;
    const metrics::MediaSeen* media = nullptr;  ///< may be missing
};
/// The same of a call: "connected is 2.1 s", "2 of 20 pings were lost".
[[nodiscard]] std::optional<std::string> failed_call_check(const Check& check, std::string_view expanded_value,
                                                           const CallInput& in);
/// Whether a value can be what a check of a call compares with: a duration, a number, a percentage, or a transform that pictures tell.
[[nodiscard]] bool is_call_value(const Check& check, std::string_view value) noexcept;

/// Makes a SourceError at a place of the scenario, line text included.
[[nodiscard]] SourceError error_at(const Scenario& where, SourcePos pos, std::string text, std::string hint = {});

}  // namespace volley::scenario
