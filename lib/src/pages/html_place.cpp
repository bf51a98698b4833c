#include "pages/html_place.hpp"

#include <algorithm>
#include <array>

namespace volley::pages {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr std::size_t most_name = 64;

}  // namespace

void HtmlPlace::feed(std::string_view literal) {
    for (const char c : literal) {
        step(c);
        recent_ += lower(c);
        if (recent_.size() > 32) recent_.erase(0, recent_.size() - 16);
    }
}

void HtmlPlace::end_tag() noexcept {
    kind_ = element_ == "script" || element_ == "style" ? Kind::raw : Kind::text;
    in_name_ = false;
}

void HtmlPlace::step(char c) {
    switch (kind_) {
        case Kind::text:
            // `<` begins a tag only before a letter, `/` or `!`.
            if (!recent_.empty() && recent_.back() == '<' && (is_letter(c) || c == '/')) {
                kind_ = Kind::tag;
                in_name_ = true;
                element_.assign(1, lower(c));
                attribute_.clear();
            } else if (c == '-' && recent_.ends_with("<!-")) {
                kind_ = Kind::comment;
            }
            break;
        case Kind::comment:
            if (c == '>' && recent_.ends_with("--")) kind_ = Kind::text;
            break;
        case Kind::raw:
            if ((is_space(c) || c == '>' || c == '/') && recent_.ends_with("</" + element_)) {
                element_.clear();
                kind_ = c == '>' ? Kind::text : Kind::tag;
                in_name_ = false;
                attribute_.clear();
            }
            break;
        case Kind::tag:
            if (c == '>') {
                end_tag();
            } else if (in_name_) {
                if (is_space(c) || (c == '/' && element_ != "/"))
                    in_name_ = false;
                else if (element_.size() < most_name)
                    element_ += lower(c);
            } else if (c == '=') {
                kind_ = Kind::value_start;
            } else if (is_space(c) || c == '/') {
                if (!recent_.empty() && recent_.back() != '=') attribute_ += ' ';  // a new name begins at the next letter
            } else {
                if (attribute_.ends_with(' ')) attribute_.clear();
                if (attribute_.size() < most_name) attribute_ += lower(c);
            }
            break;
        case Kind::value_start:
            if (c == '"' || c == '\'') {
                kind_ = Kind::quoted;
                quote_ = c;
                has_anchor_ = false;
                attribute_.erase(std::min(attribute_.find(' '), attribute_.size()));
            } else if (c == '>') {
                end_tag();
            } else if (!is_space(c)) {
                kind_ = Kind::unquoted;
            }
            break;
        case Kind::unquoted:
            if (c == '>')
                end_tag();
            else if (is_space(c)) {
                kind_ = Kind::tag;
                attribute_.clear();
            }
            break;
        case Kind::quoted:
            if (c == quote_) {
                kind_ = Kind::tag;
                attribute_.clear();
            } else if (c == '/' || c == '?' || c == '#') {
                has_anchor_ = true;
            }
            break;
    }
}

void HtmlPlace::take_value() noexcept { recent_.clear(); }

bool HtmlPlace::merge(const HtmlPlace& other) noexcept {
    const bool same = kind_ == other.kind_ &&
                      (kind_ != Kind::quoted || (quote_ == other.quote_ && attribute_ == other.attribute_)) &&
                      (kind_ != Kind::raw || element_ == other.element_) && in_name_ == other.in_name_;
    has_anchor_ = has_anchor_ && other.has_anchor_;
    // Either end may come before what follows: an unfinished `<` or `--` of one of them must not be lost.
    if (recent_ != other.recent_ && other.recent_.ends_with('<')) recent_ = other.recent_;
    return same;
}

bool HtmlPlace::is_code() const noexcept {
    return attribute_.starts_with("on") || attribute_ == "style" || attribute_ == "srcdoc";
}

bool HtmlPlace::chooses_scheme() const noexcept {
    constexpr std::array<std::string_view, 12> addresses{"href", "src",    "action", "formaction", "poster",     "data",
                                                         "cite", "srcset", "ping",   "background", "xlink:href", "manifest"};
    return !has_anchor_ && std::find(addresses.begin(), addresses.end(), attribute_) != addresses.end();
}

}  // namespace volley::pages
