// Pages with holes: `{{ name }}`, `{% if %}`, `{% for %}`, `{# #}`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <volley/error.hpp>

#include "pages/value.hpp"

namespace volley::pages {

inline constexpr std::size_t max_page_bytes = 1 << 20;    ///< of a template
inline constexpr std::size_t max_page_depth = 32;         ///< of `if` and `for` within each other
inline constexpr std::size_t max_output_bytes = 4 << 20;  ///< of one answer
inline constexpr std::size_t max_iterations = 100'000;    ///< of all loops of one answer together

/// A name with its filters: `with.a.b | default('x') | safe`.
struct Expression {
    enum class Root { with, loop, method, path, query, params, headers } root = Root::with;
    std::vector<std::string> path;  ///< what follows the root; for `with` and `loop` the first part is the name itself
    std::optional<std::string> fallback;
    bool safe = false;
    bool negated = false;  ///< `if not`
    SourcePos pos;
};

/// One piece of a page.
struct Piece {
    enum class Kind { text, output, condition, loop } kind = Kind::text;
    std::string text;  ///< literal text; the name of the loop's variable
    Expression expression;
    std::vector<Piece> body;
    std::vector<Piece> otherwise;  ///< behind `else`
    SourcePos pos;
};

/// A page that was read. Names of `with:` are looked up in the map that it was parsed with.
struct Template {
    std::string file;
    std::vector<std::string> lines;
    std::vector<Piece> pieces;
    Value with;
};

struct ParsedTemplate {
    Template page;
    std::vector<SourceError> errors;  ///< all of them; the page is of use only where there are none
};

/// Reads a page. Names that nothing can stand for are errors, as are values where escaping is no protection: in a script, in a tag, in an
/// attribute without quotes; and `safe` for what comes from the request. Throws: nothing, for any input.
[[nodiscard]] ParsedTemplate parse_template(std::string_view text, std::string file, Value with);

/// The page for one request; what names stand for is escaped and never read as a template. Errors: a bound that is reached.
[[nodiscard]] std::variant<std::string, SourceError> render(const Template& page, const RequestNames& request);

}  // namespace volley::pages
