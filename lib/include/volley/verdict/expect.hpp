// What somebody expects of a verdict: read, and held against a record.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <volley/error.hpp>
#include <volley/verdict/record.hpp>

namespace volley::verdict {

/// One expectation: a fact (`async`, `pool`, `serial`, `cpu_bound`, `not refusing`, ...), or a figure compared with an amount
/// (`pool>=8`, `serial_fraction<2%`, `loop_stall<50ms`, `confidence>=medium`).
struct Expectation {
    enum class Op : std::uint8_t { is, is_not, less, less_equal, equal, not_equal, greater_equal, greater };
    std::string source;   ///< as it was written
    std::string subject;  ///< one of the words that parse_expectation() knows
    Op op = Op::is;
    double amount = 0;  ///< seconds, a share from 0 to 1, a count, or a rank of confidence
};

/// Reads one expectation. Errors: with the line, a column to point at and what may stand there; `file` in them is `--expect`.
[[nodiscard]] std::variant<Expectation, SourceError> parse_expectation(std::string_view text);

enum class Met : std::uint8_t {
    yes,
    no,
    unknown,  ///< the record is inconclusive, or does not know the figure
};
struct Tested {
    Met met = Met::unknown;
    std::string words;  ///< `pool>=8: 5 at a time`
};

/// Holds an expectation against a record. A figure that the record does not know is neither met nor failed.
[[nodiscard]] Tested test(const Expectation& expected, const Record& record);

}  // namespace volley::verdict
