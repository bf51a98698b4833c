#include "pages/escape.hpp"

#include "base/markup.hpp"
#include "base/utf8.hpp"

namespace volley::pages {
namespace {

void append_valid(std::string& out, std::string_view text) {
    for (const char c : text) {
        const bool is_control = (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
        if (const auto reference = markup_reference(c); !reference.empty())
            out += reference;
        else if (is_control)
            out += "\xef\xbf\xbd";
        else
            out += c;
    }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t good = std::min(first_bad_utf8(text), text.size());
        append_valid(out, text.substr(0, good));
        if (good == text.size()) return;
        out += "\xef\xbf\xbd";
        text.remove_prefix(good + 1);
    }
}

std::string escape_html(std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
}

}  // namespace volley::pages
