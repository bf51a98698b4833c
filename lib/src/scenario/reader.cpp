#include "scenario/reader.hpp"

#include <algorithm>

#include "scenario/template.hpp"

namespace volley::scenario {

std::optional<std::string> Reader::text(const Node& node, std::string_view what) {
    const Value* value = scalar(node, what);
    if (!value) return std::nullopt;
    if (!value->has_template) return value->text;
    if (auto parsed = parse_template(value->text); auto* parts = std::get_if<std::vector<TemplatePart>>(&parsed))
        for (auto& part : *parts)
            if (auto* ref = std::get_if<TemplateRef>(&part); ref && !ref->from_env) used_names_.insert(std::move(ref->name));
    auto expanded = expand(*value, variables_, scenario_);
    if (auto* bad = std::get_if<SourceError>(&expanded)) {
        add(std::move(*bad));
        return std::nullopt;
    }
    return std::get<std::string>(std::move(expanded));
}

std::optional<std::size_t> Reader::word(const Node& node, std::string_view what, std::span<const std::string_view> words) {
    const auto given = text(node, what);
    if (!given) return std::nullopt;
    const auto at = std::ranges::find(words, *given);
    if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
    error(node.pos(), "unknown " + in_quotes(what) + ": " + in_quotes(*given),
          suggest(*given, words, "write " + join_words(words, "or") + "; words"));
    return std::nullopt;
}

}  // namespace volley::scenario
