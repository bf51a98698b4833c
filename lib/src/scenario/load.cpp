// The whole of a scenario file: its top level, and what its parts say about each other.
#include <algorithm>
#include <array>
#include <set>

#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

/// `http: { version: 2 }` and `transport`, which go together.
void read_client(Reader& reader, const Keys& keys, Config& out) {
    if (const Node* n = keys.find("transport")) {
        static constexpr std::array words{"auto"sv, "fast"sv, "curl"sv};
        static constexpr std::array meant{Config::Transport::automatic, Config::Transport::fast, Config::Transport::curl};
        if (const auto which = reader.word(*n, "transport", words)) out.transport = meant[*which];
    }
    const Node* http = keys.find("http");
    if (!http || !reader.is_map(*http, "http", "http: { version: 2 }")) return;
    static constexpr std::array known{"version"sv};
    static constexpr std::array later{LaterKey{"preconnect", "sockets are opened before a burst anyway"}};
    const Keys http_keys(reader, *http, "http", known, later);
    const Node* n = http_keys.find("version");
    if (!n) return;
    const auto given = reader.text(*n, "version");
    if (given == "1.1")
        out.http_version = Config::HttpVersion::http1_1;
    else if (given == "2")
        out.http_version = Config::HttpVersion::http2;
    else if (given && *given != "auto")
        reader.error(n->pos(), "unknown version of HTTP: " + in_quotes(*given), "write auto, 1.1 or 2");
    if (out.http_version == Config::HttpVersion::http2 && out.transport == Config::Transport::fast)
        reader.error(n->pos(), "the fast transport speaks no HTTP/2", "write `transport: curl`, or remove it");
}

Config read_config(Reader& reader, const Node& node) {
    Config out;
    if (!reader.is_map(node, "config", "config: { target: \"http://127.0.0.1:8000\", timeout: 10s }")) return out;
    static constexpr std::array known{"target"sv, "timeout"sv, "seed"sv, "tls"sv, "transport"sv, "http"sv, "threads"sv};
    static constexpr std::array later{LaterKey{"webrtc", "give each `webrtc` step its `ice` and `within`"},
                                      LaterKey{"headers", "give each request its `headers`"}, LaterKey{"proxy", ""}};
    const Keys keys(reader, node, "config", known, later);
    if (const Node* n = keys.find("target"))
        if (const Value* v = reader.scalar(*n, "target")) {
            if (!v->has_template && !v->text.starts_with("http://") && !v->text.starts_with("https://"))
                reader.error(v->pos, "`target` is not an address: " + in_quotes(v->text), "begin it with http:// or https://");
            else
                out.target = *v;
        }
    if (const Node* n = keys.find("timeout")) out.timeout = reader.duration(*n, "timeout", 1ms, 1h).value_or(out.timeout);
    if (const Node* n = keys.find("seed")) out.seed = reader.count(*n, "seed", 0, UINT64_MAX);
    if (const Node* n = keys.find("threads")) {
        out.threads = static_cast<unsigned>(reader.count(*n, "threads", 1, 256).value_or(out.threads));
        out.threads_pos = n->pos();
    }
    read_client(reader, keys, out);
    const Node* tls = keys.find("tls");
    if (tls && reader.is_map(*tls, "tls", "tls: { verify: true, ca: ca.pem }")) {
        static constexpr std::array tls_known{"verify"sv, "ca"sv};
        static constexpr std::array tls_later{LaterKey{"cert", ""}, LaterKey{"key", ""}};
        const Keys tls_keys(reader, *tls, "tls", tls_known, tls_later);
        if (const Node* n = tls_keys.find("verify")) out.tls_verify = reader.boolean(*n, "verify").value_or(true);
        if (const Node* n = tls_keys.find("ca"))
            if (const Value* v = reader.scalar(*n, "ca")) out.tls_ca = *v;
    }
    return out;
}

std::vector<std::pair<std::string, Value>> read_variables(Reader& reader, const Node& node) {
    std::vector<std::pair<std::string, Value>> out;
    if (!reader.is_map(node, "variables", "variables: { delay: 1s }")) return out;
    constexpr std::size_t most = 1000;
    for (const auto& [key, value] : node.entries) {
        if (out.size() == most) {
            reader.error(key.pos, "too many variables", "at most " + std::to_string(most));
            break;
        }
        if (!reader.name(key, "variable")) continue;
        const bool taken = key.text == "env" || std::ranges::find(server_names, key.text) != server_names.end() ||
                           std::ranges::find(request_names, key.text) != request_names.end();
        if (taken) {
            reader.error(key.pos, "the name " + in_quotes(key.text) + " is taken",
                         "it stands for a value that volley sets itself: choose another");
            continue;
        }
        if (const Value* v = reader.scalar(value, key.text)) out.emplace_back(key.text, *v);
    }
    return out;
}

