// Colours and the pretty form of heads and JSON. Strings in, strings out.
#pragma once

#include <string>
#include <string_view>

#include <volley/http/message.hpp>

namespace volley::cli {

/// What a piece of text is; the terminal's own 16 colours say so.
enum class Paint {
    plain,
    punctuation,
    key,
    string,
    number,
    keyword,
    protocol,
    field_name,
    field_value,
    good,
    redirect,
    bad,
    faint
};

/// `text` in the colour of its class, or as it is where `colour` is false.
[[nodiscard]] std::string paint(Paint what, std::string_view text, bool colour);

struct JsonStyle {
    int indent = 4;
    bool format = true;  ///< false: colours only, the blanks stay as they came
    bool colour = false;
    bool escape = false;  ///< make bytes safe for a terminal that `format` would leave as they came
};

/// JSON made readable. Members keep their order, numbers their spelling; `\u` escapes become characters. A prefix that servers put
/// before JSON to keep it from being run as a script (`)]}',`, `while(1);`, `for(;;);`) stays before it.
/// @return false, with `out` untouched, where the text is no JSON.
[[nodiscard]] bool style_json(std::string_view text, const JsonStyle& style, std::string& out);

/// The head of a request as it is sent: request line, fields, the empty line; lines end in CRLF. `escape` makes bytes safe for a
/// terminal.
[[nodiscard]] std::string style_head(const http::Request& request, bool colour, bool escape);
/// The head of an answer, from the status line to the empty line.
[[nodiscard]] std::string style_head(const http::Response& response, bool colour, bool escape);

/// True for the types whose bodies are worth a try as JSON: application/json, +json, javascript, text/*.
[[nodiscard]] bool may_be_json(std::string_view content_type) noexcept;

}  // namespace volley::cli
