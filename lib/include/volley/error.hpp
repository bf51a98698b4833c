// Errors are values: a code with a home, a condition to react to, and words where a person reads them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace volley {

using error_code = boost::system::error_code;
template <class T>
using Result = boost::system::result<T>;

/// What a caller can react to. Every error code of the library equals exactly one of these, or none.
enum class Condition {
    resolve = 1,  ///< the host name has no address
    refused,      ///< nobody listens there, or no route
    reset,        ///< the peer closed or reset before a complete answer began
    timeout,      ///< a deadline passed
    tls,          ///< handshake or certificate
    protocol,     ///< the peer's bytes are not the protocol
    truncated,    ///< the answer began and was cut short
    exhausted,    ///< out of descriptors, ports or memory on this side
    cancelled,    ///< ended by us
    too_large,    ///< a limit of ours on what the peer may send
};
[[nodiscard]] const boost::system::error_category& condition_category() noexcept;
inline boost::system::error_condition make_error_condition(Condition c) noexcept {
    return {static_cast<int>(c), condition_category()};
}
/// The word used in reports for a condition: `refused`, `timeout`, ...
[[nodiscard]] std::string_view to_string(Condition c) noexcept;

/// Which condition a code stands for; for one that equals none, `Condition::protocol`.
[[nodiscard]] Condition condition_of(const error_code& ec) noexcept;

/// Errors of reading small texts: durations, rates, sizes, URLs.
enum class ParseErrc { bad_number = 1, no_unit, bad_unit, out_of_range, bad_url, empty };
[[nodiscard]] const boost::system::error_category& parse_category() noexcept;
inline error_code make_error_code(ParseErrc e) noexcept { return {static_cast<int>(e), parse_category()}; }

/// Errors of an exchange that no system call names.
enum class NetErrc {
    closed_before_answer = 1,  ///< Condition::reset
    truncated_body,            ///< Condition::truncated
    bad_answer,                ///< Condition::protocol
    header_too_large,          ///< Condition::too_large
    body_too_large,            ///< Condition::too_large
    timed_out,                 ///< Condition::timeout
    tls_failed,                ///< Condition::tls
    not_resolved,              ///< Condition::resolve
    refused,                   ///< Condition::refused
    reset,                     ///< Condition::reset
    cancelled,                 ///< Condition::cancelled
    too_many_redirects,        ///< Condition::protocol
    unsupported,               ///< Condition::protocol: this transport cannot do it
};
[[nodiscard]] const boost::system::error_category& net_category() noexcept;
inline error_code make_error_code(NetErrc e) noexcept { return {static_cast<int>(e), net_category()}; }

/// Words beside a code. `remote` came from a peer: it may hold anything, so escape it before printing.
struct Diagnostics {
    std::string message;
    std::string remote;
};

/// A place in a text that a person wrote. Line and column count from 1; column counts bytes; line 0 means "the file as a whole".
struct SourcePos {
    int line = 0;
    int column = 0;
    auto operator<=>(const SourcePos&) const = default;
};

/// One error of a file, ready to be shown with its line and a caret.
struct SourceError {
    std::string file;
    SourcePos pos;
    std::string text;       ///< what is wrong
    std::string hint;       ///< what to do; may be empty
    std::string line_text;  ///< the line itself, may be empty
};

/// `file:3:7: error: text`, the line, a caret under the column, the hint. Hostile bytes of the line are escaped.
[[nodiscard]] std::string format_source_error(const SourceError& e);

/// Makes bytes from outside safe for a terminal: control characters except tab and newline become `\xNN` (C0, DEL, C1), and so do
/// invalid UTF-8 and the controls that reorder text (U+202A to U+202E, U+2066 to U+2069). Other text stays as it is.
[[nodiscard]] std::string escape_for_terminal(std::string_view text);

}  // namespace volley

template <>
struct boost::system::is_error_condition_enum<volley::Condition> : std::true_type {};
template <>
struct boost::system::is_error_code_enum<volley::ParseErrc> : std::true_type {};
template <>
struct boost::system::is_error_code_enum<volley::NetErrc> : std::true_type {};
