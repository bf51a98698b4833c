#include "report/terminal.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <volley/error.hpp>

namespace volley::report {
namespace {

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Length of one of our own colours at the start of the text, 0 where there is none.
std::size_t colour_length(std::string_view text) noexcept {
    if (!text.starts_with("\x1b[")) return 0;
    const auto end = text.find('m');
    return end == std::string_view::npos ? 0 : end + 1;
}

std::string cut_line(std::string_view line, std::size_t width, bool unicode) {
    if (columns(line) <= width) return std::string(line);
    const std::string_view mark = unicode ? "…" : "...";
    const std::size_t room = width > columns(mark) ? width - columns(mark) : 0;
    std::string out;
    bool coloured = false;
    for (std::size_t taken = 0; !line.empty();) {
        std::size_t n = colour_length(line);
        if (n > 0) {
            coloured = true;
        } else {
            if (taken++ == room) break;
            n = 1;
            while (n < line.size() && continues(line[n])) ++n;
        }
        out += line.substr(0, n);
        line.remove_prefix(n);
    }
    out += mark;
    return coloured ? out + "\x1b[0m" : out;
}

}  // namespace

std::string Paint::operator()(std::string_view text, const char* code) const {
    return on_ && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::size_t columns(std::string_view text) noexcept {
    std::size_t n = 0;
    while (!text.empty()) {
        const std::size_t colour = colour_length(text);
        if (colour == 0 && !continues(text.front())) ++n;
        text.remove_prefix(colour == 0 ? 1 : colour);
    }
    return n;
}

std::string padded(std::string_view text, std::size_t width) {
    return std::string(text) + std::string(width - std::min(width, columns(text)), ' ');
}

std::string right_aligned(std::string_view text, std::size_t width) {
    return std::string(width - std::min(width, columns(text)), ' ') + std::string(text);
}

std::string one_line(std::string_view text) {
    std::string out;
    for (const char c : escape_for_terminal(text)) {
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else
            out += c;
    }
    return out;
}

std::string cut_lines(std::string_view text, std::size_t width, bool unicode) {
    std::string out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        out += cut_line(text.substr(0, end), width, unicode);
        if (end < text.size()) out += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        auto& line = lines.back();
        if (line.empty()) {
            line = word;
        } else if (columns(line) + 1 + columns(word) <= width) {
            (line += ' ') += word;
        } else {
            lines.emplace_back(word);
        }
    }
    return lines;
}

std::string grouped(std::uint64_t n) {
    std::string text = std::to_string(n);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

std::string number(double v) {
    if (v < 9.995) return fmt::format("{:.2f}", v);
    if (v < 99.95) return fmt::format("{:.1f}", v);
    return fmt::format("{:.0f}", v);
}

std::string rate_text(double per_second) {
    return (per_second < 999.5 ? number(per_second) : grouped(static_cast<std::uint64_t>(std::llround(per_second)))) + "/s";
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return "-";
    if (part == 0) return "0 %";
    if (part >= whole) return "100 %";
    const double percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
    if (percent < 0.1) return "<0.1 %";
    if (percent > 99.9) return ">99.9 %";
    return fmt::format("{:.1f} %", percent);
}

std::string format_bytes(double bytes) {
    if (bytes < 999.5) return fmt::format("{:.0f} B", bytes);
    static constexpr std::array units{"kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    for (bytes /= 1000; bytes >= 999.5 && unit + 1 < units.size(); bytes /= 1000) ++unit;
    return number(bytes) + ' ' + units[unit];
}

std::string range_text(const metrics::QuantileInterval& interval) {
    if (!interval.low && !interval.high) return "no bound";
    if (!interval.low) return "up to " + format_duration(*interval.high);
    if (!interval.high) return "from " + format_duration(*interval.low);
    std::string low = format_duration(*interval.low);
    const std::string high = format_duration(*interval.high);
    if (low == high) return low;
    const auto unit = [](const std::string& text) { return text.substr(std::min(text.find(' '), text.size())); };
    if (unit(low) == unit(high)) low.resize(low.size() - unit(low).size());
    return low + " to " + high;
}

std::string groups_text(const std::vector<std::size_t>& groups) {
    std::string out;
    int runs = 0;
    for (std::size_t i = 0; i < groups.size();) {
        std::size_t same = i;
        while (same < groups.size() && groups[same] == groups[i]) ++same;
        if (++runs > 4) return fmt::format("{} groups", groups.size());
        out += out.empty() ? "" : ", ";
        out += same - i > 1 ? fmt::format("{}x{}", same - i, groups[i]) : fmt::format("{}", groups[i]);
        i = same;
    }
    return out;
}

std::string bar(double share, int width, bool unicode) {
    const int eighths = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * width * 8));
    if (!unicode) return std::string(static_cast<std::size_t>(std::max(1, eighths / 8)), '#');
    static constexpr std::array<const char*, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    std::string out;
    for (int i = 0; i < eighths / 8; ++i) out += "█";
    out += parts[static_cast<std::size_t>(eighths % 8)];
    return out.empty() ? "▏" : out;
}

std::string sparkline(std::span<const double> values, bool unicode) {
    static constexpr std::array<const char*, 9> blocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static constexpr std::array<const char*, 9> ascii{" ", "_", ".", ":", "-", "=", "+", "*", "#"};
    double largest = 0;
    for (const double v : values) largest = std::max(largest, v);
    std::string out;
    for (const double v : values) {
        const double level = largest > 0 && v > 0 ? std::max(1.0, std::round(8 * v / largest)) : 0;
        out += (unicode ? blocks : ascii)[static_cast<std::size_t>(level)];
    }
    return out;
}

std::string Table::print(const Paint& paint) const {
    std::vector<std::size_t> widths(rows_.front().size(), 0);
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
    std::string out;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
        std::string line = " ";
        for (std::size_t i = 0; i < rows_[r].size(); ++i) {
            const auto& cell = rows_[r][i];
            const bool last = i + 1 == rows_[r].size();
            line += ' ';
            line += i == 0 ? padded(cell, widths[i]) : last ? cell : right_aligned(cell, widths[i]);
            if (!last) line += ' ';
        }
        while (line.ends_with(' ')) line.pop_back();
        out += (r == 0 ? paint(line, dim) : line) + '\n';
    }
    return out;
}

}  // namespace volley::report