/// Outputs with a file, and one as an example.
struct FileOutput {
    std::string_view name;
    Output::Kind kind;
    std::string_view example;
};
constexpr std::array file_outputs{
    FileOutput{"json", Output::Kind::json, "result.json"}, FileOutput{"junit", Output::Kind::junit, "junit.xml"},
    FileOutput{"hdr", Output::Kind::hdr, "times.hdr"}, FileOutput{"csv", Output::Kind::csv, "samples.csv.gz"}};

constexpr std::array known_outputs{"console"sv, "json"sv, "junit"sv, "hdr"sv, "csv"sv, "github"sv};
constexpr std::array later_outputs{LaterKey{"html", "take the figures from `json: FILE`"}, LaterKey{"prometheus", ""},
                                   LaterKey{"otlp", ""}};

/// An output that is one word.
void read_output_word(Reader& reader, const Node& item, std::vector<Output>& out) {
    const auto& word = item.value.text;
    const auto file = std::ranges::find(file_outputs, word, &FileOutput::name);
    if (word == "console" || word == "github")
        out.push_back({word == "console" ? Output::Kind::console : Output::Kind::github, {}});
    else if (file != file_outputs.end())
        reader.error(item.pos(), in_quotes(word) + " needs a file",
                     "write " + in_quotes(word + ": " + std::string(file->example)));
    else if (std::ranges::find(later_outputs, word, &LaterKey::name) != later_outputs.end())
        reader.error(item.pos(), "the output " + in_quotes(word) + " is not supported by this version",
                     "use console or json: FILE");
    else
        reader.error(item.pos(), "unknown output " + in_quotes(word), suggest(word, known_outputs, "outputs"));
}

std::vector<Output> read_outputs(Reader& reader, const Node& node) {
    std::vector<Output> out;
    if (!reader.is_list(node, "outputs", "outputs: [console, json: result.json]")) return out;
    for (const auto& item : node.items) {
        if (item.kind == Node::Kind::scalar) {
            read_output_word(reader, item, out);
        } else if (reader.is_map(item, "outputs", "`console` or `json: result.json`")) {
            const Keys keys(reader, item, "an output", known_outputs, later_outputs);
            if (keys.has("console")) reader.error(keys.key_pos("console"), "`console` takes no value", "write `- console`");
            if (const Node* n = keys.find("github")) {
                if (const Value* v = reader.scalar(*n, "github"); v && v->text != "summary")
                    reader.error(v->pos, "`github` writes a summary, not " + in_quotes(v->text), "write `github: summary`");
                else if (v)
                    out.push_back({Output::Kind::github, {}});
            }
            for (const auto& file : file_outputs)
                if (const Node* n = keys.find(file.name))
                    if (const Value* v = reader.scalar(*n, file.name)) out.push_back({file.kind, *v});
        }
    }
    return out;
}

void check_threads(Reader& reader, const Scenario& s) {
    if (s.config.threads <= 1 || !std::ranges::any_of(s.scenarios, &ScenarioBody::is_call)) return;
    reader.error(s.config.threads_pos, "`threads` beside a `webrtc` step: the calls of a process are made by one thread",
                 "remove it, or put the calls into a file of their own; several processes make more calls");
}

void check_names(Reader& reader, const Scenario& s) {
    const bool has_target = s.config.target.has_value() || !s.servers.empty();
    if (has_target) return;
    for (const auto& body : s.scenarios)
        for (const auto& step : body.steps)
            if (step.url.text.starts_with('/'))
                reader.error(step.url.pos, in_quotes(step.url.text) + " is a path, but there is no server to send it to",
                             "add `servers:` or `config: { target: http://... }`, or write a whole URL");
}

/// Values for templates in typed keys: the same scopes as resolve_variables(), its errors left to it.
Variables static_variables(const Scenario& s, const Variables::Scope& env, const Variables::Scope& overrides) {
    Scenario only_variables;
    only_variables.file = s.file;
    only_variables.lines = s.lines;
    only_variables.variables = s.variables;
    Variables out(env);
    [[maybe_unused]] const auto reported_later = resolve_variables(only_variables, env, overrides, out);
    return out;
}

