#include "yaml/loader.hpp"

#include <algorithm>
#include <exception>
#include <sstream>
#include <streambuf>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/utf8.hpp"
#include "yaml/words.hpp"

namespace volley::yaml {

const char* kind_name(Node::Kind kind) noexcept {
    switch (kind) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::scalar:
            return "a text";
        case Node::Kind::sequence:
            return "a list";
        case Node::Kind::map:
            return "a map";
    }
    return "";
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        lines.emplace_back(line);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

namespace {

/// What the file is called in messages, with and without its article.
struct Noun {
    explicit Noun(std::string_view noun)
        : word(noun), one((std::string_view("aeio").find(noun.substr(0, 1)) != std::string_view::npos ? "an " : "a ") + word) {}
    std::string word;
    std::string one;
};

/// Ends the reading from inside a yaml-cpp callback; caught in read_yaml().
struct Stop {
    YamlError error;
};

SourcePos pos_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

/// Builds our tree from yaml-cpp's events. Events rather than YAML::Node, because only they tell where an alias stands, show a
/// key that is given twice, and let the depth be limited before the next level is read.
class TreeBuilder : public YAML::EventHandler {
public:
    TreeBuilder(std::string_view text, std::string_view noun) : text_(text), noun_(noun) {
        line_starts_.push_back(0);
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text[i] == '\n') line_starts_.push_back(i + 1);
    }

