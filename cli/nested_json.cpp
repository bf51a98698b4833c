#include "nested_json.hpp"

#include <algorithm>

#include <volley/error.hpp>

namespace volley::cli {
namespace {

/// An array is filled with nulls up to an index: a slip of the finger must not fill the memory.
constexpr std::size_t max_index = 100'000;

struct Token {
    enum class Kind { text, number, open, close } kind;
    std::string text;
    bool negative;
    std::size_t begin;
    std::size_t end;
};

/// A whole number as Python's int() reads it: blanks around it and a sign are allowed. @return its digits.
std::optional<std::string> whole_number(std::string_view text, bool& negative) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return {};
    return std::string(text);
}

std::vector<Token> tokenize(std::string_view source) {
    std::vector<Token> tokens;
    std::string text;
    std::size_t begin = 0;
    bool escaped = false;
    const auto flush = [&](std::size_t end) {
        if (begin == end) return;
        Token token{Token::Kind::text, text, false, begin, end};
        if (!escaped) {
            bool ignored = false;
            if (auto digits = whole_number(text, token.negative))
                token.kind = Token::Kind::number;
            else if (text.starts_with('\\') && whole_number(std::string_view(text).substr(1), ignored))
                token.text.erase(0, 1);
        }
        tokens.push_back(std::move(token));
    };
    for (std::size_t at = 0; at < source.size(); ++at) {
        const char c = source[at];
        if (c == '[' || c == ']') {
            flush(at);
            tokens.push_back({c == '[' ? Token::Kind::open : Token::Kind::close, std::string(1, c), false, at, at + 1});
            text.clear();
            escaped = false;
            begin = at + 1;
        } else if (c == '\\' && at + 1 < source.size()) {
            const char next = source[++at];
            if (next == '[' || next == ']' || next == '\\')
                escaped = true;
            else
                text += c;
            text += next;
        } else {
            text += c;
        }
    }
    flush(source.size());
    return tokens;
}

class PathParser {
public:
    PathParser(std::string_view source, KeyPath& path) : source_(source), tokens_(tokenize(source)), path_(path) {}

    std::optional<KeyError> parse() {
        path_.source = std::string(source_);
        if (tokens_.empty()) {
            path_.steps.push_back({PathStep::Kind::key, "", 0, 0, source_.size()});
            return {};
        }
        const Token& first = tokens_.front();
        if (first.kind == Token::Kind::text || first.kind == Token::Kind::number) {
            path_.steps.push_back({PathStep::Kind::key, first.text, 0, first.begin, first.end});
            ++at_;
        } else if (first.kind == Token::Kind::close) {
            return syntax(first, "Expecting a text, a number or '['");
        }
        while (at_ < tokens_.size())
            if (auto error = bracket()) return error;
        return {};
    }

private:
    std::optional<KeyError> bracket() {
        const Token open = tokens_[at_];
        if (open.kind != Token::Kind::open) return syntax(open, "Expecting '['");
        ++at_;
        if (at_ == tokens_.size()) return at_end("Expecting a text, a number or ']'");
        const Token inner = tokens_[at_];
        PathStep step{PathStep::Kind::append, "", 0, open.begin, 0};
        if (inner.kind == Token::Kind::open) return syntax(inner, "Expecting a text, a number or ']'");
        if (inner.kind != Token::Kind::close) {
            if (inner.kind == Token::Kind::text) {
                if (path_.steps.empty()) return syntax(inner, "Expecting a number or ']'");
                step.kind = PathStep::Kind::key;
                step.key = inner.text;
            } else if (auto error = index(inner, step)) {
                return error;
            }
            ++at_;
            if (at_ == tokens_.size()) return at_end("Expecting ']'");
            if (tokens_[at_].kind != Token::Kind::close) return syntax(tokens_[at_], "Expecting ']'");
        }
        step.end = tokens_[at_].end;
        ++at_;
        path_.steps.push_back(std::move(step));
        return {};
    }

    std::optional<KeyError> index(const Token& token, PathStep& step) const {
        if (token.negative) return error("Value", "Negative indexes are not supported.", token.begin, token.end);
        bool negative = false;
        std::string digits = *whole_number(token.text, negative);
        digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
        if (digits.size() > 6 || std::stoul(digits) > max_index)
            return error("Value", "Indexes above 100000 are not supported.", token.begin, token.end);
        step.kind = PathStep::Kind::index;
        step.index = std::stoul(digits);
        return {};
    }

    [[nodiscard]] KeyError error(std::string kind, std::string text, std::size_t begin, std::size_t end) const {
        return {std::move(kind), std::move(text), std::string(source_), begin, end};
    }
    [[nodiscard]] KeyError syntax(const Token& token, std::string text) const {
        return error("Syntax", std::move(text), token.begin, token.end);
    }
    [[nodiscard]] KeyError at_end(std::string text) const {
        return error("Syntax", std::move(text), source_.size(), source_.size() + 1);
    }

    std::string_view source_;
    std::vector<Token> tokens_;
    KeyPath& path_;
    std::size_t at_ = 0;
};

std::string_view access_name(PathStep::Kind kind) noexcept {
    return kind == PathStep::Kind::key ? "key" : kind == PathStep::Kind::index ? "index" : "append";
}

}  // namespace

std::string KeyError::format() const {
    // A caret stands under a character, not under a byte.
    const auto characters = [this](std::size_t from, std::size_t to) {
        const auto part = std::string_view(source).substr(std::min(from, source.size()), to - from);
        const auto continuation =
            std::ranges::count_if(part, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; });
        return to - from - static_cast<std::size_t>(continuation);
    };
    return kind + " error: " + text + '\n' + escape_for_terminal(source) + '\n' + std::string(characters(0, begin), ' ') +
           std::string(std::max<std::size_t>(1, characters(begin, end)), '^');
}

std::optional<KeyError> parse_key_path(std::string_view source, KeyPath& path) { return PathParser(source, path).parse(); }

std::optional<KeyError> put_at(std::optional<Json>& root, const KeyPath& path, Json value) {
    if (!root) root.emplace();
    Json* here = &*root;
    for (const PathStep& step : path.steps) {
        const auto wanted = step.kind == PathStep::Kind::key ? Json::Kind::object : Json::Kind::array;
        // null is what a gap was filled with: it may become anything.
        if (here->kind == Json::Kind::null) *here = Json::make(wanted);
        if (here->kind != wanted) {
            const std::string place = path.source.substr(0, &step == &path.steps.front() ? 0 : step.begin);
            return KeyError{"Type",
                            "Cannot perform '" + std::string(access_name(step.kind)) + "' based access on '" +
                                escape_for_terminal(place) + "' which has a type of '" + std::string(to_string(here->kind)) +
                                "' but this operation requires a type of '" + std::string(to_string(wanted)) + "'.",
                            path.source, step.begin, step.end};
        }
        if (step.kind == PathStep::Kind::key) {
            Json* member = here->find(step.key);
            here = member != nullptr ? member : &here->members.emplace_back(JsonMember{step.key, Json{}}).value;
        } else {
            const std::size_t index = step.kind == PathStep::Kind::append ? here->items.size() : step.index;
            if (index >= here->items.size()) here->items.resize(index + 1);
            here = &here->items[index];
        }
    }
    *here = std::move(value);
    return {};
}

}  // namespace volley::cli
