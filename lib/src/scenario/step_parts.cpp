#include "scenario/step_parts.hpp"

#include <algorithm>

#include <volley/http/message.hpp>

namespace volley::scenario {

using namespace std::string_view_literals;

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void read_url(Reader& reader, const Node& node, std::string_view method, Step& out) {
    const Value* v = reader.scalar(node, method);
    if (!v) return;
    const auto& t = v->text;
    const bool path = t.starts_with('/') && !t.starts_with("//");
    if (has_control(t) || t.find(' ') != std::string::npos) {
        // Spaces within {{ }} are fine, and so is all that a variable holds: it is encoded when it is sent.
        bool outside = false;
        for (std::size_t i = 0, depth = 0; i < t.size(); ++i) {
            if (t.compare(i, 2, "{{") == 0) ++depth;
            if (t.compare(i, 2, "}}") == 0 && depth > 0) --depth;
            outside = outside || (depth == 0 && (t[i] == ' ' || has_control(t.substr(i, 1))));
        }
        if (outside) {
            reader.error(v->pos, "a URL with a space in it: " + in_quotes(t), "write %20, or put the text under `query`");
            return;
        }
    }
    if (!path && !t.starts_with("http://") && !t.starts_with("https://") && !t.starts_with("{{")) {
        reader.error(v->pos, "not a path or URL: " + in_quotes(t),
                     t.empty() || t.starts_with("//") ? "begin it with / or http://" : "write /" + std::string(t.substr(0, 60)));
        return;
    }
    out.url = *v;
}

std::string default_name(const std::string& method, std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
        const auto slash = url.find('/', scheme + 3);
        url = slash == std::string_view::npos ? "/"sv : url.substr(slash);
    }
    return method + ' ' + std::string(url.substr(0, url.find('?')));
}

void read_step_name(Reader& reader, const Keys& keys, Step& out) {
    if (const Node* n = keys.find("name"))
        if (const Value* v = reader.scalar(*n, "name")) {
            if (v->has_template)
                reader.error(v->pos, "`name` cannot hold a template", "it names one series of figures: write a plain text");
            else if (v->text.empty() || v->text.size() > 100 || has_control(v->text))
                reader.error(v->pos, "`name` is empty, too long or holds a control character", "1 to 100 bytes");
            else
                out.name = v->text;
        }
}

namespace {

void check_header(Reader& reader, const std::string& name, const Value& value) {
    if (!http::is_token(name))
        reader.error(value.pos, "not a header name: " + in_quotes(name), "letters, digits and `-`");
    else if (!value.has_template && !http::is_valid_field(name, value.text))
        reader.error(value.pos, "the header " + in_quotes(name) + " holds a control character", "write it on one line");
}

}  // namespace

void read_step_headers(Reader& reader, const Keys& keys, Step& out) {
    if (const Node* n = keys.find("headers")) {
        out.headers = read_pairs(reader, *n, "headers", "headers: { accept: application/json }");
        for (const auto& [name, value] : out.headers) check_header(reader, name, value);
    }
}

void read_step_checks(Reader& reader, const Keys& keys, Step& out) {
    const Node* checks = keys.find("checks");
    if (checks && reader.is_list(*checks, "checks",
                                 out.call ? "checks: [connected < 2s, lost == 0]" : "checks: [status == 200, duration < 800ms]"))
        for (const auto& item : checks->items) {
            if (item.kind == Node::Kind::map) {
                reader.error(item.pos(), "this check reads as a map", "quote it: YAML takes `: ` for a key");
                continue;
            }
            const Value* v = reader.scalar(item, "checks");
            if (!v) continue;
            if (auto check = parse_check(reader, *v, out.call.has_value())) out.checks.push_back(std::move(*check));
        }
}

}  // namespace volley::scenario