    Node root;
    std::vector<YamlError> errors;

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1)
            throw Stop{{pos_of(mark), "a second document begins", noun_.one + " is one document: remove this `---`"}};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Node node;
        node.value.pos = pos_of(mark);
        add(std::move(node), anchor, {});
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
        Node node;
        node.kind = Node::Kind::scalar;
        node.value.pos = pos_of(mark);
        node.value.text = text;
        node.value.quoted = tag == "!";
        node.value.has_template = text.find("{{") != std::string::npos;
        refuse_tag(node.value.pos, tag);
        if (node.value.quoted) check_closed(node.value.pos);
        if (text.find('\0') != std::string::npos)
            throw Stop{{node.value.pos, "a NUL character in a text", "no key of " + noun_.one + " can hold one"}};
        add(std::move(node), anchor, {});
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto pos = pos_of(mark);
        if (expects_key()) throw Stop{{pos, "an alias as a key", "write the key itself"}};
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end())
            throw Stop{{pos, "this alias stands inside what it refers to", noun_.one + " cannot contain itself"}};
        const Anchored& what = found->second;
        nodes_ += what.nodes - 1;  // add() counts one
        alias_bytes_ += what.bytes;
        if (nodes_ > max_nodes || alias_bytes_ > max_alias_bytes)
            throw Stop{{pos, "aliases make the " + noun_.word + " too large",
                        "at most " + std::to_string(max_nodes) + " nodes and " + std::to_string(max_alias_bytes >> 20) +
                            " MiB of text, aliases counted as what they stand for"}};
        Node node = what.node;
        node.value.pos = pos;
        add(std::move(node), YAML::NullAnchor, what);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin(Node::Kind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        begin(Node::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { end(); }

private:
    struct Anchored {
        Node node;
        std::size_t nodes = 1;
        std::size_t bytes = 0;
        std::size_t height = 1;
    };
    struct Frame {
        Node node;
        YAML::anchor_t anchor = YAML::NullAnchor;
        std::size_t nodes = 1;
        std::size_t bytes = 0;
        std::size_t height = 1;
        bool has_key = false;
        bool key_is_merge = false;
        bool key_is_duplicate = false;
        Value key;
        std::unordered_map<std::string, int> keys;  ///< and the line of each
        std::vector<Node> merges;
    };

    [[nodiscard]] bool expects_key() const {
        return !stack_.empty() && stack_.back().node.kind == Node::Kind::map && !stack_.back().has_key;
    }

    void refuse_tag(SourcePos pos, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!")
            throw Stop{{pos, "the tag " + in_quotes(tag),
                        "tags are not used in " + noun_.word + "s: remove it, each key knows its own type"}};
    }

    void begin(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        const auto pos = pos_of(mark);
        if (expects_key()) {
            if (kind == Node::Kind::map && offset(pos) > 0 && text_[offset(pos) - 1] == '{')
                throw Stop{{{pos.line, pos.column - 1}, "`{{` without quotes is a map to YAML", "quote it: \"{{ name }}\""}};
            if (kind == Node::Kind::map && text_.substr(offset(pos), 2) == "{{")
                throw Stop{{pos, "`{{` without quotes is a map to YAML", "a key cannot be a template"}};
            throw Stop{{pos, std::string(kind_name(kind)) + " as a key", "a key is a plain text"}};
        }
        refuse_tag(pos, tag);
        if (stack_.size() >= max_depth) throw Stop{{pos, "nested too deep", "at most " + std::to_string(max_depth) + " levels"}};
        count(pos);
        Frame frame;
        frame.node.kind = kind;
        frame.node.value.pos = pos;
        frame.anchor = anchor;
        stack_.push_back(std::move(frame));
    }

    void end() {
        Frame frame = std::move(stack_.back());
        stack_.pop_back();
        if (!frame.merges.empty()) apply_merges(frame);
        Anchored size;
        size.nodes = frame.nodes;
        size.bytes = frame.bytes;
        size.height = frame.height;
        attach(std::move(frame.node), frame.anchor, size);
    }

    void count(SourcePos pos) {
        if (++nodes_ > max_nodes)
            throw Stop{{pos, "too many nodes", noun_.one + " has at most " + std::to_string(max_nodes) + " keys and values"}};
    }

    void add(Node node, YAML::anchor_t anchor, const Anchored& size_of) {
        count(node.value.pos);
        if (expects_key()) {
            take_key(node);
            return;
        }
        Anchored size;
        size.nodes = size_of.nodes;
        size.bytes = std::max(size_of.bytes, node.value.text.size());
        size.height = size_of.height;
        if (stack_.size() + size.height > max_depth + 1)
            throw Stop{{node.value.pos, "nested too deep",
                        "at most " + std::to_string(max_depth) + " levels, aliases counted as what they stand for"}};
        attach(std::move(node), anchor, size);
    }

    void take_key(const Node& node) {
        Frame& frame = stack_.back();
        if (node.kind == Node::Kind::null)
            throw Stop{
                {node.value.pos, "a key is missing before `:`", "write `key: value`; quote the text null where it is a key"}};
        frame.has_key = true;
        frame.key = node.value;
        frame.key_is_merge = node.value.text == "<<" && !node.value.quoted;
        frame.key_is_duplicate = false;
        ++frame.nodes;
        frame.bytes += node.value.text.size();
        if (frame.key_is_merge) return;
        const auto [place, fresh] = frame.keys.emplace(node.value.text, node.value.pos.line);
        if (!fresh) {
            frame.key_is_duplicate = true;
            if (errors.size() < 100)
                errors.push_back({node.value.pos, "duplicate key " + in_quotes(node.value.text),
                                  "first given in line " + std::to_string(place->second)});
        }
    }

    void attach(Node node, YAML::anchor_t anchor, const Anchored& size) {
        if (anchor != YAML::NullAnchor) {
            Anchored kept = size;
            kept.node = node;
            anchors_.insert_or_assign(anchor, std::move(kept));
            // Kept twice: the copy counts, or 64 levels of anchors would copy the text 64 times.
            alias_bytes_ += size.bytes;
            anchored_nodes_ += size.nodes;
            if (alias_bytes_ > max_alias_bytes || anchored_nodes_ > max_nodes)
                throw Stop{{node.value.pos, "too much text under anchors", "write fewer anchors, nearer to what they name"}};
        }
        if (stack_.empty()) {
            root = std::move(node);
            return;
        }
        Frame& frame = stack_.back();
        frame.nodes += size.nodes;
        frame.bytes += size.bytes;
        frame.height = std::max(frame.height, size.height + 1);
        if (frame.node.kind == Node::Kind::sequence) {
            frame.node.items.push_back(std::move(node));
            return;
        }
        frame.has_key = false;
        if (frame.key_is_merge)
            take_merge(frame, std::move(node));
        else if (!frame.key_is_duplicate) {
            // Nothing after `key:` is reported at the key; yaml-cpp marks the next token, which may be lines away.
            if (node.kind == Node::Kind::null) node.value.pos = frame.key.pos;
            frame.node.entries.push_back({std::move(frame.key), std::move(node)});
        }
    }

    static void take_merge(Frame& frame, Node node) {
        const auto refuse = [&] {
            throw Stop{
                {frame.key.pos, "`<<` takes a map or a list of maps", "write `<<: *anchor`, where the anchor names a map"}};
        };
        if (node.kind == Node::Kind::map)
            frame.merges.push_back(std::move(node));
        else if (node.kind == Node::Kind::sequence)
            for (auto& item : node.items) {
                if (item.kind != Node::Kind::map) refuse();
                frame.merges.push_back(std::move(item));
            }
        else
            refuse();
    }

    /// Keys of the map itself win, then the earlier of the merged maps. Source: yaml.org/type/merge.html
    static void apply_merges(Frame& frame) {
        for (auto& map : frame.merges)
            for (auto& [key, value] : map.entries)
                if (frame.keys.emplace(key.text, key.pos.line).second)
                    frame.node.entries.push_back({std::move(key), std::move(value)});
    }

    [[nodiscard]] std::size_t offset(SourcePos pos) const {
        const auto line = static_cast<std::size_t>(std::max(pos.line, 1) - 1);
        const auto start = line < line_starts_.size() ? line_starts_[line] : text_.size();
        return std::min(text_.size(), start + static_cast<std::size_t>(std::max(pos.column, 1) - 1));
    }

    /// yaml-cpp 0.7 takes the end of the file for a closing quote.
    void check_closed(SourcePos pos) const {
        std::size_t at = offset(pos);
        // An anchor may stand before the quote.
        if (at < text_.size() && text_[at] == '&') at = std::min(text_.find_first_of(" \t\r\n", at), text_.size());
        while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
        if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) return;
        const char quote = text_[at];
        for (std::size_t i = at + 1; i < text_.size(); ++i) {
            if (text_[i] == '\\' && quote == '"')
                ++i;
            else if (text_[i] == quote) {
                if (quote == '\'' && i + 1 < text_.size() && text_[i + 1] == '\'')
                    ++i;
                else
                    return;
            }
        }
        throw Stop{{pos, "this quote is never closed", "close it with " + std::string(1, quote)}};
    }

    std::string_view text_;
    Noun noun_;
    std::vector<std::size_t> line_starts_;
    std::vector<Frame> stack_;
    std::unordered_map<YAML::anchor_t, Anchored> anchors_;
    std::size_t nodes_ = 0;
    std::size_t anchored_nodes_ = 0;
    std::size_t alias_bytes_ = 0;
    int documents_ = 0;
};

