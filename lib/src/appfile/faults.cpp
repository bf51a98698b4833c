// `fault: [lock, fail:1%]`: the words, and which go together.
#include <algorithm>
#include <array>
#include <charconv>

#include "appfile/model.hpp"
#include "yaml/words.hpp"

namespace volley::appfile {
namespace {

using namespace std::string_view_literals;

constexpr std::array words{"block"sv, "convoy"sv,  "thread"sv,   "cpu"sv,     "lock"sv, "semaphore"sv,
                           "pace"sv,  "limit"sv,   "nocancel"sv, "buffer"sv,  "fail"sv, "close"sv,
                           "reset"sv, "garbage"sv, "drip"sv,     "backlog"sv, "stall"sv};
/// What a sleep does: one of these.
constexpr std::array sleeps{"block"sv, "convoy"sv, "thread"sv, "cpu"sv};

/// A stall lasts a second: more often than this the server would do nothing else.
constexpr double least_stall = 1.1;
constexpr double most_stall = 3600;
constexpr std::uint64_t most_drip = 60'000;
constexpr std::uint64_t most_threads = 1000;
constexpr std::uint64_t most_backlog = 4096;
constexpr std::uint64_t usual_backlog = 5;

/// What stands behind the colon.
enum class Argument { none, count, share, may_be_share, may_be_threads, may_be_backlog, may_be_milliseconds, may_be_seconds };

Argument argument_of(std::string_view word) {
    if (word == "semaphore" || word == "limit" || word == "pace") return Argument::count;
    if (word == "cpu" || word == "fail") return Argument::share;
    if (word == "block" || word == "close" || word == "reset" || word == "garbage") return Argument::may_be_share;
    if (word == "thread") return Argument::may_be_threads;
    if (word == "backlog") return Argument::may_be_backlog;
    if (word == "drip") return Argument::may_be_milliseconds;
    if (word == "stall") return Argument::may_be_seconds;
    return Argument::none;
}

/// From 1 to 1000000, 0 for anything else.
std::uint64_t read_count(std::string_view text) {
    std::uint64_t n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size() || n < 1 || n > 1'000'000) return 0;
    return n;
}

/// `30%` is 0.3; above 0, at most 100%; 0 for anything else.
double read_share(std::string_view text) {
    if (!text.ends_with('%')) return 0;
    text.remove_suffix(1);
    double n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size() || !(n > 0) || n > 100) return 0;
    return n / 100;
}

/// Seconds, `2.5`, from least_stall to most_stall; 0 for anything else.
double read_stall(std::string_view text) {
    double n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n, std::chars_format::fixed);
    const bool whole = ec == std::errc{} && end == text.data() + text.size();
    return whole && n >= least_stall && n <= most_stall ? n : 0;
}

/// The number behind the colon, in its unit; for a missing one that may be missing, the usual one.
struct Number {
    std::uint64_t count = 0;
    double share = 0;
    double seconds = 0;
};

std::optional<FaultError> read_argument(std::string_view whole, std::string_view word, std::optional<std::string_view> text,
                                        Number& out) {
    const std::string shown = yaml::in_quotes(whole);
    const auto wrong = [&](std::string_view what, const std::string& hint) {
        return FaultError{yaml::in_quotes(word) + ' ' + std::string(what) + ": " + shown, "write " + hint};
    };
    const std::string name(word);
    switch (argument_of(word)) {
        case Argument::none:
            if (text) return wrong("takes no value", name);
            break;
        case Argument::count:
            out.count = read_count(text.value_or(""));
            if (out.count == 0) return wrong("needs a number", name + ":4, from 1 to 1000000");
            break;
        case Argument::share:
            out.share = read_share(text.value_or(""));
            if (out.share == 0) return wrong("needs a share", name + ":30%, above 0, at most 100%");
            break;
        case Argument::may_be_share:
            out.share = text ? read_share(*text) : 1;
            if (out.share == 0) return wrong("takes a share", name + " or " + name + ":50%, above 0, at most 100%");
            break;
        case Argument::may_be_threads:
            out.count = text ? read_count(*text) : 0;
            if (text && (out.count == 0 || out.count > most_threads))
                return wrong("takes a number of threads", name + " or " + name + ":40, from 1 to 1000");
            break;
        case Argument::may_be_backlog:
            out.count = text ? read_count(*text) : usual_backlog;
            if (out.count == 0 || out.count > most_backlog)
                return wrong("takes a number", name + " or " + name + ":5, from 1 to 4096");
            break;
        case Argument::may_be_milliseconds:
            out.count = text ? read_count(*text) : 10;
            if (out.count == 0 || out.count > most_drip)
                return wrong("takes milliseconds", name + " or " + name + ":10, from 1 to 60000");
            break;
        case Argument::may_be_seconds:
            out.seconds = text ? read_stall(*text) : 10;
            if (out.seconds == 0) return wrong("takes seconds", name + " or " + name + ":10, from 1.1 to 3600");
            break;
    }
    return std::nullopt;
}

}  // namespace

