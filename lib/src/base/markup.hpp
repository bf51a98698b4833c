// Characters that mean something in markup.
#pragma once

#include <string_view>

namespace volley {

/// The reference that stands for a character of markup, between tags and in quoted attributes, in XML as in HTML; empty for all others.
/// Source: XML 1.0 section 2.4; HTML Living Standard section 13.1.4.
[[nodiscard]] constexpr std::string_view markup_reference(char c) noexcept {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        default:
            return {};
    }
}

}  // namespace volley
