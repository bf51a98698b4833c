// Any bytes as text of an HTML page.
#pragma once

#include <string>
#include <string_view>

namespace volley::pages {

/// Escapes `& < > " '`, so that the result is text between tags as well as in an attribute in quotes, and is nothing else.
/// What is not UTF-8, NUL and other control characters (tab and line ends aside) become U+FFFD.
/// Source: HTML Living Standard, sections 13.1.2.3 and 13.2.3.5.
void append_escaped(std::string& out, std::string_view text);
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace volley::pages
