// `servers:`: ours, somebody's command, or one that already runs.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/limits.hpp"
#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

/// `coroutine`, `serial`, `pool:W` with W from 1 to most_workers.
bool is_builtin_kind(std::string_view kind) {
    if (kind == "coroutine" || kind == "serial") return true;
    if (!kind.starts_with("pool:")) return false;
    kind.remove_prefix(5);
    unsigned workers = 0;
    const auto [end, ec] = std::from_chars(kind.data(), kind.data() + kind.size(), workers);
    return ec == std::errc{} && end == kind.data() + kind.size() && kind[0] != '0' && workers <= most_workers;
}

std::optional<Ready> read_ready(Reader& reader, const Node& node) {
    constexpr auto example = "ready: { get: /ping, status: 200, timeout: 20s }, { tcp: true } or { log: \"text\" }"sv;
    if (!reader.is_map(node, "ready", example)) return std::nullopt;
    static constexpr std::array known{"get"sv, "status"sv, "tcp"sv, "log"sv, "timeout"sv};
    static constexpr std::array ways{"get"sv, "tcp"sv, "log"sv};
    const Keys keys(reader, node, "ready", known);
    const auto given = keys.among(ways);
    if (given.size() != 1) {
        reader.error(given.empty() ? node.pos() : keys.key_pos(given[1]), "`ready` takes one of get, tcp and log",
                     std::string("write ") + std::string(example));
        return std::nullopt;
    }
    Ready out;
    if (const Node* n = keys.find("get")) {
        out.kind = Ready::Kind::http;
        if (const Value* v = reader.scalar(*n, "get")) {
            if (!v->has_template && !v->text.starts_with('/'))
                reader.error(v->pos, "`get` is not a path: " + in_quotes(v->text), "begin it with /");
            out.get = *v;
        }
    }
    if (const Node* n = keys.find("status")) {
        out.status = static_cast<int>(reader.count(*n, "status", 100, 599).value_or(200));
        if (!keys.has("get"))
            reader.error(keys.key_pos("status"), "`status` belongs to `get`", "remove it, or write `get: /path`");
    }
    if (const Node* n = keys.find("tcp"))
        if (reader.boolean(*n, "tcp") == false)
            reader.error(n->pos(), "`tcp: false` says nothing", "write `tcp: true`, `get: /path` or `log: text`");
    if (const Node* n = keys.find("log")) {
        out.kind = Ready::Kind::log;
        if (const Value* v = reader.scalar(*n, "log")) {
            if (v->text.empty())
                reader.error(v->pos, "`log` is an empty text, which any line contains",
                             "write a part of the line that says that it is ready");
            out.log = *v;
        }
    }
    if (const Node* n = keys.find("timeout")) out.timeout = reader.duration(*n, "timeout", 1ms, 1h).value_or(out.timeout);
    return out;
}

void read_stop(Reader& reader, const Node& node, ServerSpec& out) {
    if (!reader.is_map(node, "stop", "stop: { signal: TERM, grace: 5s }")) return;
    static constexpr std::array known{"signal"sv, "grace"sv};
    static constexpr std::array signals{"TERM"sv, "INT"sv, "QUIT"sv, "HUP"sv, "KILL"sv, "USR1"sv, "USR2"sv};
    const Keys keys(reader, node, "stop", known);
    if (const Node* n = keys.find("signal"))
        if (auto name = reader.text(*n, "signal")) {
            if (name->starts_with("SIG")) name->erase(0, 3);
            if (std::find(signals.begin(), signals.end(), *name) != signals.end())
                out.stop_signal = *name;
            else
                reader.error(n->pos(), "unknown signal " + in_quotes(*name), suggest(*name, signals, "signals"));
        }
    if (const Node* n = keys.find("grace")) out.stop_grace = reader.duration(*n, "grace", 0ms, 1h).value_or(out.stop_grace);
}

