// `phases:`: how much load, for how long.
#include <algorithm>
#include <array>
#include <map>

#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr auto phase_example = "- { name: ten, scenario: ping, burst: 10 }"sv;
constexpr std::array models{"burst"sv, "users"sv, "rate"sv, "steps"sv};

/// What bounds the phase.
void read_bounds(Reader& reader, const Keys& keys, Phase& out) {
    constexpr std::uint64_t most = 1'000'000'000;
    if (const Node* n = keys.find("for")) out.duration = reader.duration(*n, "for", 1ms, 1000h);
    if (const Node* n = keys.find("iterations")) out.iterations = reader.count(*n, "iterations", 1, most);
    const bool has_for = keys.has("for"), has_iterations = keys.has("iterations");
    const auto climb = keys.has("steps") ? "steps"sv : keys.has("ramp_to") ? "ramp_to"sv : ""sv;
    if (keys.has("burst")) {
        if (has_for)
            reader.error(keys.key_pos("for"), "a burst has no `for`",
                         "a burst ends with its last answer; `iterations` says how often it is repeated");
    } else if (has_for && has_iterations) {
        reader.error(keys.key_pos("iterations"), "a phase is bounded by `for` or by `iterations`, not by both",
                     "remove one of them");
    } else if (!climb.empty() && !has_for) {
        reader.error(has_iterations ? keys.key_pos("iterations") : out.pos, "a phase with " + in_quotes(climb) + " has no length",
                     "write `for: 30s`, the length of the whole phase");
    } else if (!has_for && !has_iterations) {
        reader.error(out.pos, "a phase with `users` or `rate` has no end", "add `for: 10s` or `iterations: 100`");
    }
}

/// Keys that the model of the phase has no use for.
void check_model(Reader& reader, const Keys& keys) {
    const bool open = keys.has("rate") || keys.has("steps");
    if (keys.has("max_users") && !open)
        reader.error(keys.key_pos("max_users"), "`max_users` belongs to `rate`",
                     "remove it: burst and users say themselves how many there are");
    if (keys.has("arrivals") && !open)
        reader.error(keys.key_pos("arrivals"), "`arrivals` belongs to `rate`", "remove it: only there users come on schedule");
    if (keys.has("ramp_to") && !keys.has("rate"))
        reader.error(keys.key_pos("ramp_to"), "`ramp_to` without `rate`",
                     "`rate: 100/s, ramp_to: 600/s` climbs from the one to the other");
    if (keys.has("think") && !keys.has("users"))
        reader.error(keys.key_pos("think"), "`think` belongs to `users`",
                     "remove it: users that do not start again have nothing to wait for");
    if (keys.has("solo_runs") && !keys.has("burst"))
        reader.error(keys.key_pos("solo_runs"), "`solo_runs` belongs to `burst`",
                     "remove it: only bursts are compared with one request alone");
    if (keys.has("solo_runs") && keys.has("warmup"))
        reader.error(keys.key_pos("solo_runs"), "`solo_runs` in a phase for warming up", "remove it: a warm-up has no figures");
}

std::vector<Rate> read_rate_steps(Reader& reader, const Node& node) {
    constexpr std::size_t most = 1000;
    std::vector<Rate> out;
    if (!reader.is_list(node, "steps", "steps: [100/s, 200/s, 400/s]")) return out;
    if (node.items.size() < 2 || node.items.size() > most)
        reader.error(node.pos(), "`steps` takes two rates or more", "from 2 to 1000; one is a `rate`");
    for (const auto& item : node.items)
        if (const auto rate = reader.rate(item, "steps")) out.push_back(*rate);
    return out;
}

load::Think read_think(Reader& reader, const Node& node) {
    using Kind = load::Think::Kind;
    constexpr auto most = 1h;
    constexpr auto examples = "think: 200ms, think: { exponential: 200ms } or think: { uniform: [100ms, 300ms] }"sv;
    load::Think out;
    if (node.kind == Node::Kind::scalar) {
        out.kind = Kind::constant;
        out.a = reader.duration(node, "think", 0ms, most).value_or(out.a);
        return out;
    }
    if (node.kind != Node::Kind::map) {
        reader.error(node.pos(), std::string("`think` is a time or a map, not ") + kind_name(node.kind),
                     "write " + std::string(examples));
        return out;
    }
    static constexpr std::array known{"exponential"sv, "uniform"sv};
    const Keys keys(reader, node, "think", known);
    const auto given = keys.among(known);
    if (given.empty() && !node.entries.empty()) return out;  // what stands there is unknown, and told
    if (given.size() != 1) {
        reader.error(given.empty() ? node.pos() : keys.key_pos(given[1]), "`think` takes one of exponential and uniform",
                     "write " + std::string(examples));
        return out;
    }
    if (const Node* n = keys.find("exponential")) {
        out.kind = Kind::exponential;
        out.a = reader.duration(*n, "exponential", 1us, most).value_or(out.a);
    }
    if (const Node* n = keys.find("uniform")) {
        out.kind = Kind::uniform;
        if (!reader.is_list(*n, "uniform", "uniform: [100ms, 300ms]")) return out;
        if (n->items.size() != 2) {
            reader.error(n->pos(), "`uniform` takes two times", "the shortest and the longest: [100ms, 300ms]");
            return out;
        }
        out.a = reader.duration(n->items[0], "uniform", 0ms, most).value_or(out.a);
        const auto longest = reader.duration(n->items[1], "uniform", 0ms, most);
        out.b = longest.value_or(out.a);
        if (longest && *longest < out.a)
            reader.error(n->items[1].pos(), "the longest `uniform` time is shorter than the shortest", "turn them round");
    }
    return out;
}

