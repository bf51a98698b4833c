// HTTPie's request items: `Header:value`, `q==v`, `field=v`, `field:=json`, `name@file` and their file forms.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "json.hpp"

namespace volley::cli {

/// One item, taken apart but not yet read: no file has been opened.
struct Item {
    enum class Kind {
        header,        ///< `H:v`, `H:` unsets
        header_empty,  ///< `H;`
        header_file,   ///< `H:@file`
        query,         ///< `q==v`
        query_file,    ///< `q==@file`
        data,          ///< `f=v`
        data_file,     ///< `f=@file`
        json,          ///< `f:=v`
        json_file,     ///< `f:=@file`
        upload,        ///< `f@file`, `f@file;type=m/t`
    };
    Kind kind = Kind::data;
    std::string key;
    std::string value;
    std::string original;
};

/// Finds the first separator, at one place the longest. `\` before `:`, `;`, `=`, `@` makes them literal, elsewhere it is a backslash.
/// @return nothing where there is no separator.
[[nodiscard]] std::optional<Item> parse_item(std::string_view text);

/// A file that goes along with a form, or is the whole body.
struct Upload {
    std::string field;
    std::string file_name;  ///< last part of the path
    std::string type;       ///< media type, given or guessed
    std::string bytes;
};

/// A field of the body. `value` is a string for `=`, else what the JSON says.
struct Field {
    std::string key;
    Json value;
    std::string original;
};

/// Everything that the items say, in the order they were given.
struct RequestItems {
    struct HeaderChange {
        std::string name;
        std::optional<std::string> value;  ///< nothing: unset it
    };
    std::vector<HeaderChange> headers;
    std::vector<std::pair<std::string, std::string>> query;
    std::vector<std::variant<Field, Upload>> body;

    [[nodiscard]] bool has_data() const noexcept { return !body.empty(); }
};

/// Reads a file whole. @return its bytes, or what is wrong ("No such file or directory").
struct FileText {
    bool ok = false;
    std::string text;  ///< the bytes, or the words
};
using FileReader = std::function<FileText(const std::string& path)>;

/// Reads the items' values and files. @return the first error in words, or nothing.
[[nodiscard]] std::optional<std::string> read_items(const std::vector<std::string>& texts, const FileReader& read_file,
                                                    RequestItems& out);

/// The media type that a file's name suggests, or application/octet-stream.
[[nodiscard]] std::string_view guess_type(std::string_view file_name) noexcept;

}  // namespace volley::cli
