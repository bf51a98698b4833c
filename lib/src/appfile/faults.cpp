// `fault: [lock, fail:1%]`: the words, and which go together.
#include <algorithm>
#include <array>
#include <charconv>

#include "appfile/model.hpp"
#include "yaml/words.hpp"

namespace volley::appfile {
namespace {

using namespace std::string_view_literals;

constexpr std::array words{"block"sv, "lock"sv, "semaphore"sv, "thread"sv, "cpu"sv, "limit"sv, "buffer"sv, "fail"sv};

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

}  // namespace

std::optional<FaultError> add_fault(std::string_view whole, Faults& faults) {
    const auto colon = whole.find(':');
    const std::string_view word = whole.substr(0, colon);
    const std::string_view argument = colon == std::string_view::npos ? std::string_view() : whole.substr(colon + 1);
    const std::string shown = yaml::in_quotes(whole);
    const auto known = std::find(words.begin(), words.end(), word);
    if (known == words.end())
        return FaultError{"unknown fault " + shown, yaml::suggest(word, std::span<const std::string_view>(words), "faults")};
    const bool counts = word == "semaphore" || word == "limit";
    const bool shares = word == "cpu" || word == "fail";
    if (!counts && !shares && colon != std::string_view::npos)
        return FaultError{yaml::in_quotes(word) + " takes no value: " + shown, "write " + std::string(word)};
    const std::uint64_t n = counts ? read_count(argument) : 0;
    if (counts && n == 0)
        return FaultError{yaml::in_quotes(word) + " needs a number: " + shown,
                          "write " + std::string(word) + ":4, from 1 to 1000000"};
    const double share = shares ? read_share(argument) : 0;
    if (shares && share == 0)
        return FaultError{yaml::in_quotes(word) + " needs a share: " + shown,
                          "write " + std::string(word) + ":30%, above 0, at most 100%"};

    // A sleep happens in one way, and there is one gate before a view.
    const auto taken = [&](bool is_taken, std::string_view by) -> std::optional<FaultError> {
        if (!is_taken) return std::nullopt;
        return FaultError{yaml::in_quotes(word) + " does not go together with " + yaml::in_quotes(by), "remove one of them"};
    };
    const auto slept = [&]() -> std::string_view { return faults.block ? "block" : faults.thread ? "thread" : "cpu"; };
    if (word == "block" || word == "thread" || word == "cpu")
        if (auto e = taken(faults.block || faults.thread || faults.cpu > 0, slept())) return e;
    if (word == "lock" || word == "semaphore")
        if (auto e = taken(faults.at_a_time > 0, faults.at_a_time == 1 ? "lock" : "semaphore")) return e;
    if ((word == "limit" && faults.limit > 0) || (word == "fail" && faults.fail > 0) || (word == "buffer" && faults.buffer))
        return FaultError{yaml::in_quotes(word) + " is given twice", "remove one of them"};

    if (word == "block") faults.block = true;
    if (word == "thread") faults.thread = true;
    if (word == "cpu") faults.cpu = share;
    if (word == "lock") faults.at_a_time = 1;
    if (word == "semaphore") faults.at_a_time = n;
    if (word == "limit") faults.limit = n;
    if (word == "fail") faults.fail = share;
    if (word == "buffer") faults.buffer = true;
    faults.text += (faults.text.empty() ? "" : ", ") + std::string(whole);
    return std::nullopt;
}

}  // namespace volley::appfile
