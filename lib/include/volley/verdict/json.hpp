// Observations and records as JSON: with every sample, so that what was seen can be judged again, by a later version too.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <volley/verdict/observation.hpp>
#include <volley/verdict/record.hpp>

namespace volley::verdict {

/// The name of the format, as the member `schema` has it.
inline constexpr std::string_view json_schema = "volley/verdict/1";

/// What from_json() takes at most: a longer text, more samples in all, or deeper nesting is an error. next_step() asks for no more than
/// that: what a verification writes can be read.
inline constexpr std::size_t most_json_bytes = std::size_t{64} << 20;
inline constexpr std::size_t most_json_samples = 200'000;

struct Recorded {
    Observation seen;
    Record record;
};

/// One line of JSON. Durations are whole nanoseconds; an instant that was not reached is absent.
[[nodiscard]] std::string to_json(const Observation& seen, const Record& record);

/// Reads what to_json() wrote. Unknown members are passed over.
/// @return the values, or what is wrong and where (`bursts[3].shots[0].done: not a whole number`), for people.
/// Throws: nothing but std::bad_alloc, for any input.
[[nodiscard]] std::variant<Recorded, std::string> from_json(std::string_view text);

}  // namespace volley::verdict