Duration stall_of(const Application& application) {
    Duration shortest{};
    for (const Route& route : application.routes) {
        const Duration stall = route.faults.stall;
        if (stall > Duration::zero() && (shortest == Duration::zero() || stall < shortest)) shortest = stall;
    }
    return shortest;
}

std::uint64_t backlog_of(const Application& application) {
    std::uint64_t smallest = 0;
    for (const Route& route : application.routes) {
        const std::uint64_t backlog = route.faults.backlog;
        if (backlog > 0 && (smallest == 0 || backlog < smallest)) smallest = backlog;
    }
    return smallest;
}

bool is_of_sleep(std::string_view fault) { return std::find(sleeps.begin(), sleeps.end(), fault) != sleeps.end(); }

std::optional<FaultError> add_fault(std::string_view whole, Faults& faults) {
    const auto colon = whole.find(':');
    const std::string_view word = whole.substr(0, colon);
    const auto known = std::find(words.begin(), words.end(), word);
    if (known == words.end())
        return FaultError{"unknown fault " + yaml::in_quotes(whole),
                          yaml::suggest(word, std::span<const std::string_view>(words), "faults")};
    std::optional<std::string_view> argument;
    if (colon != std::string_view::npos) argument = whole.substr(colon + 1);
    Number n;
    if (auto e = read_argument(whole, word, argument, n)) return e;

    // A sleep happens in one way, and there is one gate before a view.
    const auto taken = [&](bool is_taken, std::string_view by) -> std::optional<FaultError> {
        if (!is_taken) return std::nullopt;
        return FaultError{yaml::in_quotes(word) + " does not go together with " + yaml::in_quotes(by), "remove one of them"};
    };
    const std::string_view slept = faults.block > 0 ? "block" : faults.convoy ? "convoy" : faults.threads ? "thread" : "cpu";
    if (is_of_sleep(word))
        if (auto e = taken(slept != "cpu" || faults.cpu > 0, slept)) return e;
    if (word == "lock" || word == "semaphore")
        if (auto e = taken(faults.at_a_time > 0, faults.at_a_time == 1 ? "lock" : "semaphore")) return e;
    const bool twice = (word == "limit" && faults.limit > 0) || (word == "fail" && faults.fail > 0) ||
                       (word == "buffer" && faults.buffer) || (word == "close" && faults.close > 0) ||
                       (word == "reset" && faults.reset > 0) || (word == "garbage" && faults.garbage > 0) ||
                       (word == "pace" && faults.pace > 0) || (word == "nocancel" && faults.nocancel) ||
                       (word == "backlog" && faults.backlog > 0) || (word == "drip" && faults.drip > Duration::zero()) ||
                       (word == "stall" && faults.stall > Duration::zero());
    if (twice) return FaultError{yaml::in_quotes(word) + " is given twice", "remove one of them"};

    if (word == "block") faults.block = n.share;
    if (word == "convoy") faults.convoy = true;
    if (word == "thread") faults.threads = n.count;
    if (word == "cpu") faults.cpu = n.share;
    if (word == "lock") faults.at_a_time = 1;
    if (word == "semaphore") faults.at_a_time = n.count;
    if (word == "pace") faults.pace = n.count;
    if (word == "nocancel") faults.nocancel = true;
    if (word == "backlog") faults.backlog = n.count;
    if (word == "limit") faults.limit = n.count;
    if (word == "fail") faults.fail = n.share;
    if (word == "buffer") faults.buffer = true;
    if (word == "close") faults.close = n.share;
    if (word == "reset") faults.reset = n.share;
    if (word == "garbage") faults.garbage = n.share;
    if (word == "drip") faults.drip = std::chrono::milliseconds(n.count);
    if (word == "stall") faults.stall = from_seconds(n.seconds);
    faults.text += (faults.text.empty() ? "" : ", ") + std::string(whole);
    return std::nullopt;
}

}  // namespace volley::appfile
