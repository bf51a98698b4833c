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
constexpr std::array models{"burst"sv, "users"sv, "rate"sv};

/// What bounds the phase, and what its model has no use for.
void read_bounds(Reader& reader, const Keys& keys, Phase& out) {
    constexpr std::uint64_t most = 1'000'000'000;
    if (const Node* n = keys.find("for")) out.duration = reader.duration(*n, "for", 1ms, 1000h);
    if (const Node* n = keys.find("iterations")) out.iterations = reader.count(*n, "iterations", 1, most);
    const bool has_for = keys.has("for"), has_iterations = keys.has("iterations");
    if (keys.has("burst")) {
        if (has_for)
            reader.error(keys.key_pos("for"), "a burst has no `for`",
                         "a burst ends with its last answer; `iterations` says how often it is repeated");
    } else if (has_for && has_iterations) {
        reader.error(keys.key_pos("iterations"), "a phase is bounded by `for` or by `iterations`, not by both",
                     "remove one of them");
    } else if (!has_for && !has_iterations) {
        reader.error(out.pos, "a phase with `users` or `rate` has no end", "add `for: 10s` or `iterations: 100`");
    }
    if (keys.has("max_users") && !keys.has("rate"))
        reader.error(keys.key_pos("max_users"), "`max_users` belongs to `rate`",
                     "remove it: burst and users say themselves how many there are");
    if (keys.has("solo_runs") && !keys.has("burst"))
        reader.error(keys.key_pos("solo_runs"), "`solo_runs` belongs to `burst`",
                     "remove it: only bursts are compared with one request alone");
    if (keys.has("solo_runs") && keys.has("warmup"))
        reader.error(keys.key_pos("solo_runs"), "`solo_runs` in a phase for warming up", "remove it: a warm-up has no figures");
}

std::optional<Phase> read_phase(Reader& reader, const Node& node, const std::vector<ScenarioBody>& scenarios) {
    if (!reader.is_map(node, "a phase", phase_example)) return std::nullopt;
    static constexpr std::array known{"name"sv, "scenario"sv,   "burst"sv,     "users"sv,  "rate"sv,
                                      "for"sv,  "iterations"sv, "max_users"sv, "warmup"sv, "solo_runs"sv};
    static constexpr std::array later{LaterKey{"ramp_to", "write several phases, each with its `rate`"},
                                      LaterKey{"arrivals", "starts are spaced evenly"},
                                      LaterKey{"start", "phases run one after the other"},
                                      LaterKey{"repeats", "write `iterations`"},
                                      LaterKey{"canary", ""},
                                      LaterKey{"think", ""}};
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

    const auto given = keys.among(models);
    if (given.size() != 1)
        reader.error(given.empty() ? node.pos() : keys.key_pos(given[1]), "a phase takes exactly one of burst, users and rate",
                     "`burst: 10` starts 10 at once, `users: 10` keeps 10 busy, `rate: 10/s` starts 10 a second");
    constexpr std::uint64_t most_users = 100'000;
    if (const Node* n = keys.find("burst")) {
        if (n->kind == Node::Kind::sequence)
            reader.error(n->pos(), "`burst` takes one number", "write one phase for each");
        else
            out.burst = reader.count(*n, "burst", 1, most_users);
    }
    if (const Node* n = keys.find("users")) out.users = reader.count(*n, "users", 1, most_users);
    if (const Node* n = keys.find("rate")) out.rate = reader.rate(*n, "rate");
    if (given.size() == 1) read_bounds(reader, keys, out);
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
