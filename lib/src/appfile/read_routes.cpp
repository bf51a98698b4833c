// `routes:`: paths, views and what each view takes.
#include <algorithm>
#include <array>
#include <map>

#include <volley/http/message.hpp>

#include "appfile/read.hpp"
#include "yaml/words.hpp"

namespace volley::appfile {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using yaml::in_quotes;
using yaml::Keys;
using yaml::Node;
using yaml::Reader;
using View = Route::View;

/// A view's word, what it takes, and an example where it cannot do without.
struct ViewRow {
    View view;
    std::string_view word;
    std::vector<std::string_view> keys;
    std::string_view required;
    std::string_view example;
};

const std::vector<ViewRow>& views() {
    static const std::vector<ViewRow> rows{
        {View::sleep, "sleep", {"s"}, "", ""},
        {View::echo, "echo", {}, "", ""},
        {View::ping, "ping", {}, "", ""},
        {View::inflight, "inflight", {}, "", ""},
        {View::page, "page", {"file", "with"}, "file", "{ view: page, file: about.html }"},
        {View::static_files, "static", {"root"}, "root", "{ view: static, root: public }"},
        {View::file, "file", {"file"}, "file", "{ view: file, file: logo.png }"},
        {View::redirect, "redirect", {"to", "status"}, "to", "{ view: redirect, to: /offer }"},
        {View::status, "status", {"code"}, "code", "{ view: status, code: 418 }"},
        {View::bytes, "bytes", {"n"}, "n", "{ view: bytes, n: 64KiB }"},
        {View::ticks, "ticks", {"n", "every"}, "", ""},
        {View::fanout, "fanout", {"n", "path"}, "path", "{ view: fanout, n: 5, path: \"/offer?s=0.2\" }"},
        {View::whip, "whip", {}, "", ""},
    };
    return rows;
}

const ViewRow* find_view(std::string_view word) {
    const auto& rows = views();
    const auto at = std::find_if(rows.begin(), rows.end(), [&](const ViewRow& row) { return row.word == word; });
    return at == rows.end() ? nullptr : &*at;
}

std::vector<std::string_view> view_words() {
    std::vector<std::string_view> words;
    for (const ViewRow& row : views()) words.push_back(row.word);
    return words;
}

std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> segments;
    for (;;) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

/// What is wrong with a path, if something is.
bool check_path(Reader& reader, const Value& key) {
    const std::string_view path = key.text;
    const std::string shown = in_quotes(path);
    const auto refuse = [&](std::string text, std::string hint) {
        reader.error(key.pos, std::move(text), std::move(hint));
        return false;
    };
    if (!path.starts_with('/')) return refuse("a path begins with `/`: " + shown, "write /" + std::string(path.substr(0, 60)));
    if (path.find_first_of("?#") != std::string_view::npos)
        return refuse("a path has no `?` and no `#`: " + shown, "a route is chosen by the path alone");
    const auto bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; };
    if (std::any_of(path.begin(), path.end(), bad))
        return refuse("a path holds no blank and no backslash: " + shown, "write %20 for a blank");
    std::vector<std::string_view> names;
    bool tail = false;
    for (std::string_view segment : split_path(path.substr(1))) {
        if (tail) return refuse("`{name...}` stands at the end only: " + shown, "write {name} for one segment");
        if (segment == "." || segment == "..") return refuse("a path does not climb: " + shown, "write the path itself");
        const bool is_param = segment.starts_with('{') && segment.ends_with('}') && segment.size() >= 2;
        if (is_param) segment = segment.substr(1, segment.size() - 2);
        tail = is_param && segment.ends_with("...");
        if (tail) segment.remove_suffix(3);
        if (segment.find_first_of("{}") != std::string_view::npos)
            return refuse("a parameter is a whole segment: " + shown, "write /{name}/, not a part of it");
        if (!is_param) continue;
        if (segment.empty()) return refuse("a parameter has a name: " + shown, "write {name}");
        if (std::find(names.begin(), names.end(), segment) != names.end())
            return refuse("two parameters have the same name: " + shown, "rename one of them");
        names.push_back(segment);
    }
    return true;
}

