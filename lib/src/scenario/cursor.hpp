// A place in the text of one expression: checks and thresholds are read with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/trim.hpp"

namespace volley::scenario {

struct Cursor {
    std::string_view text;
    std::size_t at = 0;

    void skip() noexcept {
        while (at < text.size() && is_space(text[at])) ++at;
    }
    [[nodiscard]] bool done() noexcept {
        skip();
        return at >= text.size();
    }
    [[nodiscard]] char peek() const noexcept { return at < text.size() ? text[at] : '\0'; }
    /// Up to the next space or comparison sign.
    std::string_view word() noexcept {
        skip();
        const auto start = at;
        while (at < text.size() && !is_space(text[at]) && std::string_view("=<>!").find(text[at]) == std::string_view::npos) ++at;
        return text.substr(start, at - start);
    }
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`, or "" and nothing is taken.
    std::string_view comparison() noexcept {
        skip();
        for (std::string_view sign : {"==", "!=", "<=", ">=", "<", ">"})
            if (text.substr(at, sign.size()) == sign) {
                at += sign.size();
                return text.substr(at - sign.size(), sign.size());
            }
        return {};
    }
    /// A text in single or double quotes, where `\` keeps the next quote or backslash; nothing where none begins or it is not closed.
    std::optional<std::string> string() {
        skip();
        const char quote = peek();
        if (quote != '"' && quote != '\'') return std::nullopt;
        std::string out;
        for (auto i = at + 1; i < text.size(); ++i) {
            if (text[i] == quote) {
                at = i + 1;
                return out;
            }
            if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == quote || text[i + 1] == '\\')) ++i;
            out += text[i];
        }
        return std::nullopt;
    }
};

}  // namespace volley::scenario
