#include <algorithm>
#include <array>

#include "base/trim.hpp"
#include "base/utf8.hpp"
#include "pages/html_place.hpp"
#include "pages/template.hpp"
#include "yaml/loader.hpp"
#include "yaml/reader.hpp"
#include "yaml/words.hpp"

namespace volley::pages {
namespace {

using namespace std::string_view_literals;
using yaml::in_quotes;

constexpr std::array request_roots{"method"sv, "path"sv, "query"sv, "params"sv, "headers"sv};

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_char(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '-'; }

class Parser {
public:
    Parser(std::string_view text, Template& page) : text_(text), page_(page) {
        line_starts_.push_back(0);
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text[i] == '\n') line_starts_.push_back(i + 1);
    }

    std::vector<SourceError> errors;

    void run() {
        opened_.push_back({});
        while (at_ < text_.size()) {
            const std::size_t open = next_open();
            literal(text_.substr(at_, open - at_));
            at_ = open;
            if (at_ >= text_.size()) break;
            open_ = at_;
            const char kind = text_[at_ + 1];
            const std::string_view close = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
            end_ = closing(at_ + 2, close, kind == '#');
            if (end_ == std::string_view::npos) {
                error(at_, "this " + in_quotes(text_.substr(at_, 2)) + " is not closed", "close it with " + std::string(close));
                break;
            }
            at_ += 2;
            failed_ = false;
            if (kind == '{')
                output();
            else if (kind == '%')
                tag();
            at_ = end_ + 2;
        }
        for (std::size_t i = opened_.size() - 1; i > 0; --i)
            error(opened_[i].open, "this " + in_quotes(opened_[i].word) + " has no end",
                  "close it with {% end" + std::string(opened_[i].word) + " %}");
        while (opened_.size() > 1) opened_.pop_back();
        page_.pieces = std::move(opened_.front().pieces);
    }

private:
    /// What is being filled: the page itself, or an `if` or `for` that is not closed yet.
    struct Open {
        std::string_view word;  ///< `if`, `for`; empty for the page
        std::size_t open = 0;
        Piece piece;
        std::vector<Piece> pieces;
        bool has_else = false;
        HtmlPlace before;             ///< where it began
        HtmlPlace after_body;         ///< where the part before `else` ended
        std::string loop_name;        ///< `for`
        bool from_request = false;    ///< `for`: its list comes from the request
        const Value* list = nullptr;  ///< `for`: its list, where the file holds it
    };

    [[nodiscard]] SourcePos pos_of(std::size_t offset) const {
        const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
        const auto line = static_cast<std::size_t>(after - line_starts_.begin());
        return {static_cast<int>(line), static_cast<int>(offset - line_starts_[line - 1]) + 1};
    }
    void error(std::size_t offset, std::string text, std::string hint) {
        failed_ = true;
        if (errors.size() < 100)
            errors.push_back(yaml::error_at({page_.file, page_.lines}, pos_of(offset), std::move(text), std::move(hint)));
    }

    [[nodiscard]] std::size_t next_open() const {
        for (std::size_t i = at_; i + 1 < text_.size(); ++i)
            if (text_[i] == '{' && (text_[i + 1] == '{' || text_[i + 1] == '%' || text_[i + 1] == '#')) return i;
        return text_.size();
    }
    /// A text in quotes may hold the closing sign; a comment has no quotes.
    [[nodiscard]] std::size_t closing(std::size_t from, std::string_view close, bool comment) const {
        char quote = 0;
        for (std::size_t i = from; i + 1 < text_.size(); ++i) {
            if (quote != 0) {
                if (text_[i] == quote) quote = 0;
            } else if (!comment && (text_[i] == '\'' || text_[i] == '"')) {
                if (text_.find(text_[i], i + 1) != std::string_view::npos) quote = text_[i];
            } else if (text_.substr(i, 2) == close) {
                return i;
            }
        }
        // A quote without its partner must not hide the end.
        return quote != 0 ? text_.find(close, from) : std::string_view::npos;
    }

    void literal(std::string_view text) {
        if (text.empty()) return;
        place_.feed(text);
        Piece piece;
        piece.text = text;
        piece.pos = pos_of(at_);
        opened_.back().pieces.push_back(std::move(piece));
    }

    // ---- within {{ }} and {% %}: at_ to end_