void read_command(Reader& reader, const Keys& keys, ServerSpec& out) {
    if (const Node* n = keys.find("command");
        n && reader.is_list(*n, "command", "command: [program, \"--port\", \"{{ port }}\"] (no shell is used)")) {
        if (n->items.empty()) reader.error(n->pos(), "`command` is empty", "write the program and its arguments");
        for (const auto& item : n->items)
            if (const Value* v = reader.scalar(item, "command")) out.command.push_back(*v);
    }
    if (const Node* n = keys.find("cwd"))
        if (const Value* v = reader.scalar(*n, "cwd")) out.cwd = *v;
    if (const Node* n = keys.find("env")) {
        out.env = read_pairs(reader, *n, "env", "env: { NAME: value }");
        for (const auto& [name, value] : out.env)
            if (name.empty() || name.find('=') != std::string::npos)
                reader.error(value.pos, "not a name of the environment: " + in_quotes(name), "letters, digits and `_`");
    }
    if (const Node* n = keys.find("ready")) out.ready = read_ready(reader, *n);
    if (const Node* n = keys.find("stop")) read_stop(reader, *n, out);
    // A command that is not told the port listens somewhere else, and would only be found out by the readiness timeout.
    const auto tells_port = [](const Value& v) { return v.has_template && v.text.find("port") != std::string::npos; };
    const bool told = std::any_of(out.command.begin(), out.command.end(), tells_port) ||
                      std::any_of(out.env.begin(), out.env.end(), [&](const auto& e) { return tells_port(e.second); });
    if (!out.command.empty() && !told)
        reader.error(out.command.front().pos, "the command is not told its port",
                     "hand it on: [..., --port, \"{{ port }}\"] or env: { PORT: \"{{ port }}\" }");
}

std::optional<ServerSpec> read_server(Reader& reader, const Value& name, const Node& node) {
    constexpr auto example = "{ builtin: coroutine }, { command: [...] } or { url: \"http://...\" }"sv;
    if (node.kind == Node::Kind::scalar && is_builtin_kind(node.value.text)) {
        reader.error(node.pos(), "a server is a map, not a text",
                     "write { builtin: " +
                         (node.value.text.find(':') == std::string::npos ? node.value.text : '"' + node.value.text + '"') + " }");
        return std::nullopt;
    }
    if (!reader.is_map(node, name.text, example)) return std::nullopt;
    static constexpr std::array known{"builtin"sv, "command"sv, "url"sv, "cwd"sv, "env"sv, "ready"sv, "stop"sv};
    static constexpr std::array later{LaterKey{"sample", ""}, LaterKey{"fault", ""}};
    static constexpr std::array kinds{"builtin"sv, "command"sv, "url"sv};
    static constexpr std::array of_command{"cwd"sv, "env"sv, "ready"sv, "stop"sv};
    const Keys keys(reader, node, "a server", known, later);
    ServerSpec out;
    out.name = name.text;
    out.pos = name.pos;
    const auto given = keys.among(kinds);
    if (given.size() != 1) {
        reader.error(given.empty() ? name.pos : keys.key_pos(given[1]), "a server takes one of builtin, command and url",
                     "write " + std::string(example));
        return std::nullopt;
    }
    if (given[0] != "command")
        for (const auto key : keys.among(of_command))
            reader.error(keys.key_pos(key), in_quotes(key) + " belongs to `command`", "remove it");
    if (given[0] == "command") {
        out.kind = ServerSpec::Kind::command;
        read_command(reader, keys, out);
    } else if (given[0] == "url") {
        out.kind = ServerSpec::Kind::url;
        if (const Node* n = keys.find("url"))
            if (const Value* v = reader.scalar(*n, "url")) {
                if (!v->has_template && !v->text.starts_with("http://") && !v->text.starts_with("https://"))
                    reader.error(v->pos, "`url` is not an address: " + in_quotes(v->text), "begin it with http:// or https://");
                out.url = *v;
            }
    } else if (const Node* n = keys.find("builtin")) {
        if (const Value* v = reader.scalar(*n, "builtin")) {
            static constexpr std::array servers{"coroutine"sv, "serial"sv, "pool:4"sv};
            if (!v->has_template && !is_builtin_kind(v->text)) {
                const bool pool = v->text.starts_with("pool");
                reader.error(v->pos, "unknown built-in server " + in_quotes(v->text),
                             pool ? "write pool:4, with 1 to " + std::to_string(most_workers) + " workers"
                                  : suggest(v->text, servers, "built-in servers"));
            }
            out.builtin = *v;
        }
    }
    return out;
}

}  // namespace

std::vector<ServerSpec> read_servers(Reader& reader, const Node& node) {
    std::vector<ServerSpec> out;
    if (!reader.is_map(node, "servers", "servers: { ours: { builtin: coroutine } }")) return out;
    if (node.entries.empty()) reader.error(node.pos(), "`servers` is empty", "remove it, or name a server");
    for (const auto& [name, value] : node.entries) {
        reader.name(name, "server");
        if (value.kind == Node::Kind::null) {
            reader.error(name.pos, in_quotes(name.text) + " is empty",
                         "write { builtin: coroutine }, { command: [...] } or { url: \"http://...\" }");
            continue;
        }
        // Kept under its name even when something in it is wrong, so that thresholds which name it are not reported too.
        auto server = read_server(reader, name, value);
        if (!server) {
            server.emplace();
            server->name = name.text;
            server->pos = name.pos;
        }
        out.push_back(std::move(*server));
    }
    return out;
}

}  // namespace volley::scenario
