// Nodes to the parts of a scenario.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <volley/scenario/scenario.hpp>

#include "scenario/yaml.hpp"

namespace volley::scenario {

/// The reader of scenarios: scalars that are typed at once may hold templates.
class Reader : public yaml::Reader {
public:
    Reader(const Scenario& where, Variables variables)
        : yaml::Reader({where.file, where.lines}), scenario_(where), variables_(std::move(variables)) {}

    [[nodiscard]] const Scenario& where() const noexcept { return scenario_; }
    /// Variables that templates of typed keys used.
    [[nodiscard]] const std::set<std::string, std::less<>>& used_names() const noexcept { return used_names_; }
    std::optional<std::string> text(const Node& node, std::string_view what) override;
    /// Which of these words stands there; nothing, with an error, for any other.
    std::optional<std::size_t> word(const Node& node, std::string_view what, std::span<const std::string_view> words);

private:
    const Scenario& scenario_;
    Variables variables_;
    std::set<std::string, std::less<>> used_names_;
};

/// The readers of the parts. Each takes the node of its key.
std::vector<ServerSpec> read_servers(Reader& reader, const Node& node);
std::vector<ScenarioBody> read_scenarios(Reader& reader, const Node& node);
std::vector<Probe> read_probes(Reader& reader, const Node& node, const Scenario& so_far);
std::vector<Phase> read_phases(Reader& reader, const Node& node, const std::vector<ScenarioBody>& scenarios);
std::vector<Threshold> read_thresholds(Reader& reader, const Node& node, const Scenario& so_far);

/// Reads one check, one threshold. Errors go to the reader, and nothing comes back.
std::optional<Check> parse_check(Reader& reader, const Value& source, bool of_call = false);
std::optional<Threshold> parse_threshold(Reader& reader, const Value& source, const Scenario& so_far);

/// min, max, mean, or p with a number from 0 to 100: p50, p99.9.
[[nodiscard]] bool is_aggregate(std::string_view text);

/// A percentage without its sign as the share that is nearest to it: `99.9` is 0.999, which 99.9 / 100 is not.
[[nodiscard]] std::optional<double> share_of_percent(std::string_view text);

/// Adds one HTTPie item to a step: `name=text`, `name:=json`, `name==query`, `Header:value`, `Header;`. Source: HTTPie's request items.
void add_item(Reader& reader, const Value& source, Step& step, bool as_form);

/// The JSON below a key, as it stands.
std::optional<JsonNode> read_json(Reader& reader, const Node& node);

}  // namespace volley::scenario