    void skip() {
        while (at_ < end_ && is_space(text_[at_])) ++at_;
    }
    bool eat(char c) {
        skip();
        if (at_ >= end_ || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string_view name() {
        skip();
        const std::size_t start = at_;
        if (at_ < end_ && is_name_start(text_[at_]))
            while (at_ < end_ && is_name_char(text_[at_])) ++at_;
        return text_.substr(start, at_ - start);
    }
    void expect_end() {
        skip();
        if (!failed_ && at_ < end_)
            error(at_, "unexpected " + in_quotes(text_.substr(at_, std::min<std::size_t>(end_ - at_, 20))),
                  "write {{ name }}, {{ name | default('text') }} or {{ name | safe }}");
    }

    [[nodiscard]] const Open* loop_of(std::string_view word) const {
        for (auto it = opened_.rbegin(); it != opened_.rend(); ++it)
            if (!it->loop_name.empty() && it->loop_name == word && !it->has_else) return &*it;
        return nullptr;
    }

    void unknown_name(std::size_t offset, std::string_view word) {
        std::vector<std::string> known;
        for (const Open& open : opened_)
            if (!open.loop_name.empty()) known.push_back(open.loop_name);
        if (const auto* map = std::get_if<Map>(&page_.with.node))
            for (const Member& member : *map) known.push_back(member.name);
        known.insert(known.end(), request_roots.begin(), request_roots.end());
        error(offset, "nothing is called " + in_quotes(word), yaml::suggest(word, known, "names"));
    }

    /// `a.b.c`. The value that it leads to, where the file holds it and it is the same for every request.
    struct Looked {
        Expression expression;
        const Value* value = nullptr;
        bool from_request = false;
        bool is_fields = false;
        std::size_t offset = 0;
        std::string_view text;
    };
    std::optional<Looked> path() {
        skip();
        Looked out;
        out.offset = at_;
        const std::string_view first = name();
        if (first.empty()) {
            error(at_ < end_ ? at_ : open_, "a name is missing", "write {{ name }}; two braces as text are {{ '{{' }}");
            return std::nullopt;
        }
        std::vector<std::pair<std::string_view, std::size_t>> parts;
        while (at_ < end_ && text_[at_] == '.') {
            ++at_;
            const std::size_t start = at_;
            while (at_ < end_ && is_name_char(text_[at_])) ++at_;
            if (at_ == start) {
                error(start, "a name is missing behind `.`", "write {{ a.b }}");
                return std::nullopt;
            }
            parts.emplace_back(text_.substr(start, at_ - start), start);
        }
        out.text = text_.substr(out.offset, at_ - out.offset);
        Expression& e = out.expression;
        e.pos = pos_of(out.offset);
        const Open* loop = loop_of(first);
        const auto root = std::find(request_roots.begin(), request_roots.end(), first);
        if (loop != nullptr) {
            e.root = Expression::Root::loop;
            e.path.emplace_back(first);
            out.from_request = loop->from_request;
            if (loop->from_request) {
                if (parts.size() > 1 || (parts.size() == 1 && parts[0].first != "name" && parts[0].first != "value"))
                    error(parts[0].second, in_quotes(first) + " has a `name` and a `value`",
                          "write {{ " + std::string(first) + ".name }}");
            } else if (!parts.empty() && loop->list != nullptr) {
                const auto& items = std::get<List>(loop->list->node);
                const bool some = items.empty() || std::any_of(items.begin(), items.end(), [&](const Value& item) {
                                      return find_member(item, parts[0].first) != nullptr;
                                  });
                if (!some)
                    error(parts[0].second, "no item of this list has a " + in_quotes(parts[0].first),
                          "look at the list below `with:`");
            }
        } else if (root != request_roots.end()) {
            constexpr std::array roots{Expression::Root::method, Expression::Root::path, Expression::Root::query,
                                       Expression::Root::params, Expression::Root::headers};
            e.root = roots[static_cast<std::size_t>(root - request_roots.begin())];
            out.from_request = true;
            const bool has_parts = e.root != Expression::Root::method && e.root != Expression::Root::path;
            out.is_fields = has_parts && parts.empty();
            if (parts.size() > (has_parts ? 1U : 0U))
                error(parts.back().second, in_quotes(out.text) + " is a text and has no parts", "");
        } else if (const Value* value = find_member(page_.with, first)) {
            e.path.emplace_back(first);
            for (const auto& [part, offset] : parts) {
                const Value* next = find_member(*value, part);
                if (next == nullptr) {
                    std::vector<std::string> known;
                    if (const auto* map = std::get_if<Map>(&value->node))
                        for (const Member& member : *map) known.push_back(member.name);
                    error(
                        offset,
                        "there is no " + in_quotes(part) + " in " + in_quotes(text_.substr(out.offset, offset - 1 - out.offset)),
                        yaml::suggest(part, known, "it has"));
                    return std::nullopt;
                }
                value = next;
            }
            out.value = value;
        } else {
            unknown_name(out.offset, first);
            return std::nullopt;
        }
        for (const auto& part : parts) e.path.emplace_back(part.first);
        return out;
    }

    std::optional<std::string> quoted() {
        skip();
        if (at_ >= end_ || (text_[at_] != '\'' && text_[at_] != '"')) return std::nullopt;
        const std::size_t close = text_.find(text_[at_], at_ + 1);
        if (close == std::string_view::npos || close >= end_) return std::nullopt;
        std::string out(text_.substr(at_ + 1, close - at_ - 1));
        at_ = close + 1;
        return out;
    }

    void filters(Looked& looked) {
        while (eat('|')) {
            skip();
            const std::size_t start = at_;
            const std::string_view filter = name();
            if (filter == "safe") {
                if (looked.from_request)
                    error(start, "`safe` is for values of the file: " + in_quotes(looked.text) + " comes from the request",
                          "leave it out: what a client sends is always escaped");
                looked.expression.safe = true;
            } else if (filter == "default") {
                const bool open = eat('(');
                auto fallback = open ? quoted() : std::nullopt;
                if (!fallback || !eat(')')) {
                    error(start, "`default` takes one text in quotes", "write default('text')");
                    return;
                }
                looked.expression.fallback = std::move(fallback);
            } else {
                constexpr std::array known{"default"sv, "safe"sv};
                error(start, filter.empty() ? "a filter is missing behind `|`" : "unknown filter " + in_quotes(filter),
                      yaml::suggest(filter, std::span<const std::string_view>(known), "filters"));
                return;
            }
        }
    }

    void check_place(const Looked& looked) {
        using Kind = HtmlPlace::Kind;
        if (looked.expression.safe) return;
        const std::string what = in_quotes(looked.text);
        switch (place_.kind()) {
            case Kind::text:
            case Kind::comment:
                break;
            case Kind::raw:
                error(looked.offset, what + " stands in <" + place_.element() + ">, where escaping is no protection",
                      "put it into an attribute, data-value=\"{{ ... }}\", and read that");
                break;
            case Kind::tag:
                error(looked.offset, what + " stands in the midst of a tag", "write it as the value of an attribute, in quotes");
                break;
            case Kind::value_start:
            case Kind::unquoted:
                error(looked.offset, what + " stands in an attribute without quotes", "put quotes around the whole value");
                break;
            case Kind::quoted:
                if (looked.from_request && place_.is_code())
                    error(looked.offset, what + " comes from the request and would be run in " + in_quotes(place_.attribute()),
                          "put it into an attribute that starts with data-");
                else if (looked.from_request && place_.chooses_scheme())
                    error(looked.offset,
                          what + " comes from the request and would choose where " + in_quotes(place_.attribute()) + " leads",
                          "write the beginning of the address before it, such as /search?q=");
                break;
        }
    }

    void output() {
        Piece piece;
        piece.kind = Piece::Kind::output;
        skip();
        piece.pos = pos_of(open_);
        if (auto text = quoted()) {  // {{ '{{' }} is how two braces are written
            expect_end();
            piece.kind = Piece::Kind::text;
            piece.text = *text;
            place_.feed(*text);
            opened_.back().pieces.push_back(std::move(piece));
            return;
        }
        auto looked = path();
        if (!looked) return;
        filters(*looked);
        expect_end();
        if (looked->is_fields || (looked->value != nullptr && !std::holds_alternative<std::string>(looked->value->node)))
            error(looked->offset, in_quotes(looked->text) + " is not a text",
                  "name one of its parts, or go through it with {% for %}");
        if (looked->from_request && looked->expression.root == Expression::Root::loop && looked->expression.path.size() == 1)
            looked->expression.path.emplace_back("value");
        check_place(*looked);
        place_.take_value();
        piece.expression = std::move(looked->expression);
        opened_.back().pieces.push_back(std::move(piece));
    }

    void tag() {
        skip();
        const std::size_t start = at_;
        const std::string_view word = name();
        if (word == "if" || word == "for") {
            begin(word, start);
        } else if (word == "else") {
            Open& open = opened_.back();
            if (open.word.empty() || open.has_else) {
                error(start, open.word.empty() ? "`else` without an `if`" : "a second `else`", "remove it");
                return;
            }
            open.has_else = true;
            open.piece.body = std::move(open.pieces);
            open.pieces.clear();
            open.after_body = place_;
            place_ = open.before;
            expect_end();
        } else if (word == "endif" || word == "endfor") {
            expect_end();
            close(word, start);
        } else {
            constexpr std::array known{"if"sv, "else"sv, "endif"sv, "for"sv, "endfor"sv};
            error(start, word.empty() ? "a word is missing behind `{%`" : "unknown tag " + in_quotes(word),
                  word == "elif" ? "write another {% if %} within {% else %}"
                                 : yaml::suggest(word, std::span<const std::string_view>(known), "tags"));
        }
    }

    void begin(std::string_view word, std::size_t start) {
        Open open;
        open.word = word;
        open.open = start;
        open.before = place_;
        open.piece.pos = pos_of(start);
        open.piece.kind = word == "if" ? Piece::Kind::condition : Piece::Kind::loop;
        if (opened_.size() > max_page_depth)
            error(start, "nested too deep", "at most " + std::to_string(max_page_depth) + " levels");
        bool negated = false;
        if (word == "for") {
            skip();
            const std::size_t at = at_;
            const std::string_view variable = name();
            const bool taken = std::find(request_roots.begin(), request_roots.end(), variable) != request_roots.end();
            if (variable.empty() || taken)
                error(at, variable.empty() ? "`for` needs a name" : "the name " + in_quotes(variable) + " is taken",
                      "write {% for item in list %}");
            open.loop_name = variable;
            open.piece.text = variable;
            skip();
            const std::size_t in_at = at_;
            if (const std::string_view in = name(); !failed_ && in != "in")
                error(std::min(in_at, end_), "`in` is missing", "write {% for item in list %}");
        } else {
            const std::size_t before = at_;
            negated = name() == "not";
            if (!negated) at_ = before;
        }
        if (!failed_)
            if (auto looked = path()) {
                expect_end();
                looked->expression.negated = negated;
                if (word == "for") {
                    const bool is_list = looked->value != nullptr && std::holds_alternative<List>(looked->value->node);
                    const bool unknown = looked->expression.root == Expression::Root::loop && !looked->from_request;
                    if (!is_list && !looked->is_fields && !unknown)
                        error(looked->offset, in_quotes(looked->text) + " is not a list",
                              "a list below `with:` is written [a, b, c]");
                    open.list = is_list ? looked->value : nullptr;
                    open.from_request = looked->is_fields;
                }
                open.piece.expression = std::move(looked->expression);
            }
        opened_.push_back(std::move(open));
    }

    void close(std::string_view word, std::size_t start) {
        Open& open = opened_.back();
        if (open.word != word.substr(3)) {
            error(start, in_quotes(word) + (open.word.empty() ? " without a beginning" : " closes an " + in_quotes(open.word)),
                  open.word.empty() ? "remove it" : "close that first: {% end" + std::string(open.word) + " %}");
            return;
        }
        Piece piece = std::move(open.piece);
        (open.has_else ? piece.otherwise : piece.body) = std::move(open.pieces);
        const bool same = place_.merge(open.has_else ? open.after_body : open.before);
        if (!same)
            error(start, "one way through this " + in_quotes(open.word) + " ends within a tag, the other does not",
                  "close tags and quotes within the same part");
        opened_.pop_back();
        opened_.back().pieces.push_back(std::move(piece));
    }

    std::string_view text_;
    Template& page_;
    std::vector<std::size_t> line_starts_;
    std::vector<Open> opened_;
    HtmlPlace place_;
    std::size_t at_ = 0;
    std::size_t open_ = 0;  ///< of the `{{` or `{%` that is being read
    std::size_t end_ = 0;   ///< of what it holds
    bool failed_ = false;
};

}  // namespace

ParsedTemplate parse_template(std::string_view text, std::string file, Value with) {
    ParsedTemplate out;
    out.page.file = std::move(file);
    out.page.with = std::move(with);
    const auto refuse = [&](std::string what, std::string hint) {
        out.errors.push_back({out.page.file, {}, std::move(what), std::move(hint), {}});
    };
    if (text.size() > max_page_bytes) {
        refuse("the page is too large: " + std::to_string(text.size()) + " bytes", "a page has at most 1 MiB");
        return out;
    }
    if (first_bad_utf8(text) != std::string_view::npos || text.find('\0') != std::string_view::npos) {
        refuse("the page is not text in UTF-8", "save it as UTF-8; serve other files with `view: file`");
        return out;
    }
    out.page.lines = yaml::split_lines(text);
    Parser parser(text, out.page);
    parser.run();
    out.errors = std::move(parser.errors);
    std::stable_sort(out.errors.begin(), out.errors.end(), [](const auto& a, const auto& b) { return a.pos < b.pos; });
    return out;
}

}  // namespace volley::pages