pages::Value read_value(Reader& reader, const Node& node, std::string_view what) {
    pages::Value out{std::string()};
    switch (node.kind) {
        case Node::Kind::null:
            reader.error(node.pos(), in_quotes(what) + " is empty",
                         "write a value; quote a text that holds a comma; an empty text is \"\"");
            break;
        case Node::Kind::scalar:
            out.node = node.value.text;
            break;
        case Node::Kind::sequence: {
            pages::List list;
            for (const Node& item : node.items) list.push_back(read_value(reader, item, what));
            out.node = std::move(list);
            break;
        }
        case Node::Kind::map: {
            pages::Map map;
            for (const auto& [key, value] : node.entries) map.push_back({key.text, read_value(reader, value, key.text)});
            out.node = std::move(map);
            break;
        }
    }
    return out;
}

void read_with(Reader& reader, const Node& node, Route& out) {
    static constexpr std::array taken{"method"sv, "path"sv, "query"sv, "params"sv, "headers"sv};
    if (!reader.is_map(node, "with", "with: { title: About }")) return;
    const auto start = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto good = [&](char c) { return start(c) || (c >= '0' && c <= '9') || c == '-'; };
    for (const auto& entry : node.entries) {
        const std::string& key = entry.key.text;
        if (std::find(taken.begin(), taken.end(), key) != taken.end())
            reader.error(entry.key.pos, "the name " + in_quotes(key) + " is taken",
                         "it stands for a part of the request: choose another");
        else if (key.empty() || !start(key[0]) || !std::all_of(key.begin(), key.end(), good))
            reader.error(entry.key.pos, "not a name for a page: " + in_quotes(key),
                         "a letter, then letters, digits, `_` and `-`");
    }
    out.with = read_value(reader, node, "with");
}

void read_methods(Reader& reader, const Node& node, Route& out) {
    static constexpr std::array known{"GET"sv, "HEAD"sv, "POST"sv, "PUT"sv, "PATCH"sv, "DELETE"sv, "OPTIONS"sv};
    const auto take = [&](const Node& item) {
        const Value* v = reader.scalar(item, "methods");
        if (v == nullptr) return;
        std::string upper = v->text;
        for (char& c : upper)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        if (std::find(known.begin(), known.end(), v->text) == known.end())
            reader.error(v->pos, "unknown method " + in_quotes(v->text),
                         std::find(known.begin(), known.end(), upper) != known.end()
                             ? "methods are written in capitals: " + upper
                             : yaml::suggest(upper, std::span<const std::string_view>(known), "methods"));
        else if (std::find(out.methods.begin(), out.methods.end(), v->text) != out.methods.end())
            reader.error(v->pos, "the method " + v->text + " is given twice", "remove one of them");
        else
            out.methods.push_back(v->text);
    };
    if (node.kind == Node::Kind::scalar) return take(node);
    if (!reader.is_list(node, "methods", "methods: [GET, POST]")) return;
    if (node.items.empty()) reader.error(node.pos(), "`methods` is an empty list", "name one, or remove the key");
    for (const Node& item : node.items) take(item);
}

void read_faults(Reader& reader, const Node& node, Route& out) {
    const bool sleeps = out.view == View::sleep;
    const bool streams =
        out.view == View::ticks || out.view == View::bytes || out.view == View::static_files || out.view == View::file;
    const auto take = [&](const Node& item) {
        const Value* v = reader.scalar(item, "fault");
        if (v == nullptr) return;
        if (const auto wrong = add_fault(v->text, out.faults)) return reader.error(v->pos, wrong->text, wrong->hint);
        const std::string_view word = std::string_view(v->text).substr(0, v->text.find(':'));
        if (is_of_sleep(word) && !sleeps)
            reader.error(v->pos, "the fault " + in_quotes(word) + " is for `view: sleep`", "a sleep is what it changes");
        if (word == "buffer" && !streams)
            reader.error(v->pos, "the fault `buffer` is for views that stream", "those are ticks, bytes, static and file");
        if (word == "buffer" && out.view == View::bytes && out.n > most_buffered)
            reader.error(v->pos, "`buffer` holds at most 64MiB", "ask for fewer bytes");
    };
    if (node.kind == Node::Kind::scalar) return take(node);
    if (!reader.is_list(node, "fault", "fault: [lock, fail:1%]")) return;
    for (const Node& item : node.items) take(item);
}

