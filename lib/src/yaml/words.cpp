#include "yaml/words.hpp"

#include <algorithm>
#include <array>

#include <volley/error.hpp>

namespace volley::yaml {

std::string in_quotes(std::string_view text) {
    const bool cut = text.size() > most_in_quotes;
    if (cut) {
        std::size_t end = most_in_quotes;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not within a UTF-8 sequence
        text = text.substr(0, end);
    }
    std::string line;
    for (char c : text) {
        if (c == '\n')
            line += "\\n";
        else if (c == '\t')
            line += "\\t";
        else
            line += c;
    }
    return '`' + escape_for_terminal(line) + (cut ? "...`" : "`");
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    constexpr std::size_t most = 64;
    a = a.substr(0, most);
    b = b.substr(0, most);
    std::array<std::size_t, most + 1> before{}, last{}, row{};
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
    }
    return last[b.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    if (word.empty() || word.size() > 40) return {};
    std::string_view best;
    // A third of the letters may be wrong, rounded up: `nam` is name, `eror` is errors, `xy` is not `rate`.
    std::size_t limit = (word.size() + 2) / 3 + 1;
    for (auto c : candidates) {
        const auto d = edit_distance(word, c);
        if (d < limit && d < std::max(word.size(), c.size())) {
            limit = d;
            best = c;
        }
    }
    return best;
}

std::string suggest(std::string_view word, std::span<const std::string_view> candidates, std::string_view what) {
    if (const auto best = nearest(word, candidates); !best.empty()) return "did you mean `" + std::string(best) + "`?";
    if (candidates.empty()) return {};
    std::string out = std::string(what) + ": ";
    std::size_t shown = 0;
    for (auto c : candidates) {
        if (c.empty()) continue;
        if (shown == 24) return out + ", ...";
        if (shown++ > 0) out += ", ";
        out += escape_for_terminal(c.substr(0, 60));
    }
    return out;
}

std::string suggest(std::string_view word, const std::vector<std::string>& candidates, std::string_view what) {
    const std::vector<std::string_view> views(candidates.begin(), candidates.end());
    return suggest(word, std::span<const std::string_view>(views), what);
}

std::string join_words(std::span<const std::string_view> words, std::string_view last) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? ' ' + std::string(last) + ' ' : std::string(", ");
        out += words[i];
    }
    return out;
}

}  // namespace volley::yaml
