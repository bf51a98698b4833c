#include "proto/sdp/description.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "proto/sdp/syntax.hpp"

namespace volley::proto::sdp {
namespace {

constexpr std::string_view session_types = "vosiuepcbtrzka";
constexpr std::string_view media_types = "micbka";
constexpr std::size_t most_tail = 16;
constexpr std::size_t most_line_text = 200;  // of a line that is shown with its error

SourceError error_at(std::string_view what, int number, std::string text, std::string hint = {}, std::string_view line = {}) {
    return {std::string(what),
            {number, number > 0 ? 1 : 0},
            std::move(text),
            std::move(hint),
            std::string(line.substr(0, most_line_text))};
}

// What people hand over instead of a description.
std::string hint_for_first_line(std::string_view text) {
    if (text.empty()) return "a description begins with v=0";
    if (text[0] == '{') return "this looks like JSON: the description is the value of its field \"sdp\"";
    if (text[0] == '<') return "this looks like HTML: was the request answered by a page?";
    if (text.starts_with("v=0\\r\\n") || text.starts_with("v=0\\n"))
        return "its line ends are written as backslash and letter: decode the JSON string that it stands in";
    return "a description begins with v=0";
}

// The order that RFC 8866 section 5 begins with; the rest of a section may stand in any order, as peers write it.
Outcome<std::size_t> take_session(std::string_view what, std::vector<Line>& lines, Section& session) {
    constexpr std::string_view first = "vos";
    std::size_t at = 0;
    for (; at < lines.size() && lines[at].type != 'm'; ++at) {
        const Line& line = lines[at];
        if (at < first.size() && line.type != first[at])
            return error_in(what, line, {}, fmt::format("line {} must be {}=, not {}=", at + 1, first[at], line.type),
                            at == 0 ? "a description begins with v=0" : "after v=0 come o= and s=");
        if (at >= first.size() && first.find(line.type) != std::string_view::npos)
            return error_in(what, line, {}, fmt::format("a second {}= line", line.type), "a description has one of them");
        if (session_types.find(line.type) == std::string_view::npos)
            return error_in(what, line, {}, fmt::format("{}= is not a line of SDP", line.type),
                            "leave it out, or correct its letter");
        session.lines.push_back(std::move(lines[at]));
    }
    if (at < first.size())
        return at < lines.size() ? error_in(what, lines[at], {}, fmt::format("line {} must be {}=, not m=", at + 1, first[at]),
                                            "a description begins with v=, o= and s=")
                                 : error_at(what, 0, fmt::format("the {}= line is missing", first[at]),
                                            "a description begins with v=, o= and s=");
    return at;
}

}  // namespace

void Section::attribute(std::string_view name, std::string_view value) {
    std::string text(name);
    if (!value.empty()) {
        text += ':';
        text += value;
    }
    add('a', std::move(text));
}

AttributeView attribute_of(const Line& line) noexcept {
    const std::string_view text = line.value;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {text, {}};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string in_quotes(std::string_view remote) {
    constexpr std::size_t longest = 40;
    std::string out = "\"";
    // One line and no tabs, whatever it holds: the words stand within a sentence.
    for (const char c : escape_for_terminal(remote.substr(0, longest))) out += c == '\n' || c == '\t' ? ' ' : c;
    return out + (remote.size() > longest ? "...\"" : "\"");
}

SourceError error_in(std::string_view what, const Line& line, std::string_view piece, std::string text, std::string hint) {
    const std::string whole = std::string{line.type, '='} + line.value;
    std::size_t column = 0;
    // Only a piece of this very line has a place in it.
    const std::less_equal<> not_after;
    const std::string_view value = line.value;
    if (piece.data() != nullptr && not_after(value.data(), piece.data()) && not_after(piece.data(), value.data() + value.size()))
        column = 2 + static_cast<std::size_t>(piece.data() - value.data());
    // Of a long line, what surrounds the place. The column then counts in what is shown.
    std::size_t skip = 0;
    if (whole.size() > most_line_text && column > most_line_text / 2) skip = column - most_line_text / 2;
    // Errors are shown, and passwords are not.
    const bool secret = line.type == 'a' && attribute_of(line).name == "ice-pwd";
    return {std::string(what),
            {line.number, line.number > 0 ? static_cast<int>(column - skip) + 1 : 0},
            std::move(text),
            std::move(hint),
            secret ? "a=ice-pwd:***" : whole.substr(skip, most_line_text)};
}

namespace detail {

Outcome<std::vector<Line>> split_lines(std::string_view text, std::string_view what, const Limits& limits, std::string& tail) {
    if (text.size() > limits.bytes)
        return error_at(what, 0, fmt::format("{} bytes are more than the limit of {}", text.size(), limits.bytes));
    std::vector<Line> lines;
    const std::string_view all = text;
    int number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t lf = text.find('\n');
        std::string_view line = text.substr(0, lf);
        const std::string_view with_end = text.substr(0, lf == std::string_view::npos ? lf : lf + 1);
        LineEnd end = lf == std::string_view::npos ? LineEnd::none : LineEnd::lf;
        if (end == LineEnd::lf && line.ends_with('\r')) {
            line.remove_suffix(1);
            end = LineEnd::crlf;
        }
        if (line.empty()) {
            if (text.find_first_not_of("\r\n") != std::string_view::npos || text.size() > most_tail)
                return error_at(what, number, "an empty line", "nothing may stand between the lines of a description");
            tail = text;
            break;
        }
        if (line.size() > limits.line_bytes)
            return error_at(what, number, fmt::format("a line of {} bytes; at most {} are read", line.size(), limits.line_bytes),
                            {}, line);
        if (lines.size() == limits.lines) return error_at(what, number, fmt::format("more than {} lines", limits.lines));
        if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z')
            return error_at(what, number, "not a line of SDP: it must be a small letter and =, then a value",
                            number == 1 ? hint_for_first_line(all) : "correct or remove the line", line);
        lines.push_back({line[0], std::string(line.substr(2)), number, end});
        if (const std::size_t bad = lines.back().value.find_first_of(std::string_view("\0\r", 2)); bad != std::string::npos) {
            const std::string_view piece = std::string_view(lines.back().value).substr(bad);
            return error_in(what, lines.back(), piece, piece[0] == '\r' ? "a CR without its LF" : "a zero byte",
                            "lines end in CR LF and hold neither");
        }
        text.remove_prefix(with_end.size());
    }
    return lines;
}

void print_line(std::string& out, const Line& line) {
    out += line.type;
    out += '=';
    out += line.value;
    if (line.end == LineEnd::crlf) out += "\r\n";
    if (line.end == LineEnd::lf) out += '\n';
}

}  // namespace detail

Outcome<Description> parse(std::string_view text, std::string_view what, const Limits& limits) {
    Description out;
    auto split = detail::split_lines(text, what, limits, out.tail);
    if (!split) return split.error();
    std::vector<Line>& lines = *split;
    if (lines.empty()) return error_at(what, 0, "nothing is in it", "a description begins with v=0");
    if (lines[0].type != 'v') return error_in(what, lines[0], {}, "the first line must be v=0", hint_for_first_line(text));
    if (lines[0].value != "0")
        return error_in(what, lines[0], lines[0].value, "version " + in_quotes(lines[0].value) + " of SDP does not exist",
                        text.starts_with("v=0\\") ? hint_for_first_line(text) : "v=0 is the only one");
    const auto taken = take_session(what, lines, out.session);
    if (!taken) return taken.error();
    for (std::size_t at = *taken; at < lines.size(); ++at) {
        Line& line = lines[at];
        if (media_types.find(line.type) == std::string_view::npos) {
            const bool known = session_types.find(line.type) != std::string_view::npos;
            return error_in(what, line, {},
                            fmt::format("{}= {}", line.type, known ? "stands in a media section" : "is not a line of SDP"),
                            known ? "it belongs above the first m=" : "leave it out, or correct its letter");
        }
        if (line.type == 'm') {
            if (out.media.size() == limits.sections)
                return error_in(what, line, {}, fmt::format("more than {} media sections", limits.sections));
            out.media.emplace_back();
        }
        out.media.back().lines.push_back(std::move(line));
    }
    const auto badly_named = [](const Line& line) {
        if (line.type != 'a') return false;
        return !is_token(attribute_of(line).name);
    };
    const auto check = [&](const Section& section) {
        return std::find_if(section.lines.begin(), section.lines.end(), badly_named);
    };
    const auto name_error = [&](const Line& line) {
        return error_in(what, line, line.value, "the name of the attribute, " + in_quotes(attribute_of(line).name) + ", is none",
                        "it is a word without blanks, then nothing or a colon");
    };
    if (const auto bad = check(out.session); bad != out.session.lines.end()) return name_error(*bad);
    for (const Section& section : out.media)
        if (const auto bad = check(section); bad != section.lines.end()) return name_error(*bad);
    return out;
}

std::string print(const Description& description) {
    std::string out;
    for (const Line& line : description.session.lines) detail::print_line(out, line);
    for (const Section& section : description.media)
        for (const Line& line : section.lines) detail::print_line(out, line);
    return out + description.tail;
}

}  // namespace volley::proto::sdp
