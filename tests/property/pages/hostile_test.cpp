// Whatever a client sends, a page holds it as text; whatever a template holds, reading it ends with a page or with errors within it.
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.hpp"
#include "pages/escape.hpp"
#include "pages/template.hpp"

namespace volley::pages {
namespace {

std::string unescaped(std::string text) {
    for (const auto& [from, to] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; ++at)
            text.replace(at, std::string(from).size(), to);
    return text;
}

RC_GTEST_PROP(Hostile, escaped_bytes_hold_no_markup_and_are_utf8, (const std::string& bytes)) {
    const std::string out = escape_html(bytes);
    RC_ASSERT(out.find_first_of("<>\"'") == std::string::npos);
    RC_ASSERT(out.find('\0') == std::string::npos);
    RC_ASSERT(first_bad_utf8(out) == std::string::npos);
    const bool plain = first_bad_utf8(bytes) == std::string::npos && std::all_of(bytes.begin(), bytes.end(), [](char c) {
                           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
                       });
    if (plain) RC_ASSERT(unescaped(out) == bytes);
}

RC_GTEST_PROP(Hostile, a_value_changes_nothing_around_it, (const std::string& bytes)) {
    auto parsed = parse_template("<p title=\"{{ query.q }}\">{{ query.q }}</p>", "p", {Map{}});
    RC_ASSERT(parsed.errors.empty());
    const Fields query{{"q", bytes}};
    const auto result = render(parsed.page, {"GET", "/", &query, nullptr, nullptr});
    RC_ASSERT(std::get<std::string>(result) == "<p title=\"" + escape_html(bytes) + "\">" + escape_html(bytes) + "</p>");
}

RC_GTEST_PROP(Hostile, any_text_can_be_read_as_a_template, ()) {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "{{", "}}", "{%", "%}", "{#", "#}", " if ", " for ", " in ", " endif ", " endfor ", " else ", "q", "query", ".", "|",
        "safe", "default", "(", ")", "'", "\"", "<", ">", "<a ", "=", "script", "</script>", "\n", "<!--", "-->", "x", "list"));
    std::string text;
    for (const auto& piece : pieces) text += piece;
    auto parsed = parse_template(text, "p", {Map{{"q", {std::string("v")}}, {"list", {List{{std::string("a")}}}}}});
    for (const auto& e : parsed.errors) {
        RC_ASSERT(e.pos.line >= 1 && static_cast<std::size_t>(e.pos.line) <= parsed.page.lines.size() + 1);
        RC_ASSERT(!e.text.empty());
    }
    const auto result = render(parsed.page, {});
    RC_ASSERT(std::holds_alternative<std::string>(result));
}

}  // namespace
}  // namespace volley::pages