void read_view(Reader& reader, const Keys& keys, Route& out) {
    const auto scalar = [&](std::string_view key) -> const Value* {
        const Node* n = keys.find(key);
        return n == nullptr ? nullptr : reader.scalar(*n, key);
    };
    const auto path_of = [&](std::string_view key) {
        const Value* v = scalar(key);
        if (v == nullptr) return;
        if (v->text.empty()) reader.error(v->pos, in_quotes(key) + " is an empty text", "name a file");
        out.file = *v;
    };
    switch (out.view) {
        case View::sleep:
            if (const Node* n = keys.find("s")) out.sleep = reader.duration(*n, "s", 0ns, longest_sleep).value_or(out.sleep);
            break;
        case View::echo:
        case View::ping:
        case View::inflight:
        case View::whip:
            break;
        case View::page:
            path_of("file");
            out.with = {pages::Map{}};
            if (const Node* n = keys.find("with")) read_with(reader, *n, out);
            break;
        case View::static_files:
            path_of("root");
            break;
        case View::file:
            path_of("file");
            break;
        case View::redirect: {
            out.status = 302;
            if (const Value* v = scalar("to")) {
                if (!v->text.starts_with('/') && !v->text.starts_with("http://") && !v->text.starts_with("https://"))
                    reader.error(v->pos, "`to` is neither a path nor an address: " + in_quotes(v->text),
                                 "begin it with / or https://");
                else if (!http::is_valid_field("Location", v->text))
                    reader.error(v->pos, "`to` holds a control character", "write it on one line");
                out.to = v->text;
            }
            static constexpr std::array<std::uint64_t, 5> known{301, 302, 303, 307, 308};
            if (const Node* n = keys.find("status"))
                if (const auto code = reader.count(*n, "status", 0, 999)) {
                    if (std::find(known.begin(), known.end(), *code) == known.end())
                        reader.error(n->pos(), std::to_string(*code) + " is not a redirect", "one of 301, 302, 303, 307 and 308");
                    out.status = static_cast<int>(*code);
                }
            break;
        }
        case View::status:
            if (const Node* n = keys.find("code"))
                out.status = static_cast<int>(reader.count(*n, "code", 200, 599).value_or(200));
            break;
        case View::bytes:
            if (const Node* n = keys.find("n")) out.n = reader.size(*n, "n", most_bytes).value_or(0);
            break;
        case View::ticks:
            out.n = 10;
            if (const Node* n = keys.find("n")) out.n = reader.count(*n, "n", 1, most_ticks).value_or(10);
            if (const Node* n = keys.find("every"))
                out.every = reader.duration(*n, "every", 0ns, longest_sleep).value_or(out.every);
            break;
        case View::fanout:
            out.n = 5;
            if (const Node* n = keys.find("n")) out.n = reader.count(*n, "n", 1, 1000).value_or(5);
            if (const Value* v = scalar("path")) {
                if (!v->text.starts_with('/'))
                    reader.error(v->pos, "`path` is not a path: " + in_quotes(v->text), "begin it with /");
                out.to = v->text;
            }
            break;
    }
}

