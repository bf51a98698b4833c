// `probes:`: what is verified of a server before it is put under load.
#include <algorithm>
#include <array>
#include <map>

#include <volley/verdict/expect.hpp>

#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using Kind = Probe::Kind;

constexpr auto probe_example = "- concurrency: { scenario: sleep, expect: async }"sv;

/// In the order of Probe::Kind.
constexpr std::array kinds{"concurrency"sv, "streaming"sv, "cancellation"sv, "isolation"sv};
constexpr std::array concurrency_keys{"scenario"sv, "service_time"sv, "max"sv,      "time"sv,
                                      "expect"sv,   "canary"sv,       "distinct"sv, "parser_canary"sv};
constexpr std::array streaming_keys{"scenario"sv, "time"sv, "expect"sv};
constexpr std::array cancellation_keys{"scenario"sv, "service_time"sv, "max"sv, "time"sv, "expect"sv, "gauge"sv, "distinct"sv};
constexpr std::array isolation_keys{"scenario"sv, "service_time"sv, "max"sv, "time"sv, "expect"sv, "path"sv, "distinct"sv};

std::span<const std::string_view> keys_of(Kind kind) {
    switch (kind) {
        case Kind::concurrency:
            return concurrency_keys;
        case Kind::streaming:
            return streaming_keys;
        case Kind::cancellation:
            return cancellation_keys;
        case Kind::isolation:
            return isolation_keys;
    }
    return {};
}

/// The scenario whose one request is sent.
void read_scenario(Reader& reader, const Node& node, const Keys& keys, const std::vector<ScenarioBody>& scenarios, Probe& out) {
    const ScenarioBody* body = nullptr;
    SourcePos pos = node.pos();
    std::vector<std::string> names;
    for (const auto& s : scenarios) names.push_back(s.name);
    if (!keys.has("scenario")) {
        if (scenarios.size() == 1)
            body = &scenarios.front();
        else
            reader.error(pos, "a probe has no `scenario`",
                         names.empty() ? std::string(probe_example) : suggest("", names, "scenarios"));
    } else if (const Node* n = keys.find("scenario")) {
        const Value* v = reader.scalar(*n, "scenario");
        if (!v) return;
        pos = v->pos;
        const auto found = std::ranges::find(scenarios, v->text, &ScenarioBody::name);
        if (found != scenarios.end())
            body = &*found;
        else if (!names.empty())
            reader.error(pos, "no scenario is called " + in_quotes(v->text), suggest(v->text, names, "scenarios"));
    }
    if (!body) return;
    out.scenario = body->name;
    if (body->is_call()) {
        reader.error(pos, in_quotes(body->name) + " makes a WebRTC call: a probe sends a request",
                     "name a scenario with a request; a phase with `burst` shows how far calls overlap");
        return;
    }
    if (body->steps.size() > 1)
        reader.error(pos,
                     in_quotes(body->name) + " has " + std::to_string(body->steps.size()) + " steps: a probe sends one request",
                     "name a scenario with one step");
}

