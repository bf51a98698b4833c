// `{{ ... }}` inside a scalar, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <volley/scenario/scenario.hpp>

#include "scenario/yaml.hpp"

namespace volley::scenario {

/// One `{{ ... }}`.
struct TemplateRef {
    std::string name;  ///< `name`, `server.port`; without `env.` where `from_env`
    bool from_env = false;
    bool as_string = false;               ///< `| string`
    std::optional<std::string> fallback;  ///< `| default('x')`
    std::size_t offset = 0;               ///< of the name within the scalar's text
};
using TemplatePart = std::variant<std::string, TemplateRef>;

struct TemplateError {
    std::size_t offset = 0;
    std::string text;
    std::string hint;
};

/// Literal text and references in turn, or the first thing that is wrong.
[[nodiscard]] std::variant<std::vector<TemplatePart>, TemplateError> parse_template(std::string_view text);

/// The one reference that the text consists of, if it does.
[[nodiscard]] std::optional<TemplateRef> only_reference(std::string_view text);

}  // namespace volley::scenario
