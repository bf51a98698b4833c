#include "request_items.hpp"

#include <algorithm>
#include <array>

#include <volley/error.hpp>
#include <volley/http/message.hpp>

namespace volley::cli {
namespace {

struct Separator {
    std::string_view text;
    Item::Kind kind;
};
/// Longer ones first, since at one place the longest wins.
constexpr std::array<Separator, 10> separators{{
    {":=@", Item::Kind::json_file},
    {"==@", Item::Kind::query_file},
    {":=", Item::Kind::json},
    {"==", Item::Kind::query},
    {"=@", Item::Kind::data_file},
    {":@", Item::Kind::header_file},
    {":", Item::Kind::header},
    {";", Item::Kind::header_empty},
    {"=", Item::Kind::data},
    {"@", Item::Kind::upload},
}};

bool is_special(char c) noexcept { return c == ':' || c == ';' || c == '=' || c == '@'; }

/// Takes the backslashes away that make a separator literal.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) {
            if (!is_special(text[at + 1])) out += '\\';
            ++at;
        }
        out += text[at];
    }
    return out;
}

std::string_view trim(std::string_view s) noexcept {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

std::string quoted(std::string_view text) { return '\'' + escape_for_terminal(text) + '\''; }

struct KnownType {
    std::string_view extension;
    std::string_view type;
};
constexpr std::array<KnownType, 26> known_types{{
    {"avif", "image/avif"},       {"bin", "application/octet-stream"},
    {"css", "text/css"},          {"csv", "text/csv"},
    {"gif", "image/gif"},         {"gz", "application/gzip"},
    {"htm", "text/html"},         {"html", "text/html"},
    {"jpeg", "image/jpeg"},       {"jpg", "image/jpeg"},
    {"js", "text/javascript"},    {"json", "application/json"},
    {"md", "text/markdown"},      {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},         {"pdf", "application/pdf"},
    {"png", "image/png"},         {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"}, {"txt", "text/plain"},
    {"wasm", "application/wasm"}, {"webm", "video/webm"},
    {"webp", "image/webp"},       {"xml", "application/xml"},
    {"yaml", "application/yaml"}, {"zip", "application/zip"},
}};

class Reader {
public:
    Reader(const FileReader& read_file, RequestItems& out) : read_file_(read_file), out_(out) {}

    std::optional<std::string> read(const Item& item) {
        using Kind = Item::Kind;
        switch (item.kind) {
            case Kind::header: {
                const std::string_view value = trim(item.value);
                if (value.empty())
                    out_.headers.push_back({item.key, std::nullopt});
                else
                    out_.headers.push_back({item.key, std::string(value)});
                return {};
            }
            case Kind::header_empty:
                if (!item.value.empty())
                    return "invalid item " + quoted(item.original) + " (to send a header with an empty value write " +
                           quoted(item.key + ';') + ')';
                out_.headers.push_back({item.key, ""});
                return {};
            case Kind::header_file:
            case Kind::query_file: {
                std::string text;
                if (auto error = load(item, item.value, text)) return error;
                while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
                if (item.kind == Kind::query_file)
                    out_.query.emplace_back(item.key, std::move(text));
                else
                    out_.headers.push_back({item.key, std::string(trim(text))});
                return {};
            }
            case Kind::query:
                out_.query.emplace_back(item.key, item.value);
                return {};
            case Kind::data:
                return field(item, item.value);
            case Kind::data_file: {
                std::string text;
                if (auto error = load(item, item.value, text)) return error;
                return field(item, std::move(text));
            }
            case Kind::json:
                return json(item, item.value);
            case Kind::json_file: {
                std::string text;
                if (auto error = load(item, item.value, text)) return error;
                return json(item, text);
            }
            case Kind::upload:
                return upload(item);
        }
        return {};
    }

private:
    std::optional<std::string> load(const Item& item, const std::string& path, std::string& text) {
        FileText file = read_file_(path);
        if (!file.ok) return quoted(item.original) + ": " + file.text + ": " + quoted(path);
        text = std::move(file.text);
        return {};
    }

    std::optional<std::string> field(const Item& item, std::string value) {
        if (!is_utf8(item.key) || !is_utf8(value))
            return quoted(item.original) + ": the text is not UTF-8 (send a file as it is with @FILE, or with --form NAME@FILE)";
        out_.body.emplace_back(Field{item.key, Json::string_of(std::move(value)), item.original});
        return {};
    }

    std::optional<std::string> json(const Item& item, std::string_view text) {
        auto parsed = parse_json(text);
        if (const auto* error = std::get_if<JsonError>(&parsed)) {
            std::string words =
                quoted(item.original) + ": no JSON: " + error->what + " at character " + std::to_string(error->offset + 1);
            const std::string_view bare = trim(text);
            const bool word = !bare.empty() && bare.find_first_of("{}[]\",:") == std::string_view::npos;
            if (item.kind == Item::Kind::json && word) words += " (for a text write " + quoted(item.key + '=' + item.value) + ')';
            return words;
        }
        out_.body.emplace_back(Field{item.key, std::get<Json>(std::move(parsed)), item.original});
        return {};
    }

    std::optional<std::string> upload(const Item& item) {
        Upload part;
        part.field = item.key;
        std::string path = item.value;
        constexpr std::string_view mark = ";type=";
        if (const std::size_t at = path.rfind(mark); at != std::string::npos) {
            part.type = path.substr(at + mark.size());
            path.resize(at);
            if (part.type.empty() || std::ranges::any_of(part.type, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
                return quoted(item.original) + ": a media type such as text/plain is expected after ;type=";
        }
        if (auto error = load(item, path, part.bytes)) return error;
        part.file_name = path.substr(path.rfind('/') + 1);
        if (part.type.empty()) part.type = std::string(guess_type(part.file_name));
        out_.body.emplace_back(std::move(part));
        return {};
    }

    const FileReader& read_file_;
    RequestItems& out_;
};

}  // namespace

std::optional<Item> parse_item(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
            continue;
        }
        if (!is_special(text[at])) continue;
        for (const auto& separator : separators) {
            if (!text.substr(at).starts_with(separator.text)) continue;
            return Item{separator.kind, unescape(text.substr(0, at)), unescape(text.substr(at + separator.text.size())),
                        std::string(text)};
        }
    }
    return {};
}

std::optional<std::string> read_items(const std::vector<std::string>& texts, const FileReader& read_file, RequestItems& out) {
    Reader reader(read_file, out);
    for (const std::string& text : texts) {
        const auto item = parse_item(text);
        if (!item)
            return quoted(text) +
                   " is not a valid value (request items are Header:value, query==value, field=value, field:=json, "
                   "name@file)";
        if (auto error = reader.read(*item)) return error;
    }
    return {};
}

std::string_view guess_type(std::string_view file_name) noexcept {
    const std::size_t dot = file_name.rfind('.');
    if (dot != std::string_view::npos)
        for (const auto& known : known_types)
            if (http::iequals(file_name.substr(dot + 1), known.extension)) return known.type;
    return "application/octet-stream";
}

}  // namespace volley::cli
