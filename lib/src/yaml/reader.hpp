// Nodes to typed values: every error is kept, none ends the reading.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <volley/error.hpp>
#include <volley/time.hpp>

#include "yaml/node.hpp"

namespace volley::yaml {

/// The text that nodes came from, for carets. A view: name and lines live elsewhere.
struct Source {
    std::string_view file;
    std::span<const std::string> lines;
};

/// Makes a SourceError at a place of the text, its line included.
[[nodiscard]] SourceError error_at(const Source& where, SourcePos pos, std::string text, std::string hint = {});

/// The place of a byte of a scalar's text. Exact where the text stands in the line as it is; else the scalar's own place.
[[nodiscard]] SourcePos pos_within(const Source& where, const Value& value, std::size_t offset);

/// A key of the full format that this version does not know yet, and what can be done instead ("" where nothing can).
struct LaterKey {
    std::string_view name;
    std::string_view instead;
};

/// Collects errors and types scalars. `what` is always the key's name, for messages.
class Reader {
public:
    explicit Reader(Source where) : where_(where) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    virtual ~Reader() = default;

    void error(SourcePos pos, std::string text, std::string hint = {});
    /// At a byte of the text of a scalar, so that the caret stands where the mistake is.
    void error_within(const Value& value, std::size_t offset, std::string text, std::string hint = {});
    void add(SourceError error) { errors_.push_back(std::move(error)); }
    /// In the order of lines, each once; where there are very many, the first of them and a last one that counts the rest.
    [[nodiscard]] std::vector<SourceError> take_errors();

    /// The scalar as written, or nullptr with an error: a list or map stands there, or nothing does.
    const Value* scalar(const Node& node, std::string_view what);
    /// Its text; a format with templates replaces them here, and so for everything that is typed below.
    virtual std::optional<std::string> text(const Node& node, std::string_view what);
    std::optional<Duration> duration(const Node& node, std::string_view what, Duration least, Duration most);
    /// @param rest_too  a rate of 0 is allowed.
    std::optional<Rate> rate(const Node& node, std::string_view what, bool rest_too = false);
    std::optional<std::uint64_t> count(const Node& node, std::string_view what, std::uint64_t least, std::uint64_t most);
    /// `64KiB`, `10MiB`, `1GiB`, `500B` or plain bytes.
    std::optional<std::uint64_t> size(const Node& node, std::string_view what, std::uint64_t most);
    std::optional<bool> boolean(const Node& node, std::string_view what);
    /// A name of ours (server, scenario, phase): letters, digits, `_` and `-`, so that it can stand in thresholds and on command lines.
    bool name(const Value& value, std::string_view what);
    bool is_map(const Node& node, std::string_view what, std::string_view example);
    bool is_list(const Node& node, std::string_view what, std::string_view example);

private:
    Source where_;
    std::vector<SourceError> errors_;
};

/// The keys of one map. Unknown ones are reported as soon as it is made.
class Keys {
public:
    Keys(Reader& reader, const Node& map, std::string_view what, std::span<const std::string_view> known,
         std::span<const LaterKey> later = {});

    /// The value, or nullptr where the key is not there. A key with nothing behind it is reported and counts as not there.
    [[nodiscard]] const Node* find(std::string_view key) const;
    [[nodiscard]] const Node* require(std::string_view key, std::string_view hint) const;
    /// Where the key stands; the map itself where it is not there.
    [[nodiscard]] SourcePos key_pos(std::string_view key) const;
    [[nodiscard]] bool has(std::string_view key) const;
    /// Which of these keys are there, in the order of the file.
    [[nodiscard]] std::vector<std::string_view> among(std::span<const std::string_view> keys) const;

private:
    Reader& reader_;
    const Node& map_;
    std::string_view what_;
};

/// The pairs of a map of scalars (`headers`, `env`, ...), with their keys.
std::vector<std::pair<std::string, Value>> read_pairs(Reader& reader, const Node& node, std::string_view what,
                                                      std::string_view example);

}  // namespace volley::yaml