/// A path of the server under test.
void read_path(Reader& reader, const Keys& keys, std::string_view key, std::string& out) {
    const Node* n = keys.find(key);
    if (!n) return;
    const auto given = reader.text(*n, key);
    if (!given) return;
    const bool clean = std::ranges::none_of(*given, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
    if (!given->starts_with('/') || !clean)
        reader.error(n->pos(), in_quotes(key) + " is not a path: " + in_quotes(*given), "a path of the same server: /ping");
    else
        out = *given;
}

/// One text of `expect`: `async`, `pool==4 @ server=pool4`, `yes`.
class ExpectationReader {
public:
    ExpectationReader(Reader& reader, const Scenario& so_far, const Node& node) : reader_(reader), so_far_(so_far), node_(node) {}

    std::optional<Probe::Expected> read(Kind kind) {
        if (node_.kind == Node::Kind::map) {
            reader_.error(node_.pos(), "this expectation reads as a map", "quote it: YAML takes `: ` for a key");
            return std::nullopt;
        }
        const auto given = reader_.text(node_, "expect");
        if (!given) return std::nullopt;
        const auto at = given->find('@');
        Probe::Expected out;
        out.pos = node_.pos();
        out.source = trim_space(std::string_view(*given).substr(0, at));
        const bool good = kind == Kind::concurrency ? of_verdict(given->substr(0, at), out) : of_answer(out);
        if (!good || (at != std::string::npos && !server(*given, at + 1, out))) return std::nullopt;
        return out;
    }

private:
    bool fail(std::size_t offset, std::string text, std::string hint) {
        // Replaced templates would shift what follows.
        if (node_.value.has_template) offset = 0;
        reader_.error_within(node_.value, offset, std::move(text), std::move(hint));
        return false;
    }

    bool of_verdict(const std::string& text, Probe::Expected& out) {
        auto read = verdict::parse_expectation(text);
        if (auto* error = std::get_if<SourceError>(&read))
            return fail(static_cast<std::size_t>(std::max(error->pos.column, 1) - 1), std::move(error->text),
                        std::move(error->hint));
        out.expects = std::get<verdict::Expectation>(std::move(read));
        return true;
    }

    bool of_answer(Probe::Expected& out) {
        static constexpr std::array words{"yes"sv, "no"sv};
        const auto found = std::ranges::find(words, out.source);
        if (found == words.end())
            return fail(0, "unknown answer " + in_quotes(out.source), suggest(out.source, words, "write yes or no; answers"));
        out.expects = found == words.begin() ? verdict::Reply::yes : verdict::Reply::no;
        return true;
    }

    bool server(const std::string& text, std::size_t from, Probe::Expected& out) {
        const auto begin = std::min(text.find_first_not_of(" \t", from), text.size());
        const auto given = trim_space(std::string_view(text).substr(begin));
        constexpr auto key = "server="sv;
        if (!given.starts_with(key)) return fail(begin, "`@` names a server", "write @ server=name");
        out.server = given.substr(key.size());
        std::vector<std::string> names;
        for (const auto& s : so_far_.servers) names.push_back(s.name);
        if (std::ranges::find(names, out.server) != names.end()) return true;
        return fail(begin + key.size(), "no server is called " + in_quotes(out.server), suggest(out.server, names, "servers"));
    }

    Reader& reader_;
    const Scenario& so_far_;
    const Node& node_;
};

void read_expect(Reader& reader, const Node& node, const Scenario& so_far, Probe& out) {
    const auto add = [&](const Node& item) {
        if (auto expected = ExpectationReader(reader, so_far, item).read(out.kind)) out.expected.push_back(std::move(*expected));
    };
    if (node.kind != Node::Kind::sequence) return add(node);
    if (node.items.empty()) reader.error(node.pos(), "`expect` is empty", "write expect: [async, \"serial_fraction<2%\"]");
    for (const auto& item : node.items) add(item);
}

std::optional<Probe> read_probe(Reader& reader, const Node& item, const Scenario& so_far) {
    if (!reader.is_map(item, "a probe", probe_example)) return std::nullopt;
    const Keys outer(reader, item, "a probe", kinds);
    const auto given = outer.among(kinds);
    if (given.empty()) {
        if (item.entries.empty()) reader.error(item.pos(), "a probe is empty", "write " + std::string(probe_example));
        return std::nullopt;  // what else stands there is unknown, and told
    }
    if (given.size() > 1)
        reader.error(outer.key_pos(given[1]),
                     "a probe asks one thing, not both " + in_quotes(given[0]) + " and " + in_quotes(given[1]),
                     "make it two probes");
    const auto kind = given.front();
    const Node* node = outer.find(kind);
    if (!node || !reader.is_map(*node, kind, probe_example)) return std::nullopt;
    Probe out;
    out.kind = static_cast<Kind>(std::ranges::find(kinds, kind) - kinds.begin());
    out.pos = item.pos();
    const Keys keys(reader, *node, in_quotes(kind), keys_of(out.kind));
    read_scenario(reader, *node, keys, so_far.scenarios, out);
    out.name = std::string(kind) + " of " + out.scenario;
    if (const Node* n = keys.find("service_time")) out.service_time = reader.duration(*n, "service_time", 1ms, 1h);
    if (const Node* n = keys.find("max")) out.most = reader.count(*n, "max", 1, verdict::most_at_once);
    if (const Node* n = keys.find("time")) out.time = reader.duration(*n, "time", 1s, 1h).value_or(out.time);
    if (const Node* n = keys.find("distinct")) out.distinct = reader.boolean(*n, "distinct").value_or(false);
    if (const Node* n = keys.find("parser_canary")) out.parser_canary = reader.boolean(*n, "parser_canary").value_or(false);
    read_path(reader, keys, "canary", out.canary);
    read_path(reader, keys, "gauge", out.gauge);
    read_path(reader, keys, "path", out.path);
    if (out.kind == Kind::isolation && !keys.has("path"))
        reader.error(node->pos(), "`isolation` has no `path`", "write path: /ping, the request that must not be delayed");
    if (const Node* n = keys.find("expect")) read_expect(reader, *n, so_far, out);
    return out;
}

}  // namespace

std::vector<Probe> read_probes(Reader& reader, const Node& node, const Scenario& so_far) {
    std::vector<Probe> out;
    if (!reader.is_list(node, "probes", "probes: [ concurrency: { scenario: sleep, expect: async } ]")) return out;
    if (node.items.empty()) reader.error(node.pos(), "`probes` is empty", "write " + std::string(probe_example));
    constexpr std::size_t most = 1000;
    std::map<std::string, int> alike;
    for (const auto& item : node.items) {
        if (out.size() == most) {
            reader.error(item.pos(), "too many probes", "at most " + std::to_string(most));
            break;
        }
        auto probe = read_probe(reader, item, so_far);
        if (!probe) continue;
        if (const int n = ++alike[probe->name]; n > 1) probe->name += ", " + std::to_string(n);
        out.push_back(std::move(*probe));
    }
    return out;
}

}  // namespace volley::scenario
