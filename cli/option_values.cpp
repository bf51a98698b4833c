#include "option_values.hpp"

#include <charconv>

#include <volley/error.hpp>

#include "options.hpp"

namespace volley::cli {

std::optional<std::string> read_count(const char* name, const TypedFlag& flag, std::size_t least, std::size_t most,
                                      std::optional<std::size_t>& place) {
    place.reset();
    if (flag.negated) return {};
    std::size_t n = 0;
    const char* end = flag.value.data() + flag.value.size();
    const auto [at, ec] = std::from_chars(flag.value.data(), end, n);
    if (ec != std::errc{} || at != end || n < least || n > most)
        return std::string(name) + ' ' + escape_for_terminal(flag.value) + ": a whole number from " + std::to_string(least) +
               " to " + std::to_string(most) + " is expected";
    place = n;
    return {};
}

std::optional<std::string> read_time(const char* name, const TypedFlag& flag, std::optional<Duration>& place) {
    place.reset();
    if (flag.negated) return {};
    const auto parsed = parse_seconds(flag.value);
    if (!parsed || *parsed < std::chrono::milliseconds(1))
        return std::string(name) + ' ' + escape_for_terminal(flag.value) + ": a time such as 10s, 500ms or 2m is expected";
    place = *parsed;
    return {};
}

}  // namespace volley::cli