/// yaml-cpp's words, made into what a person can act on.
YamlError translate(const YAML::Exception& e, const std::vector<std::string>& lines) {
    struct Words {
        std::string_view theirs, text, hint;
    };
    static constexpr Words known[] = {
        {"illegal map value", "a `:` where no key can be",
         "quote a text that holds `: `; keys of one map begin in the same column"},
        {"end of map not found", "this does not continue the map",
         "keys of one map begin in the same column; quote texts with special characters"},
        {"end of sequence not found", "this does not continue the list", "items of one list begin with `- ` in the same column"},
        {"end of map flow not found", "a `{` is not closed", "close it with `}`, and part its entries with commas"},
        {"end of sequence flow not found", "a `[` is not closed", "close it with `]`, and part its items with commas"},
        {"illegal tab", "a tab in the indentation", "indent with spaces"},
        {"illegal EOF in scalar", "the file ends within a text", "close the quote"},
        {"the referenced anchor is not defined", "this alias has no anchor",
         "define it above with `&name`; quote a text that begins with `*`"},
        {"unknown token", "a character that cannot begin a text",
         "quote texts that begin with @, %, ` or another special character"},
        {"illegal block entry", "a `- ` where no list can be", "put the list on lines of its own, below its key"},
        {"illegal flow end", "a closing bracket without an opening one", "remove it, or quote the text that holds it"},
        {"bad file", "nested too deep", "at most 64 levels"},
    };
    YamlError out{pos_of(e.mark), "not readable as YAML: " + escape_for_terminal(e.msg.substr(0, 200)), {}};
    if (e.mark.is_null()) out.pos = {};
    for (const auto& words : known)
        if (e.msg.starts_with(words.theirs)) {
            out.text = words.text;
            out.hint = words.hint;
            break;
        }
    if (e.msg.starts_with("unknown escape character")) {
        out.text = "an unknown escape in double quotes";
        out.hint = "write \\\\ for a backslash, or use single quotes";
    }
    const auto line = static_cast<std::size_t>(std::max(out.pos.line, 1) - 1);
    // yaml-cpp ends a text at `?` between brackets, which YAML does not.
    if (e.msg.starts_with("unknown token") && line < lines.size() && out.pos.column >= 1 &&
        std::string_view(lines[line]).substr(0, static_cast<std::size_t>(out.pos.column)).ends_with('?')) {
        out.text = "a `?` within brackets";
        out.hint = "quote the whole text that holds it: \"/path?a=1\"";
    }
    // What an unquoted template breaks is noticed only behind it.
    if (line < lines.size()) {
        const auto braces = lines[line].find("{{");
        if (braces != std::string::npos && static_cast<int>(braces) <= out.pos.column) {
            const auto before = std::string_view(lines[line]).substr(0, braces);
            const bool open_quote =
                (std::count(before.begin(), before.end(), '"') + std::count(before.begin(), before.end(), '\'')) % 2 != 0;
            if (!open_quote)
                return {{out.pos.line, static_cast<int>(braces) + 1},
                        "`{{` without quotes is a map to YAML",
                        "quote the whole text: \"... {{ name }} ...\""};
        }
    }
    return out;
}