void read_all(Scenario& s, const Node& root, Reader& reader) {
    static constexpr std::array known{"version"sv,   "name"sv,   "config"sv, "variables"sv,  "servers"sv,
                                      "scenarios"sv, "probes"sv, "phases"sv, "thresholds"sv, "outputs"sv};
    static constexpr std::array later{LaterKey{"matrix", "write one server for each case"},
                                      LaterKey{"data", "put values under `variables`"},
                                      LaterKey{"setup", "begin the scenario with these requests"},
                                      LaterKey{"teardown", "end the scenario with these requests"},
                                      LaterKey{"include", ""},
                                      LaterKey{"repeat", ""}};
    const Keys keys(reader, root, "a scenario file", known, later);
    if (const Node* n = keys.require("version", "begin the file with `version: 1`"))
        if (const auto version = reader.text(*n, "version"); version && *version != "1")
            reader.error(n->pos(), "version " + in_quotes(*version) + " is not known", "this program reads version 1");
    if (const Node* n = keys.find("name"))
        if (const Value* v = reader.scalar(*n, "name")) s.name = v->text;
    if (const Node* n = keys.find("config")) s.config = read_config(reader, *n);
    if (const Node* n = keys.find("servers")) s.servers = read_servers(reader, *n);
    if (const Node* n = keys.require("scenarios", "write `scenarios: { ping: [ { get: /ping } ] }`"))
        s.scenarios = read_scenarios(reader, *n);
    if (const Node* n = keys.find("probes")) s.probes = read_probes(reader, *n, s);
    // Probes alone are something to run.
    const bool probes_alone = keys.has("probes") && !keys.has("phases");
    const Node* phases =
        probes_alone ? nullptr : keys.require("phases", "write `phases: [ { name: one, scenario: ping, burst: 1 } ]`");
    if (phases) s.phases = read_phases(reader, *phases, s.scenarios);
    if (const Node* n = keys.find("thresholds")) s.thresholds = read_thresholds(reader, *n, s);
    if (const Node* n = keys.find("outputs"))
        s.outputs = read_outputs(reader, *n);
    else if (!keys.has("outputs"))
        s.outputs.push_back({});
    check_names(reader, s);
    check_threads(reader, s);
}

std::string stem_of(std::string_view file) {
    if (const auto slash = file.rfind('/'); slash != std::string_view::npos) file.remove_prefix(slash + 1);
    if (const auto dot = file.rfind('.'); dot != std::string_view::npos && dot > 0) file = file.substr(0, dot);
    return std::string(file);
}

}  // namespace

const ScenarioBody* Scenario::find_scenario(std::string_view wanted) const noexcept {
    const auto at =
        std::find_if(scenarios.begin(), scenarios.end(), [&](const ScenarioBody& body) { return body.name == wanted; });
    return at == scenarios.end() ? nullptr : &*at;
}

SourceError error_at(const Scenario& where, SourcePos pos, std::string text, std::string hint) {
    return yaml::error_at({where.file, where.lines}, pos, std::move(text), std::move(hint));
}

bool holds(const Threshold& t, double found) noexcept {
    if (found != found) return false;  // not a number: != would hold
    switch (t.op) {
        case Threshold::Op::less:
            return found < t.amount;
        case Threshold::Op::less_equal:
            return found <= t.amount;
        case Threshold::Op::greater:
            return found > t.amount;
        case Threshold::Op::greater_equal:
            return found >= t.amount;
        case Threshold::Op::equal:
            return found == t.amount;
        case Threshold::Op::not_equal:
            return found != t.amount;
    }
    return false;
}

LoadResult load_scenario(std::string_view text, std::string file, const Variables::Scope& env,
                         const Variables::Scope& overrides) {
    LoadResult out;
    Scenario& s = out.scenario;
    s.file = std::move(file);
    s.name = stem_of(s.file);
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    if (text.size() <= yaml::max_text_bytes) s.lines = yaml::split_lines(text);

    yaml::YamlTree tree = yaml::read_yaml(text, "scenario");
    const auto add_yaml_errors = [&](Reader& reader) {
        for (auto& e : tree.errors) reader.error(e.pos, std::move(e.text), std::move(e.hint));
    };
    if (!tree.usable || tree.root.kind != Node::Kind::map) {
        Reader reader(s, Variables{});
        add_yaml_errors(reader);
        if (tree.usable && tree.root.kind == Node::Kind::null)
            reader.error({}, "the file is empty", "begin with `version: 1`; see volley-scenario(5)");
        else if (tree.usable)
            reader.error(tree.root.pos(), std::string("a scenario is a map, not ") + yaml::kind_name(tree.root.kind),
                         "begin with `version: 1`; see volley-scenario(5)");
        out.errors = reader.take_errors();
        return out;
    }
    // Variables come first, wherever they stand, since typed keys may use them.
    Reader first(s, Variables{});
    for (const auto& [key, value] : tree.root.entries)
        if (key.text == "variables" && value.kind != Node::Kind::null) s.variables = read_variables(first, value);
    Reader reader(s, static_variables(s, env, overrides));
    add_yaml_errors(reader);
    read_all(s, tree.root, reader);
    for (auto& e : first.take_errors()) reader.error(e.pos, std::move(e.text), std::move(e.hint));
    s.names_used_at_load = reader.used_names();
    out.errors = reader.take_errors();
    return out;
}

}  // namespace volley::scenario
