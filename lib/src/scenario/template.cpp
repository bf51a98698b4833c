#include "scenario/template.hpp"

#include <algorithm>

#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

constexpr std::size_t max_expanded = 1 << 20;

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// Reads what stands between `{{` and `}}`; `at` is left behind the `}}`.
struct RefParser {
    std::string_view text;
    std::size_t at;
    std::optional<TemplateError> error;

    void skip() {
        while (at < text.size() && is_space(text[at])) ++at;
    }
    bool eat(std::string_view token) {
        if (text.substr(at, token.size()) != token) return false;
        at += token.size();
        return true;
    }
    std::string_view word() {
        const auto start = at;
        while (at < text.size() && is_name_char(text[at])) ++at;
        return text.substr(start, at - start);
    }
    void fail(std::size_t where, std::string what, std::string hint) {
        if (!error) error = TemplateError{where, std::move(what), std::move(hint)};
    }
    std::optional<std::string> literal() {
        if (at >= text.size() || (text[at] != '\'' && text[at] != '"')) return std::nullopt;
        const auto end = text.find(text[at], at + 1);
        if (end == std::string_view::npos) return std::nullopt;
        std::string out(text.substr(at + 1, end - at - 1));
        at = end + 1;
        return out;
    }

    void filter(TemplateRef& ref) {
        skip();
        const auto start = at;
        const auto name = word();
        if (name == "string") {
            ref.as_string = true;
            return;
        }
        if (name != "default") {
            constexpr std::string_view filters[] = {"default", "string"};
            fail(start, name.empty() ? "a filter is missing behind `|`" : "unknown filter " + in_quotes(name),
                 suggest(name, filters, "filters"));
            return;
        }
        skip();
        bool good = eat("(");
        skip();
        auto value = good ? literal() : std::nullopt;
        skip();
        good = good && value && eat(")");
        if (!good)
            fail(start, "`default` takes one text in quotes", "write default('text')");
        else
            ref.fallback = std::move(value);
    }

    TemplatePart read() {
        const auto open = at - 2;
        skip();
        if (auto text_value = literal()) {  // {{ '{{' }} is how two braces are written
            skip();
            if (!eat("}}")) fail(open, "this `{{` has no `}}`", "close it with }}");
            return *text_value;
        }
        TemplateRef ref;
        ref.offset = at;
        ref.name = word();
        if (ref.name.empty()) {
            fail(at < text.size() ? at : open, "a name is missing in `{{ }}`",
                 "write {{ name }}; two braces as text are {{ '{{' }}");
            return ref;
        }
        if (ref.name.starts_with("env.")) {
            ref.from_env = true;
            ref.name.erase(0, 4);
        }
        for (;;) {
            skip();
            if (error) return ref;
            if (eat("}}")) return ref;
            if (eat("|")) {
                filter(ref);
                continue;
            }
            if (at >= text.size() || text.find("}}", at) == std::string_view::npos)
                fail(open, "this `{{` has no `}}`", "close it with }}");
            else
                fail(at, "unexpected " + in_quotes(text.substr(at, 1)) + " in a template",
                     "write {{ name }} or {{ name | default('text') }}");
            return ref;
        }
    }
};

}  // namespace

std::variant<std::vector<TemplatePart>, TemplateError> parse_template(std::string_view text) {
    std::vector<TemplatePart> parts;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto open = text.find("{{", at);
        if (open != at) parts.emplace_back(std::string(text.substr(at, open == std::string_view::npos ? open : open - at)));
        if (open == std::string_view::npos) break;
        RefParser parser{text, open + 2, std::nullopt};
        auto part = parser.read();
        if (parser.error) return *parser.error;
        parts.push_back(std::move(part));
        at = parser.at;
    }
    return parts;
}

std::optional<TemplateRef> only_reference(std::string_view text) {
    auto parsed = parse_template(trim_space(text));
    const auto* parts = std::get_if<std::vector<TemplatePart>>(&parsed);
    if (!parts || parts->size() != 1) return std::nullopt;
    if (const auto* ref = std::get_if<TemplateRef>(&parts->front())) return *ref;
    return std::nullopt;
}

std::variant<std::string, SourceError> expand(const Value& value, const Variables& variables, const Scenario& where) {
    if (value.text.find("{{") == std::string::npos) return value.text;
    auto parsed = parse_template(value.text);
    if (auto* bad = std::get_if<TemplateError>(&parsed))
        return error_at(where, yaml::pos_within({where.file, where.lines}, value, bad->offset), std::move(bad->text),
                        std::move(bad->hint));
    std::string out;
    for (auto& part : std::get<std::vector<TemplatePart>>(parsed)) {
        if (auto* literal = std::get_if<std::string>(&part)) {
            out += *literal;
        } else {
            const auto& ref = std::get<TemplateRef>(part);
            const std::string* found = ref.from_env ? variables.find_env(ref.name) : variables.find(ref.name);
            if (found) {
                out += *found;
            } else if (!ref.from_env && std::ranges::find(request_names, ref.name) != request_names.end()) {
                // A fallback would hide that it never has a value here.
                return error_at(where, yaml::pos_within({where.file, where.lines}, value, ref.offset),
                                in_quotes(ref.name) + " has no value here: it differs from one request to the next",
                                "it may stand in the URL, query, headers, form, json and body of a step");
            } else if (ref.fallback) {
                out += *ref.fallback;
            } else if (ref.from_env) {
                return error_at(where, yaml::pos_within({where.file, where.lines}, value, ref.offset),
                                "the environment has no variable " + in_quotes(ref.name),
                                "set it, or give a default: {{ env." + ref.name + " | default('text') }}");
            } else {
                auto known = variables.names();
                std::string hint =
                    known.empty() ? "define it under `variables:` or with -e" : suggest(ref.name, known, "defined here");
                return error_at(where, yaml::pos_within({where.file, where.lines}, value, ref.offset),
                                "undefined variable " + in_quotes(ref.name), std::move(hint));
            }
        }
        if (out.size() > max_expanded)
            return error_at(where, value.pos, "this text grows over 1 MiB when its templates are replaced",
                            "make the variables shorter");
    }
    return out;
}

}  // namespace volley::scenario
