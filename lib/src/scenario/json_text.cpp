// The JSON of a request, out of what the scenario says.
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include "scenario/json_path.hpp"
#include "scenario/template.hpp"

namespace volley::scenario {
namespace {

struct Writer {
    const Variables& variables;
    const Scenario& where;
    std::string out;
    std::optional<SourceError> error;

    void text(std::string_view t) {
        out += boost::json::serialize(boost::json::value(boost::json::string_view(t.data(), t.size())));
    }

    void scalar(const Value& value) {
        auto expanded = expand(value, variables, where);
        if (auto* bad = std::get_if<SourceError>(&expanded)) {
            error = std::move(*bad);
            return;
        }
        const auto& t = std::get<std::string>(expanded);
        bool plain = !value.quoted;
        bool number = false;
        if (value.is_text)
            plain = false;
        else if (value.has_template) {
            const auto ref = only_reference(value.text);
            if (ref) plain = !ref->as_string && (ref->from_env || !variables.is_text(ref->name));
            number = ref && !ref->from_env && variables.is_number(ref->name);
        }
        if (plain && (t == "true" || t == "false" || t == "null" || number || is_json_number(t)))
            out += t;
        else
            text(t);
    }

    void node(const JsonNode& n) {
        if (error) return;
        if (const auto* value = std::get_if<Value>(&n.node)) {
            scalar(*value);
        } else if (const auto* object = std::get_if<JsonObject>(&n.node)) {
            out += '{';
            for (bool first = true; const auto& [key, member] : *object) {
                if (!first) out += ", ";
                first = false;
                auto name = expand(key, variables, where);
                if (auto* bad = std::get_if<SourceError>(&name)) {
                    error = std::move(*bad);
                    return;
                }
                text(std::get<std::string>(name));
                out += ": ";
                node(member);
            }
            out += '}';
        } else if (const auto* array = std::get_if<JsonArray>(&n.node)) {
            out += '[';
            for (bool first = true; const auto& item : *array) {
                if (!first) out += ", ";
                first = false;
                node(item);
            }
            out += ']';
        }
    }
};

}  // namespace

std::variant<std::string, SourceError> to_json_text(const JsonNode& node, const Variables& variables, const Scenario& where) {
    Writer writer{variables, where, {}, {}};
    writer.node(node);
    if (writer.error) return std::move(*writer.error);
    return std::move(writer.out);
}

}  // namespace volley::scenario