/// What stands beside the number of a model: how its users come and rest.
void read_load(Reader& reader, const Keys& keys, Phase& out) {
    const bool ramps = keys.has("ramp_to");
    if (const Node* n = keys.find("rate")) out.rate = reader.rate(*n, "rate", ramps);
    if (const Node* n = keys.find("ramp_to")) {
        out.ramp_to = reader.rate(*n, "ramp_to", true);
        if (out.ramp_to && out.rate && out.ramp_to->per_second == 0 && out.rate->per_second == 0)
            reader.error(n->pos(), "a ramp from 0 to 0", "nobody ever comes: give one of them a rate");
    }
    if (const Node* n = keys.find("steps")) out.steps = read_rate_steps(reader, *n);
    if (const Node* n = keys.find("arrivals")) {
        static constexpr std::array words{"uniform"sv, "poisson"sv};
        static constexpr std::array meant{load::Arrivals::uniform, load::Arrivals::poisson};
        if (const auto which = reader.word(*n, "arrivals", words)) out.arrivals = meant[*which];
    }
    if (const Node* n = keys.find("think")) out.think = read_think(reader, *n);
}

std::optional<Phase> read_phase(Reader& reader, const Node& node, const std::vector<ScenarioBody>& scenarios) {
    if (!reader.is_map(node, "a phase", phase_example)) return std::nullopt;
    static constexpr std::array known{"name"sv,   "scenario"sv,   "burst"sv,     "users"sv,    "rate"sv,
                                      "steps"sv,  "ramp_to"sv,    "arrivals"sv,  "think"sv,    "for"sv,
                                      "warmup"sv, "iterations"sv, "max_users"sv, "solo_runs"sv};
    static constexpr std::array later{LaterKey{"start", "phases run one after the other"},
                                      LaterKey{"repeats", "write `iterations`"}, LaterKey{"canary", ""}};
    const Keys keys(reader, node, "a phase", known, later);
    Phase out;
    out.pos = node.pos();
    if (const Node* n = keys.require("name", "thresholds and results call the phase by it: " + std::string(phase_example)))
        if (const Value* v = reader.scalar(*n, "name"); v && reader.name(*v, "phase")) out.name = v->text;

    std::vector<std::string> names;
    for (const auto& body : scenarios) names.push_back(body.name);
    if (const Node* n = keys.find("scenario")) {
        if (const Value* v = reader.scalar(*n, "scenario")) {
            out.scenario = v->text;
            if (!names.empty() && std::find(names.begin(), names.end(), v->text) == names.end())
                reader.error(v->pos, "no scenario is called " + in_quotes(v->text), suggest(v->text, names, "scenarios"));
        }
    } else if (!keys.has("scenario")) {
        if (names.size() == 1)
            out.scenario = names[0];
        else
            reader.error(node.pos(), "a phase has no `scenario`",
                         names.empty() ? std::string(phase_example) : suggest("", names, "scenarios"));
    }

    out.calls =
        std::ranges::any_of(scenarios, [&](const ScenarioBody& body) { return body.name == out.scenario && body.is_call(); });

    const auto given = keys.among(models);
    if (given.size() != 1)
        reader.error(given.empty() ? node.pos() : keys.key_pos(given[1]),
                     "a phase takes exactly one of burst, users, rate and steps",
                     "`burst: 10` starts 10 at once, `users: 10` keeps 10 busy, `rate: 10/s` starts 10 a second, "
                     "`steps: [10/s, 20/s]` first 10, then 20");
    constexpr std::uint64_t most_users = 100'000;
    if (const Node* n = keys.find("burst")) {
        if (n->kind == Node::Kind::sequence)
            reader.error(n->pos(), "`burst` takes one number", "write one phase for each");
        else
            out.burst = reader.count(*n, "burst", 1, most_users);
    }
    if (const Node* n = keys.find("users")) out.users = reader.count(*n, "users", 1, most_users);
    read_load(reader, keys, out);
    if (given.size() == 1) {
        read_bounds(reader, keys, out);
        check_model(reader, keys);
    }
    if (const Node* n = keys.find("max_users"))
        out.max_users = reader.count(*n, "max_users", 1, most_users).value_or(out.max_users);
    if (const Node* n = keys.find("solo_runs")) out.solo_runs = reader.count(*n, "solo_runs", 1, 1000).value_or(out.solo_runs);
    if (const Node* n = keys.find("warmup")) out.warmup = reader.boolean(*n, "warmup").value_or(false);
    return out;
}

}  // namespace

std::vector<Phase> read_phases(Reader& reader, const Node& node, const std::vector<ScenarioBody>& scenarios) {
    std::vector<Phase> out;
    if (!reader.is_list(node, "phases", "phases: [ { name: ten, scenario: ping, burst: 10 } ]")) return out;
    if (node.items.empty()) reader.error(node.pos(), "`phases` is empty", "write " + std::string(phase_example));
    constexpr std::size_t most = 1000;  // a sample keeps the phase's number in 16 bits
    std::map<std::string, int> seen;
    for (const auto& item : node.items) {
        if (out.size() == most) {
            reader.error(item.pos(), "too many phases", "at most " + std::to_string(most));
            break;
        }
        auto phase = read_phase(reader, item, scenarios);
        if (!phase) continue;
        if (!phase->name.empty()) {
            const auto [place, fresh] = seen.emplace(phase->name, phase->pos.line);
            if (!fresh)
                reader.error(phase->pos, "two phases are called " + in_quotes(phase->name),
                             "the first is in line " + std::to_string(place->second));
        }
        out.push_back(std::move(*phase));
    }
    return out;
}

}  // namespace volley::scenario