std::optional<Route> read_route(Reader& reader, const yaml::Entry& entry) {
    Route out;
    out.path = out.pattern = out.name = entry.key.text;
    out.pos = entry.key.pos;
    const Node& node = entry.value;
    if (node.kind == Node::Kind::null) {
        reader.error(entry.key.pos, in_quotes(out.path) + " is empty", "name a view: " + out.path.substr(0, 60) + ": echo");
        return std::nullopt;
    }
    if (node.kind == Node::Kind::sequence) {
        reader.error(node.pos(), "a route is a view or a map, not a list", "write { view: sleep, s: 1s } or echo");
        return std::nullopt;
    }
    const bool is_short = node.kind == Node::Kind::scalar;
    const Value* word = nullptr;
    if (is_short) {
        word = &node.value;
    } else {
        for (const auto& [key, value] : node.entries)
            if (key.text == "view") word = reader.scalar(value, "view");
        const auto is_view = [](const auto& e) { return e.key.text == "view"; };
        if (std::none_of(node.entries.begin(), node.entries.end(), is_view)) {
            const auto slip = std::find_if(node.entries.begin(), node.entries.end(),
                                           [](const auto& e) { return yaml::edit_distance(e.key.text, "view") <= 2; });
            if (slip != node.entries.end())
                reader.error(slip->key.pos, "unknown key " + in_quotes(slip->key.text) + " in a route", "did you mean `view`?");
            else
                reader.error(node.pos(), "a route has no `view`", "write { view: sleep, s: 1s }");
        }
    }
    if (word == nullptr) return std::nullopt;
    const ViewRow* row = find_view(word->text);
    if (row == nullptr) {
        const auto words = view_words();
        reader.error(word->pos, "unknown view " + in_quotes(word->text),
                     yaml::suggest(word->text, std::span<const std::string_view>(words), "views"));
        return std::nullopt;
    }
    out.view = row->view;
    if (is_short) {
        if (!row->required.empty()) {
            reader.error(word->pos, in_quotes(row->word) + " needs " + in_quotes(row->required),
                         "write " + std::string(row->example));
            return std::nullopt;
        }
        if (out.view == View::ticks) out.n = 10;
        return out;
    }
    std::vector<std::string_view> known{"view", "methods", "name", "fault"};
    known.insert(known.begin() + 1, row->keys.begin(), row->keys.end());
    const std::string what = "`view: " + std::string(row->word) + '`';
    const Keys keys(reader, node, what, known);
    if (!row->required.empty() && !keys.has(row->required))
        reader.error(node.pos(), in_quotes(row->word) + " needs " + in_quotes(row->required),
                     "write " + std::string(row->example));
    read_view(reader, keys, out);
    if (const Node* n = keys.find("methods")) read_methods(reader, *n, out);
    if (const Node* n = keys.find("fault")) read_faults(reader, *n, out);
    if (const Node* n = keys.find("name"))
        if (const Value* v = reader.scalar(*n, "name"); v != nullptr && reader.name(*v, "route")) out.name = v->text;
    return out;
}

}  // namespace

std::string_view to_string(View view) noexcept {
    for (const ViewRow& row : views())
        if (row.view == view) return row.word;
    return "";
}

std::string shape_of(std::string_view pattern) {
    std::string out;
    for (const std::string_view segment : split_path(pattern)) {
        const bool is_param = segment.starts_with('{');
        out += '/';
        out += is_param ? (segment.ends_with("...}") ? "{...}" : "{}") : segment;
    }
    return out;
}

void read_routes(Reader& reader, const Node& node, std::vector<Route>& out) {
    if (!reader.is_map(node, "routes", "routes: { /ping: ping }")) return;
    constexpr std::size_t most = 1000;
    std::map<std::string, SourcePos> shapes, names;
    if (node.entries.empty()) reader.error(node.pos(), "`routes` is an empty map", "write at least one: /ping: ping");
    for (const yaml::Entry& entry : node.entries) {
        if (out.size() == most) {
            reader.error(entry.key.pos, "too many routes", "at most " + std::to_string(most));
            break;
        }
        const bool good_path = check_path(reader, entry.key);
        auto route = read_route(reader, entry);
        if (!good_path || !route) continue;
        if (route->view == View::whip) {
            // Its sessions have a path each, below its own; what they answer to is a matter of the protocol.
            if (route->path.find("...}") != std::string::npos || route->path.ends_with('/'))
                reader.error(route->pos, "`whip` names its sessions below its path: " + in_quotes(route->path),
                             "end it with a plain segment, such as /whip");
            if (!route->methods.empty())
                reader.error(route->pos, "`whip` has the methods of its protocol", "leave `methods` out");
            if (!route->faults.text.empty()) reader.error(route->pos, "`whip` takes no faults", "leave `fault` out");
        }
        if (route->view == View::static_files) {
            if (route->path.find("...}") != std::string::npos) {
                reader.error(route->pos, "`static` serves all that is below its path by itself: " + in_quotes(route->path),
                             "leave the {...} out");
                continue;
            }
            route->pattern += route->pattern.ends_with('/') ? "{path...}" : "/{path...}";
        }
        if (const auto [at, fresh] = shapes.emplace(shape_of(route->pattern), route->pos); !fresh)
            reader.error(route->pos,
                         in_quotes(route->path) + " matches the same paths as line " + std::to_string(at->second.line),
                         "remove one of them");
        if (route->name != route->path)
            if (const auto [at, fresh] = names.emplace(route->name, route->pos); !fresh)
                reader.error(route->pos, "the name " + in_quotes(route->name) + " is given twice",
                             "first given in line " + std::to_string(at->second.line));
        out.push_back(std::move(*route));
    }
}

}  // namespace volley::appfile