/// Reads from memory that somebody else owns, so that the text is not copied.
class ViewBuffer : public std::streambuf {
public:
    explicit ViewBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());  // a get area is never written to
        setg(begin, begin, begin + text.size());
    }
};

}  // namespace

YamlTree read_yaml(std::string_view text, std::string_view noun) {
    YamlTree out;
    const auto fail = [&](SourcePos pos, std::string what, std::string hint) {
        out.errors.push_back({pos, std::move(what), std::move(hint)});
    };
    const auto place = [&](std::size_t at) -> SourcePos {
        const auto before = text.substr(0, at);
        const auto start = before.rfind('\n');
        return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
                static_cast<int>(at - (start == std::string_view::npos ? 0 : start + 1)) + 1};
    };
    if (text.size() > max_text_bytes) {
        fail({}, "the file is too large: " + std::to_string(text.size()) + " bytes", Noun(noun).one + " has at most 1 MiB");
        return out;
    }
    if (const auto at = text.find('\0'); at != std::string_view::npos) {
        fail(place(at), "a NUL byte", "is this a text file in UTF-8?");
        return out;
    }
    if (const auto at = first_bad_utf8(text); at != std::string_view::npos) {
        fail(place(at), "not UTF-8", "save the file in UTF-8");
        return out;
    }
    TreeBuilder builder(text, noun);
    try {
        ViewBuffer buffer(text);
        std::istream in(&buffer);
        YAML::Parser parser(in);
        while (parser.HandleNextDocument(builder)) {
        }
        out.usable = true;
    } catch (const Stop& stop) {
        out.errors.push_back(stop.error);
    } catch (const YAML::Exception& e) {
        out.errors.push_back(translate(e, split_lines(text)));
    } catch (const std::exception& e) {
        fail({}, std::string("not readable as YAML: ") + e.what(), {});
    }
    out.errors.insert(out.errors.begin(), builder.errors.begin(), builder.errors.end());
    if (out.usable) out.root = std::move(builder.root);
    return out;
}

}  // namespace volley::yaml
