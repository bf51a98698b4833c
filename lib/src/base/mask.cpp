#include "base/mask.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <volley/error.hpp>
#include <volley/http/url.hpp>

namespace volley {
namespace {

constexpr std::string_view stars = "***";

/// The inside of a JSON string (RFC 8259 section 7), as most programs write it.
std::string json_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        constexpr std::string_view named = "\"\\\b\f\n\r\t";
        if (const auto at = named.find(c); at != std::string_view::npos) {
            out += '\\';
            out += "\"\\bfnrt"[at];
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

/// Programs differ in whether a slash and a plus are encoded, and in how they write the digits.
std::vector<std::string> url_spellings(const std::string& encoded) {
    std::vector<std::string> out{encoded};
    for (const auto& [code, plain] : {std::pair{"%2F", "/"}, {"%2B", "+"}}) {
        const auto so_far = out;
        for (std::string text : so_far) {
            replace_all(text, code, plain);
            if (text != out.front()) out.push_back(std::move(text));
        }
    }
    const auto so_far = out;
    for (std::string text : so_far) {
        for (std::size_t at = text.find('%'); at != std::string::npos && at + 2 < text.size(); at = text.find('%', at + 3))
            for (std::size_t digit = at + 1; digit <= at + 2; ++digit)
                if (text[digit] >= 'A' && text[digit] <= 'F') text[digit] = static_cast<char>(text[digit] - 'A' + 'a');
        out.push_back(std::move(text));
    }
    return out;
}

}  // namespace

std::vector<std::string> spellings(const std::vector<std::string>& secrets) {
    std::vector<std::string> out;
    for (const auto& secret : secrets) {
        if (secret.empty()) continue;
        std::vector<std::string> ways{secret, json_escaped(secret), escape_for_terminal(secret)};
        for (const auto& encoded : {http::percent_encode(secret), http::form_encode(secret)})
            for (auto& way : url_spellings(encoded)) ways.push_back(std::move(way));
        for (auto& way : ways)
            if (std::ranges::find(out, way) == out.end()) out.push_back(std::move(way));
    }
    std::ranges::stable_sort(out, std::greater{}, &std::string::size);
    return out;
}

std::string mask(std::string_view text, const std::vector<std::string>& spellings) {
    std::string out(text);
    for (const auto& spelling : spellings)
        for (auto at = out.find(spelling); at != std::string::npos; at = out.find(spelling, at + stars.size()))
            out.replace(at, spelling.size(), stars);
    return out;
}

std::string mask_start(std::string_view text, const std::vector<std::string>& spellings, std::size_t shown) {
    // At worst nothing but secrets is shown, three bytes for each; the one after them may be cut, where nobody sees it.
    const std::size_t longest = spellings.empty() ? 0 : spellings.front().size();
    return mask(text.substr(0, shown + (shown / stars.size() + 2) * longest), spellings);
}

}  // namespace volley
