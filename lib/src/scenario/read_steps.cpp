// `scenarios:`: what one user does, step by step.
#include <algorithm>
#include <array>

#include <volley/http/message.hpp>

#include "scenario/reader.hpp"
#include "scenario/step_parts.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr std::array methods{"get"sv, "post"sv, "put"sv, "patch"sv, "delete"sv, "head"sv, "options"sv};
constexpr auto step_example = "- { get: /path, checks: [status == 200] }"sv;

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

void read_body(Reader& reader, const Keys& keys, Step& out) {
    static constexpr std::array bodies{"json"sv, "form"sv, "body"sv};
    const auto given = keys.among(bodies);
    if (given.size() > 1) {
        reader.error(keys.key_pos(given[1]),
                     "a request has one body, not both " + in_quotes(given[0]) + " and " + in_quotes(given[1]),
                     "keep one of them");
        return;
    }
    if (const Node* n = keys.find("json"))
        out.json = read_json(reader, *n);
    else if (keys.has("json"))
        out.json.reset();
    if (const Node* n = keys.find("form")) out.form = read_pairs(reader, *n, "form", "form: { name: value }");
    if (const Node* n = keys.find("body"))
        if (const Value* v = reader.scalar(*n, "body")) out.body = *v;
}

void read_items(Reader& reader, const Keys& keys, Step& out) {
    const Node* n = keys.find("items");
    if (!n || !reader.is_list(*n, "items", "items: [\"name=text\", \"count:=3\", \"page==2\", \"X-Id:7\"]")) return;
    for (const auto& item : n->items) {
        if (item.kind == Node::Kind::map) {
            reader.error(item.pos(), "this item reads as a map", "quote it: \"Header: value\"");
            continue;
        }
        if (const Value* v = reader.scalar(item, "items")) add_item(reader, *v, out, keys.has("form"));
    }
    if (out.body && (out.json || !out.form.empty()))
        reader.error(keys.key_pos("items"), "a request has one body, not both `body` and data items", "keep one of them");
}

std::optional<Step> read_step(Reader& reader, const Node& node) {
    if (!reader.is_map(node, "a step", step_example)) return std::nullopt;
    if (std::ranges::any_of(node.entries, [](const auto& entry) { return entry.key.text == "webrtc"; }))
        return read_call_step(reader, node);
    static constexpr std::array known{"get"sv,     "post"sv,  "put"sv,     "patch"sv, "delete"sv, "head"sv,
                                      "options"sv, "name"sv,  "headers"sv, "query"sv, "json"sv,   "form"sv,
                                      "body"sv,    "items"sv, "timeout"sv, "checks"sv};
    static constexpr std::array later{LaterKey{"capture", ""},
                                      LaterKey{"think", ""},
                                      LaterKey{"sse", ""},
                                      LaterKey{"until", ""},
                                      LaterKey{"websocket", ""},
                                      LaterKey{"send", ""},
                                      LaterKey{"expect", "write `checks: [...]`"},
                                      LaterKey{"repeat", ""},
                                      LaterKey{"if", ""},
                                      LaterKey{"parallel", ""},
                                      LaterKey{"include", ""},
                                      LaterKey{"continue", ""},
                                      LaterKey{"exec", ""},
                                      LaterKey{"auth", "write an `authorization` header"},
                                      LaterKey{"follow", ""}};
    const Keys keys(reader, node, "a step", known, later);
    Step out;
    out.pos = node.pos();
    const auto given = keys.among(methods);
    if (given.size() != 1) {
        const bool later_kind = std::any_of(node.entries.begin(), node.entries.end(), [](const auto& entry) {
            return std::any_of(later.begin(), later.end(), [&](const LaterKey& k) { return k.name == entry.key.text; });
        });
        if (given.size() > 1)
            reader.error(keys.key_pos(given[1]),
                         "a step is one request, not both " + in_quotes(given[0]) + " and " + in_quotes(given[1]),
                         "make it two steps");
        else if (!later_kind)
            reader.error(node.pos(), "a step has no request",
                         "begin it with one of " + join_words(methods, "or") + ": " + std::string(step_example));
        if (given.empty()) return std::nullopt;
    }
    out.method = upper(given[0]);
    if (const Node* n = keys.find(given[0])) read_url(reader, *n, given[0], out);
    out.name = default_name(out.method, out.url.text);
    read_step_name(reader, keys, out);
    read_step_headers(reader, keys, out);
    if (const Node* n = keys.find("query")) out.query = read_pairs(reader, *n, "query", "query: { page: 2 }");
    read_body(reader, keys, out);
    read_items(reader, keys, out);
    if (const Node* n = keys.find("timeout")) out.timeout = reader.duration(*n, "timeout", 1ms, 1h);
    read_step_checks(reader, keys, out);
    return out;
}

}  // namespace

std::vector<ScenarioBody> read_scenarios(Reader& reader, const Node& node) {
    std::vector<ScenarioBody> out;
    if (!reader.is_map(node, "scenarios", "scenarios: { ping: [ { get: /ping } ] }")) return out;
    if (node.entries.empty()) reader.error(node.pos(), "`scenarios` is empty", "write scenarios: { ping: [ { get: /ping } ] }");
    for (const auto& [name, value] : node.entries) {
        reader.name(name, "scenario");
        ScenarioBody body{name.text, {}, name.pos};
        if (value.kind == Node::Kind::null) {
            reader.error(name.pos, in_quotes(name.text) + " is empty", "write a list of steps: " + std::string(step_example));
        } else if (reader.is_list(value, name.text, "a list of steps: " + std::string(step_example))) {
            if (value.items.empty())
                reader.error(value.pos(), in_quotes(name.text) + " has no steps", "write " + std::string(step_example));
            for (const auto& item : value.items)
                if (auto step = read_step(reader, item)) body.steps.push_back(std::move(*step));
        }
        for (const auto& step : body.steps)
            if (step.call && body.steps.size() > 1) {
                reader.error(step.pos, "a scenario with a `webrtc` step has no other steps",
                             "make the call, and nothing else, in a scenario of its own: phases run one after the other");
                break;
            }
        out.push_back(std::move(body));
    }
    return out;
}

std::optional<JsonNode> read_json(Reader& reader, const Node& node) {
    JsonNode out;
    switch (node.kind) {
        case Node::Kind::null: {
            Value null = node.value;
            null.text = "null";
            out.node = std::move(null);
            break;
        }
        case Node::Kind::scalar:
            out.node = node.value;
            break;
        case Node::Kind::sequence: {
            JsonArray array;
            for (const auto& item : node.items)
                if (auto child = read_json(reader, item)) array.push_back(std::move(*child));
            out.node = std::move(array);
            break;
        }
        case Node::Kind::map: {
            JsonObject object;
            for (const auto& [key, value] : node.entries)
                if (auto child = read_json(reader, value)) object.push_back({key, std::move(*child)});
            out.node = std::move(object);
            break;
        }
    }
    return out;
}

}  // namespace volley::scenario
