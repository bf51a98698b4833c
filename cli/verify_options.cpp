#include "verify_options.hpp"

#include <charconv>

#include "measure.hpp"
#include "options.hpp"

namespace volley::cli {
namespace {

constexpr auto shortest_time = std::chrono::seconds(1);

std::optional<std::string> read_time(const char* name, const TypedFlag& flag, Duration least, Duration by_default,
                                     Duration& place) {
    place = by_default;
    if (flag.negated) return {};
    const auto parsed = parse_seconds(flag.value);
    if (!parsed || *parsed < least)
        return std::string(name) + ' ' + escape_for_terminal(flag.value) + ": a time of at least " + format_duration(least) +
               " is expected, such as 30s or 500ms";
    place = *parsed;
    return {};
}

template <class Number>
std::optional<std::string> read_count(const char* name, const TypedFlag& flag, Number most, Number by_default, Number& place) {
    place = by_default;
    if (flag.negated) return {};
    Number n{};
    const char* end = flag.value.data() + flag.value.size();
    const auto [at, ec] = std::from_chars(flag.value.data(), end, n);
    if (ec != std::errc{} || at != end || n < 1 || n > most)
        return std::string(name) + ' ' + escape_for_terminal(flag.value) + ": a whole number from 1 to " + std::to_string(most) +
               " is expected";
    place = n;
    return {};
}

std::optional<std::string> read_expectation(const TypedFlag& flag, std::vector<verdict::Expectation>& out) {
    if (flag.negated) {
        out.clear();
        return {};
    }
    auto read = verdict::parse_expectation(flag.value);
    if (auto* error = std::get_if<SourceError>(&read)) {
        std::string text = format_source_error(*error);
        while (text.ends_with('\n')) text.pop_back();
        return text;
    }
    out.push_back(std::get<verdict::Expectation>(std::move(read)));
    return {};
}

std::optional<std::string> read_path(const char* name, const TypedFlag& flag, std::string& place) {
    place = flag.negated ? std::string() : flag.value;
    if (flag.negated || place.starts_with('/')) return {};
    return std::string(name) + ' ' + escape_for_terminal(flag.value) + ": a path of the same server is expected, such as /ping";
}

}  // namespace

std::optional<std::string> read_verify_options(const RawArgs& raw, VerifyOptions& out) {
    if (!raw.error.empty()) return raw.error;
    const verify::Options defaults;
    for (const TypedFlag& flag : raw.flags) {
        std::optional<std::string> wrong;
        switch (flag.id) {
            case FlagId::time_limit:
                wrong = read_time("--time", flag, shortest_time, defaults.time, out.options.time);
                break;
            case FlagId::service_time:
                wrong = read_time("--service-time", flag, std::chrono::milliseconds(1), {}, out.options.service_time);
                break;
            case FlagId::most:
                wrong = read_count("--max", flag, verdict::most_at_once, defaults.most, out.options.most);
                break;
            case FlagId::canary:
                wrong = read_path("--canary", flag, out.options.canary);
                break;
            case FlagId::gauge:
                wrong = read_path("--gauge", flag, out.options.gauge);
                break;
            case FlagId::isolation:
                wrong = read_path("--isolation", flag, out.options.isolation);
                break;
            case FlagId::streaming:
                out.options.streaming = !flag.negated;
                break;
            case FlagId::cancellation:
                out.options.cancellation = !flag.negated;
                break;
            case FlagId::http2:
                out.options.http2 = !flag.negated;
                break;
            case FlagId::parser_canary:
                out.options.parser_canary = !flag.negated;
                break;
            case FlagId::distinct:
                out.options.distinct = !flag.negated;
                break;
            case FlagId::pid:
                wrong = read_count("--pid", flag, 1 << 30, 0, out.options.pid);
                break;
            case FlagId::expect:
                wrong = read_expectation(flag, out.expectations);
                break;
            case FlagId::seed: {
                std::string error;
                out.options.seed = flag.negated ? 0 : read_seed(flag.value, error).value_or(0);
                if (!error.empty()) wrong = error;
                break;
            }
            case FlagId::result:
                out.output = flag.negated ? std::string() : flag.value;
                break;
            case FlagId::replay:
                out.replay = flag.negated ? std::string() : flag.value;
                break;
            case FlagId::self_test:
                out.self_test = !flag.negated;
                break;
            case FlagId::quiet:
                out.quiet = !flag.negated;
                break;
            default:
                break;  // of the request, or seen to already
        }
        if (wrong) return wrong;
    }
    if (!out.options.gauge.empty() && !out.options.cancellation) return "--gauge goes with --cancellation only";
    return {};
}

}  // namespace volley::cli
