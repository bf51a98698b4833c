// Nodes to typed values: every error is kept, none ends the reading.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <volley/scenario/scenario.hpp>

#include "scenario/node.hpp"

namespace volley::scenario {

/// A key of the full format that this version does not know yet, and what can be done instead ("" where nothing can).
struct LaterKey {
    std::string_view name;
    std::string_view instead;
};

/// Collects errors and types scalars. `what` is always the key's name, for messages.
class Reader {
public:
    Reader(const Scenario& where, Variables variables) : where_(where), variables_(std::move(variables)) {}

    void error(SourcePos pos, std::string text, std::string hint = {});
    /// At a byte of the text of a scalar, so that the caret stands where the mistake is.
    void error_within(const Value& value, std::size_t offset, std::string text, std::string hint = {});
    [[nodiscard]] const Scenario& where() const noexcept { return where_; }
    /// In the order of lines, each once; where there are very many, the first of them and a last one that counts the rest.
    [[nodiscard]] std::vector<SourceError> take_errors();
    /// Variables that templates of typed keys used.
    [[nodiscard]] const std::set<std::string, std::less<>>& used_names() const noexcept { return used_names_; }

    /// The scalar as written, or nullptr with an error: a list or map stands there, or nothing does.
    const Value* scalar(const Node& node, std::string_view what);
    /// The same, with templates replaced.
    std::optional<std::string> text(const Node& node, std::string_view what);
    std::optional<Duration> duration(const Node& node, std::string_view what, Duration least, Duration most);
    std::optional<Rate> rate(const Node& node, std::string_view what);
    std::optional<std::uint64_t> count(const Node& node, std::string_view what, std::uint64_t least, std::uint64_t most);
    std::optional<bool> boolean(const Node& node, std::string_view what);
    /// A name of ours (server, scenario, phase): letters, digits, `_` and `-`, so that it can stand in thresholds and on command lines.
    bool name(const Value& value, std::string_view what);
    bool is_map(const Node& node, std::string_view what, std::string_view example);
    bool is_list(const Node& node, std::string_view what, std::string_view example);

private:
    const Scenario& where_;
    Variables variables_;
    std::vector<SourceError> errors_;
    std::set<std::string, std::less<>> used_names_;
};

/// The keys of one map. Unknown ones are reported as soon as it is made.
class Keys {
public:
    Keys(Reader& reader, const Node& map, std::string_view what, std::span<const std::string_view> known,
         std::span<const LaterKey> later = {});

    /// The value, or nullptr where the key is not there. A key with nothing behind it is reported and counts as not there.
    [[nodiscard]] const Node* find(std::string_view key) const;
    [[nodiscard]] const Node* require(std::string_view key, std::string_view hint) const;
    /// Where the key stands; the map itself where it is not there.
    [[nodiscard]] SourcePos key_pos(std::string_view key) const;
    [[nodiscard]] bool has(std::string_view key) const;
    /// Which of these keys are there, in the order of the file.
    [[nodiscard]] std::vector<std::string_view> among(std::span<const std::string_view> keys) const;

private:
    Reader& reader_;
    const Node& map_;
    std::string_view what_;
};

/// The pairs of a map of scalars (`headers`, `env`, ...), with their keys.
std::vector<std::pair<std::string, Value>> read_pairs(Reader& reader, const Node& node, std::string_view what,
                                                      std::string_view example);

/// The readers of the parts. Each takes the node of its key.
std::vector<ServerSpec> read_servers(Reader& reader, const Node& node);
std::vector<ScenarioBody> read_scenarios(Reader& reader, const Node& node);
std::vector<Phase> read_phases(Reader& reader, const Node& node, const std::vector<ScenarioBody>& scenarios);
std::vector<Threshold> read_thresholds(Reader& reader, const Node& node, const Scenario& so_far);

/// Reads one check, one threshold. Errors go to the reader, and nothing comes back.
std::optional<Check> parse_check(Reader& reader, const Value& source);
std::optional<Threshold> parse_threshold(Reader& reader, const Value& source, const Scenario& so_far);

/// Adds one HTTPie item to a step: `name=text`, `name:=json`, `name==query`, `Header:value`, `Header;`. Source: HTTPie's request items.
void add_item(Reader& reader, const Value& source, Step& step, bool as_form);

/// The JSON below a key, as it stands.
std::optional<JsonNode> read_json(Reader& reader, const Node& node);

}  // namespace volley::scenario
