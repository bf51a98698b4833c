#include "yaml/reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "yaml/words.hpp"

namespace volley::yaml {

SourceError error_at(const Source& where, SourcePos pos, std::string text, std::string hint) {
    SourceError out{std::string(where.file), pos, std::move(text), std::move(hint), {}};
    if (pos.line > 0 && static_cast<std::size_t>(pos.line) <= where.lines.size())
        out.line_text = where.lines[static_cast<std::size_t>(pos.line) - 1];
    return out;
}

SourcePos pos_within(const Source& where, const Value& value, std::size_t offset) {
    if (value.pos.line < 1 || static_cast<std::size_t>(value.pos.line) > where.lines.size()) return value.pos;
    const std::string_view line = where.lines[static_cast<std::size_t>(value.pos.line) - 1];
    auto start = static_cast<std::size_t>(std::max(value.pos.column, 1) - 1);
    if (start > line.size()) return value.pos;
    // An anchor or a quote may stand before the text; escapes inside would shift what follows, so the text must stand there as it is.
    if (start < line.size() && line[start] == '&') start = std::min(line.find_first_of(" \t", start), line.size());
    while (start < line.size() && (line[start] == ' ' || line[start] == '\t')) ++start;
    if (value.quoted && start < line.size() && (line[start] == '"' || line[start] == '\'')) ++start;
    if (line.substr(start, value.text.size()) != value.text) return value.pos;
    return {value.pos.line, static_cast<int>(start + std::min(offset, value.text.size())) + 1};
}

void Reader::error(SourcePos pos, std::string text, std::string hint) {
    add(error_at(where_, pos, std::move(text), std::move(hint)));
}

void Reader::error_within(const Value& value, std::size_t offset, std::string text, std::string hint) {
    error(pos_within(where_, value, offset), std::move(text), std::move(hint));
}

std::vector<SourceError> Reader::take_errors() {
    constexpr std::size_t most = 50;
    const auto before = [](const SourceError& a, const SourceError& b) { return a.pos < b.pos; };
    const auto same = [](const SourceError& a, const SourceError& b) { return a.pos == b.pos && a.text == b.text; };
    std::stable_sort(errors_.begin(), errors_.end(), before);
    errors_.erase(std::unique(errors_.begin(), errors_.end(), same), errors_.end());
    if (errors_.size() > most) {
        const auto more = errors_.size() - most;
        errors_.resize(most);
        errors_.push_back(
            error_at(where_, {}, "and " + std::to_string(more) + " more errors", "mend the first ones and look again"));
    }
    return std::move(errors_);
}

const Value* Reader::scalar(const Node& node, std::string_view what) {
    if (node.kind == Node::Kind::scalar) return &node.value;
    const std::string key = in_quotes(what);
    if (node.kind == Node::Kind::null)
        error(node.pos(), key + " is empty", "write a value; an empty text is \"\"");
    else
        error(node.pos(), key + " takes one value, not " + kind_name(node.kind), "quote the text, if it is one");
    return nullptr;
}

std::optional<std::string> Reader::text(const Node& node, std::string_view what) {
    const Value* value = scalar(node, what);
    return value ? std::optional(value->text) : std::nullopt;
}

std::optional<Duration> Reader::duration(const Node& node, std::string_view what, Duration least, Duration most) {
    const auto given = text(node, what);
    if (!given) return std::nullopt;
    const auto key = in_quotes(what);
    const auto d = parse_duration(*given);
    if (!d) {
        if (d.error() == ParseErrc::no_unit)
            error(node.pos(), key + " needs a unit: " + in_quotes(*given), "write " + *given + "s or " + *given + "ms");
        else if (d.error() == ParseErrc::bad_unit)
            error(node.pos(), key + " has an unknown unit: " + in_quotes(*given), "units are ns, us, ms, s, m and h");
        else if (d.error() == ParseErrc::out_of_range)
            error(node.pos(), key + " is out of range: " + in_quotes(*given), "at most 1000h");
        else
            error(node.pos(), key + " is not a time: " + in_quotes(*given), "write a number and a unit: 300ms, 10s, 2m");
        return std::nullopt;
    }
    if (*d < least || *d > most) {
        error(node.pos(), key + " is out of range: " + in_quotes(*given),
              "from " + format_duration(least) + " to " + format_duration(most));
        return std::nullopt;
    }
    return *d;
}

std::optional<Rate> Reader::rate(const Node& node, std::string_view what, bool rest_too) {
    const auto given = text(node, what);
    if (!given) return std::nullopt;
    const auto key = in_quotes(what);
    const auto r = parse_rate(*given);
    if (r && r->per_second <= 1e6) return *r;
    const bool rests = given->find_first_of("123456789") == std::string::npos;
    if (rest_too && !r && r.error() == ParseErrc::out_of_range && rests) return Rate{};
    if (r || r.error() == ParseErrc::out_of_range)
        error(node.pos(), key + " is out of range: " + in_quotes(*given),
              rest_too ? "from 0/s to 1000000/s" : "above 0, at most 1000000/s");
    else if (r.error() == ParseErrc::no_unit)
        error(node.pos(), key + " needs a unit: " + in_quotes(*given), "write " + *given + "/s");
    else if (r.error() == ParseErrc::bad_unit)
        error(node.pos(), key + " has an unknown unit: " + in_quotes(*given), "units are /s, /m and /h");
    else
        error(node.pos(), key + " is not a rate: " + in_quotes(*given), "write 100/s or 6000/m");
    return std::nullopt;
}

std::optional<std::uint64_t> Reader::count(const Node& node, std::string_view what, std::uint64_t least, std::uint64_t most) {
    const auto given = text(node, what);
    if (!given) return std::nullopt;
    std::uint64_t n = 0;
    const char* end = given->data() + given->size();
    const auto [stopped, bad] = std::from_chars(given->data(), end, n);
    if (given->empty() || stopped != end || (bad != std::errc{} && bad != std::errc::result_out_of_range)) {
        error(node.pos(), in_quotes(what) + " is not a whole number: " + in_quotes(*given), "write digits only");
        return std::nullopt;
    }
    if (bad != std::errc{} || n < least || n > most) {
        error(node.pos(), in_quotes(what) + " is out of range: " + in_quotes(*given),
              "from " + std::to_string(least) + " to " + std::to_string(most));
        return std::nullopt;
    }
    return n;
}

std::optional<std::uint64_t> Reader::size(const Node& node, std::string_view what, std::uint64_t most) {
    const auto given = text(node, what);
    if (!given) return std::nullopt;
    std::uint64_t n = 0;
    const char* end = given->data() + given->size();
    const auto [stopped, ec] = std::from_chars(given->data(), end, n);
    const std::string_view unit(stopped, static_cast<std::size_t>(end - stopped));
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> units{
        {{"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1024UL * 1024}, {"GiB", 1024UL * 1024 * 1024}}};
    const auto known = std::find_if(units.begin(), units.end(), [&](const auto& u) { return u.first == unit; });
    if (stopped == given->data() || known == units.end()) {
        error(node.pos(), in_quotes(what) + " is not a size: " + in_quotes(*given),
              "write a whole number of B, KiB, MiB or GiB: 64KiB");
        return std::nullopt;
    }
    if (ec != std::errc{} || n > most / known->second) {
        error(node.pos(), in_quotes(what) + " is out of range: " + in_quotes(*given),
              "at most " + std::to_string(most) + " bytes");
        return std::nullopt;
    }
    return n * known->second;
}

std::optional<bool> Reader::boolean(const Node& node, std::string_view what) {
    const auto given = text(node, what);
    if (!given) return std::nullopt;
    if (*given == "true") return true;
    if (*given == "false") return false;
    static constexpr std::array<std::string_view, 6> yes{"yes", "on", "True", "TRUE", "Yes", "1"};
    static constexpr std::array<std::string_view, 6> no{"no", "off", "False", "FALSE", "No", "0"};
    std::string hint = "write true or false";
    if (std::find(yes.begin(), yes.end(), *given) != yes.end()) hint = "write true";
    if (std::find(no.begin(), no.end(), *given) != no.end()) hint = "write false";
    error(node.pos(), in_quotes(what) + " is neither true nor false: " + in_quotes(*given), hint);
    return std::nullopt;
}

bool Reader::name(const Value& value, std::string_view what) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto good = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    const auto& t = value.text;
    if (!t.empty() && t.size() <= 64 && (letter(t[0]) || t[0] == '_') && std::all_of(t.begin(), t.end(), good)) return true;
    error(value.pos, "not a name for a " + std::string(what) + ": " + in_quotes(t),
          "a letter, then letters, digits, `_` and `-`, 64 at most");
    return false;
}

bool Reader::is_map(const Node& node, std::string_view what, std::string_view example) {
    if (node.kind == Node::Kind::map) return true;
    error(node.pos(), in_quotes(what) + " is a map, not " + kind_name(node.kind), "write " + std::string(example));
    return false;
}

bool Reader::is_list(const Node& node, std::string_view what, std::string_view example) {
    if (node.kind == Node::Kind::sequence) return true;
    error(node.pos(), in_quotes(what) + " is a list, not " + kind_name(node.kind), "write " + std::string(example));
    return false;
}

Keys::Keys(Reader& reader, const Node& map, std::string_view what, std::span<const std::string_view> known,
           std::span<const LaterKey> later)
    : reader_(reader), map_(map), what_(what) {
    for (const auto& [key, value] : map.entries) {
        if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
        const auto soon =
            std::find_if(later.begin(), later.end(), [&wanted = key.text](const LaterKey& k) { return k.name == wanted; });
        if (soon != later.end()) {
            reader.error(key.pos, in_quotes(key.text) + " is not supported by this version",
                         soon->instead.empty() ? "remove it" : std::string(soon->instead));
            continue;
        }
        std::string extra;
        if (key.text == "<<") extra = "`<<` merges only where it is not quoted";
        reader.error(key.pos, "unknown key " + in_quotes(key.text) + " in " + std::string(what),
                     extra.empty() ? suggest(key.text, known, "known keys") : extra);
    }
}

const Node* Keys::find(std::string_view key) const {
    for (const auto& [name, value] : map_.entries) {
        if (name.text != key) continue;
        if (value.kind == Node::Kind::null) {
            // Reported once, by whoever asks first; has() and among() still count the key as given.
            reader_.error(name.pos, in_quotes(key) + " is empty", "write a value, or remove the key");
            return nullptr;
        }
        return &value;
    }
    return nullptr;
}

const Node* Keys::require(std::string_view key, std::string_view hint) const {
    if (!has(key)) {
        reader_.error(map_.pos(), std::string(what_) + " has no " + in_quotes(key), std::string(hint));
        return nullptr;
    }
    return find(key);
}

SourcePos Keys::key_pos(std::string_view key) const {
    for (const auto& [name, value] : map_.entries)
        if (name.text == key) return name.pos;
    return map_.pos();
}

bool Keys::has(std::string_view key) const {
    return std::any_of(map_.entries.begin(), map_.entries.end(), [&](const auto& entry) { return entry.key.text == key; });
}

std::vector<std::string_view> Keys::among(std::span<const std::string_view> keys) const {
    std::vector<std::string_view> out;
    for (const auto& [name, value] : map_.entries)
        if (const auto at = std::find(keys.begin(), keys.end(), name.text); at != keys.end()) out.push_back(*at);
    return out;
}

std::vector<std::pair<std::string, Value>> read_pairs(Reader& reader, const Node& node, std::string_view what,
                                                      std::string_view example) {
    std::vector<std::pair<std::string, Value>> out;
    if (!reader.is_map(node, what, example)) return out;
    for (const auto& [key, value] : node.entries)
        if (const Value* v = reader.scalar(value, key.text)) out.emplace_back(key.text, *v);
    return out;
}

}  // namespace volley::yaml
