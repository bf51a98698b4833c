// A session description as the lines that it is made of, in their order: what was read is written again byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <volley/error.hpp>

namespace volley::proto::sdp {

/// What a reader hands out: a value, or what was wrong, in which line, and what to do. The words are safe to print and bounded, the
/// error's line_text is the peer's own: format_source_error() escapes it.
template <class T>
using Outcome = boost::system::result<T, SourceError>;

enum class LineEnd : std::uint8_t { crlf, lf, none };  ///< none: the text ended without one

/// `type=value`.
struct Line {
    char type = 'a';
    std::string value;
    int number = 0;  ///< in the text that was read, from 1; 0 where nobody read it
    LineEnd end = LineEnd::crlf;
};

/// The session's lines, or those of one media section, whose first is its `m=`.
struct Section {
    std::vector<Line> lines;

    /// Adds `type=value`.
    void add(char type, std::string value) { lines.push_back({type, std::move(value), 0, LineEnd::crlf}); }
    /// Adds `a=name`, or `a=name:value`.
    void attribute(std::string_view name, std::string_view value = {});
};

struct Description {
    Section session;
    std::vector<Section> media;
    std::string tail;  ///< empty lines after the last one: some peers write one
};

/// What is read. Bytes from a peer cost at most about fifteen times as much memory.
struct Limits {
    std::size_t bytes = 1024 * 1024;
    std::size_t line_bytes = 16 * 1024;
    std::size_t lines = 50'000;
    std::size_t sections = 1024;
};

/// Takes a description apart. Source: RFC 8866 section 5, RFC 9429 section 5.8.
/// Refused is what has no single meaning: a first line that is not `v=0`, `o=` or `s=` missing or not next, a type letter that does not
/// exist or does not belong where it stands, an attribute without a proper name, a control character. Lines may end in LF alone.
/// @param what  what the text is called in an error: "the offer".
[[nodiscard]] Outcome<Description> parse(std::string_view text, std::string_view what = "SDP", const Limits& limits = {});

/// The inverse: print(parse(text)) == text.
[[nodiscard]] std::string print(const Description& description);

/// The name of an `a=` line, and what stands behind its colon.
struct AttributeView {
    std::string_view name;
    std::string_view value;
};
[[nodiscard]] AttributeView attribute_of(const Line& line) noexcept;

/// What is wrong in a line. @param piece  the part of the line's value that the error is about; the whole line where it is none of it.
[[nodiscard]] SourceError error_in(std::string_view what, const Line& line, std::string_view piece, std::string text,
                                   std::string hint = {});

/// A remote peer's words in a message: at most forty bytes, escaped, in quotes.
[[nodiscard]] std::string in_quotes(std::string_view remote);

namespace detail {

/// The lines of a text, bounded; what they may hold is the caller's to say. Empty lines stand only at the end, in `tail`.
[[nodiscard]] Outcome<std::vector<Line>> split_lines(std::string_view text, std::string_view what, const Limits& limits,
                                                     std::string& tail);

void print_line(std::string& out, const Line& line);

}  // namespace detail
}  // namespace volley::proto::sdp
