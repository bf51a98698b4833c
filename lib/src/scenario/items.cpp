// HTTPie's request items, as far as a scenario needs them.
#include <algorithm>

#include <boost/json.hpp>

#include <volley/http/message.hpp>

#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

enum class Separator { header, empty_header, json, query, data, file, none };

struct Split {
    Separator separator = Separator::none;
    std::string name;       ///< backslashes removed
    std::size_t value = 0;  ///< where the value begins
    std::string sign;
};

/// The first separator that is not behind a backslash; of two at one place the longer. Source: HTTPie, cli/argtypes.py
Split split_item(std::string_view text) {
    static constexpr std::pair<std::string_view, Separator> signs[] = {
        {":=@", Separator::file}, {"=@", Separator::file},        {":@", Separator::file}, {"==@", Separator::file},
        {":=", Separator::json},  {"==", Separator::query},       {"=", Separator::data},  {"@", Separator::file},
        {":", Separator::header}, {";", Separator::empty_header},
    };
    Split out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && std::string_view("=:@;\\").find(text[i + 1]) != std::string_view::npos) {
            out.name += text[++i];
            continue;
        }
        std::string_view longest;
        for (const auto& [sign, separator] : signs)
            if (text.substr(i, sign.size()) == sign && sign.size() > longest.size()) {
                if (separator == Separator::empty_header && i + 1 != text.size()) continue;  // only at the end
                longest = sign;
                out.separator = separator;
            }
        if (!longest.empty()) {
            out.value = i + longest.size();
            out.sign = longest;
            return out;
        }
        out.name += text[i];
    }
    return out;
}

JsonNode to_node(const boost::json::value& value, SourcePos pos) {
    JsonNode out;
    if (const auto* object = value.if_object()) {
        JsonObject members;
        for (const auto& [key, member] : *object)
            members.push_back({Value{std::string(key), pos, true, false}, to_node(member, pos)});
        out.node = std::move(members);
    } else if (const auto* array = value.if_array()) {
        JsonArray items;
        for (const auto& item : *array) items.push_back(to_node(item, pos));
        out.node = std::move(items);
    } else if (const auto* string = value.if_string()) {
        const std::string text(string->begin(), string->end());
        out.node = Value{text, pos, true, text.find("{{") != std::string::npos};
    } else {
        out.node = Value{boost::json::serialize(value), pos, false, false};
    }
    return out;
}

}  // namespace

void add_item(Reader& reader, const Value& source, Step& step, bool as_form) {
    const std::string_view text = source.text;
    const auto item = split_item(text);
    const auto value_of = [&](bool quoted_text) {
        Value value;
        value.text = std::string(text.substr(item.value));
        value.pos = source.pos;
        value.quoted = quoted_text;
        value.has_template = value.text.find("{{") != std::string::npos;
        return value;
    };
    const auto refuse = [&](std::string what, std::string hint) { reader.error(source.pos, std::move(what), std::move(hint)); };
    if (item.separator == Separator::none)
        return refuse("not a request item: " + in_quotes(text), "write name=text, name:=json, name==query or Header:value");
    if (item.separator == Separator::file)
        return refuse("items with files (" + item.sign + ") are not supported by this version", "write the value itself");
    if (item.name.empty()) return refuse("an item without a name: " + in_quotes(text), "write a name before " + item.sign);
    if (item.separator == Separator::query) {
        step.query.emplace_back(item.name, value_of(true));
        return;
    }
    if (item.separator == Separator::header || item.separator == Separator::empty_header) {
        Value value = value_of(true);
        value.text = std::string(trim_space(value.text));
        if (item.separator == Separator::header && value.text.empty())
            return refuse("a header without a value: " + in_quotes(text), "write `Header:value`, or `Header;` for an empty one");
        if (!http::is_token(item.name)) return refuse("not a header name: " + in_quotes(item.name), "letters, digits and `-`");
        if (!value.has_template && !http::is_valid_field(item.name, value.text))
            return refuse("the header " + in_quotes(item.name) + " holds a control character", "write it on one line");
        step.headers.emplace_back(item.name, std::move(value));
        return;
    }
    if (as_form) {
        if (item.separator == Separator::json) return refuse("`:=` is for JSON, but the request has `form`", "write name=text");
        step.form.emplace_back(item.name, value_of(true));
        return;
    }
    if (item.name.find('[') != std::string::npos)
        return refuse("nested keys in items are not supported by this version: " + in_quotes(item.name),
                      "write the object under `json`");
    if (!step.json) step.json.emplace(JsonNode{JsonObject{}});
    auto* object = std::get_if<JsonObject>(&step.json->node);
    if (!object) return refuse("an item cannot be added to `json` that is not an object", "write `json` as a map");
    if (std::any_of(object->begin(), object->end(), [&](const auto& member) { return member.name.text == item.name; }))
        return refuse("the key " + in_quotes(item.name) + " is given twice", "remove one of them");
    const Value key{item.name, source.pos, true, false};
    if (item.separator == Separator::data) {
        Value value = value_of(true);
        value.is_text = true;  // behind a single `=`, whatever a template yields
        object->push_back({key, JsonNode{std::move(value)}});
        return;
    }
    const Value value = value_of(false);
    if (value.has_template) {
        object->push_back({key, JsonNode{value}});
        return;
    }
    boost::system::error_code bad;
    const auto parsed = boost::json::parse(value.text, bad);
    if (bad) return refuse("not JSON behind `:=`: " + in_quotes(value.text), "write name=text for a text, or name:='\"text\"'");
    // A number keeps its digits: Boost.JSON would print 0.2 as 2E-1.
    if (parsed.is_primitive() && !parsed.is_string()) {
        Value plain = value;
        plain.text = std::string(trim_space(plain.text));
        object->push_back({key, JsonNode{std::move(plain)}});
        return;
    }
    object->push_back({key, to_node(parsed, source.pos)});
}

}  // namespace volley::scenario
