#include <string>
#include <string_view>

#include <fmt/format.h>

#include <volley/error.hpp>

#include "base/utf8.hpp"

namespace volley {
namespace {

/// Characters that reorder or hide what a reader sees: C1 controls, bidirectional overrides and isolates.
bool is_deceptive(std::string_view c) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(c[i]); };
    if (c.size() == 2 && at(0) == 0xc2 && at(1) < 0xa0) return true;
    if (c.size() == 3 && at(0) == 0xe2 && at(1) == 0x80 && at(2) >= 0xaa && at(2) <= 0xae) return true;
    return c.size() == 3 && at(0) == 0xe2 && at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9;
}

}  // namespace

std::string escape_for_terminal(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t n = utf8_length(text);
        const std::string_view c = text.substr(0, n == 0 ? 1 : n);
        const auto byte = static_cast<unsigned char>(c[0]);
        const bool control = n == 1 && (byte < 0x20 || byte == 0x7f) && byte != '\t' && byte != '\n';
        if (n == 0 || control || is_deceptive(c)) {
            for (const char b : c) fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(b));
        } else {
            out += c;
        }
        text.remove_prefix(c.size());
    }
    return out;
}

std::string format_source_error(const SourceError& e) {
    std::string out = escape_for_terminal(e.file);
    if (e.pos.line > 0) fmt::format_to(std::back_inserter(out), ":{}:{}", e.pos.line, e.pos.column);
    out += ": error: " + escape_for_terminal(e.text) + "\n";
    if (e.pos.line > 0 && !e.line_text.empty()) {
        constexpr std::size_t longest = 160;  // a line of a data file may be megabytes
        std::string_view line = e.line_text;
        std::size_t column = e.pos.column > 0 ? static_cast<std::size_t>(e.pos.column) - 1 : 0;
        column = std::min(column, line.size());
        std::size_t skip = 0;
        if (line.size() > longest && column > longest / 2) skip = column - longest / 2;
        const std::string_view before = line.substr(skip, column - skip);
        const std::string_view rest = line.substr(column, longest);
        std::string lead = escape_for_terminal(before);
        const std::string number = fmt::format("{:>5} | ", e.pos.line);
        out += number + lead + escape_for_terminal(rest) + "\n";
        // Tabs stay tabs so that the caret stands right; every other code point takes one column.
        std::string pad;
        for (const char c : lead)
            if (c == '\t')
                pad += '\t';
            else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80)
                pad += ' ';
        out += "      | " + pad + "^\n";
    }
    if (!e.hint.empty()) out += "      = " + escape_for_terminal(e.hint) + "\n";
    return out;
}

}  // namespace volley
