// Words, figures, tables and bars for a terminal: what the text reports have in common. All text is UTF-8.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <volley/metrics/interval.hpp>
#include <volley/time.hpp>

namespace volley::report {

inline constexpr const char* bold = "1";
inline constexpr const char* dim = "2";
inline constexpr const char* red = "31";
inline constexpr const char* green = "32";
inline constexpr const char* yellow = "33";

/// Puts a colour around a text where colours are wanted.
class Paint {
public:
    explicit Paint(bool on) : on_(on) {}
    [[nodiscard]] std::string operator()(std::string_view text, const char* code) const;

private:
    bool on_;
};

/// Columns that valid UTF-8 text takes: code points, those of our own colours aside; good enough for names and figures.
[[nodiscard]] std::size_t columns(std::string_view text) noexcept;

/// Blanks behind or before a text, up to so many columns.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
[[nodiscard]] std::string right_aligned(std::string_view text, std::size_t width);

/// What a peer sent, as one line without controls: escaped, its newlines and tabs too, so that it cannot pose as a line of the report.
[[nodiscard]] std::string one_line(std::string_view text);

/// Each line cut to so many columns, with an ellipsis where something is missing. Colours end at the cut.
[[nodiscard]] std::string cut_lines(std::string_view text, std::size_t width, bool unicode);

/// Broken at spaces into lines of at most `width` columns; a longer word is a line by itself.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// 10000 as `10,000`.
[[nodiscard]] std::string grouped(std::uint64_t n);
/// Three significant digits, or all of those before the point: `1.23`, `12.3`, `12345`.
[[nodiscard]] std::string number(double v);
/// The same by the second, `12,345/s`.
[[nodiscard]] std::string rate_text(double per_second);
/// `12.3 %`. What is neither none nor all is never printed as if it were: `<0.1 %`, `>99.9 %`. 0 of 0 is `-`.
[[nodiscard]] std::string share_text(std::uint64_t part, std::uint64_t whole);
/// Decimal units: `512 B`, `12.3 kB`, `1.05 GB`.
[[nodiscard]] std::string format_bytes(double bytes);
/// `1.00 ms` where both ends read the same, `1.88 to 1.97 ms`, `950 us to 1.02 ms`, `from 2.00 s` where there is no upper bound.
[[nodiscard]] std::string range_text(const metrics::QuantileInterval& interval);
/// `50`, `4x12, 2`, or the count where it would be long.
[[nodiscard]] std::string groups_text(const std::vector<std::size_t>& groups);
/// A share from 0 to 1 as a bar of at most `width` columns, never empty.
[[nodiscard]] std::string bar(double share, int width, bool unicode);

/// A column for each value, as high as its share of the largest; what is not 0 is seen.
[[nodiscard]] std::string sparkline(std::span<const double> values, bool unicode);

/// Cells with one alignment a column: the first to the left, the rest to the right, the last as it is.
class Table {
public:
    explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] std::string print(const Paint& paint) const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace volley::report
