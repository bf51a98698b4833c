// Questions beside the verdict: does the body stream, does work stop when the client leaves, does load here delay another path?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <volley/verdict/observation.hpp>
#include <volley/verdict/record.hpp>

namespace volley::verdict {

enum class Question : std::uint8_t { streaming, cancellation, isolation };
enum class Reply : std::uint8_t { yes, no, unknown };
[[nodiscard]] std::string_view to_string(Question q) noexcept;
[[nodiscard]] std::string_view to_string(Reply r) noexcept;

struct Answer {
    Question question = Question::streaming;
    Reply reply = Reply::unknown;  ///< yes is good: it streams, it stops, it is isolated
    std::string words;             ///< one sentence
    std::string advice;            ///< what to change; empty where nothing
};

/// The answers to what was asked, in the order of Question.
[[nodiscard]] std::vector<Answer> judge_questions(const Observation& seen, const Record& record);

/// Does the body arrive as it is made? `no`: it came at the end, all at once. What takes under 50 ms, or comes in one piece at
/// once, cannot be told.
[[nodiscard]] Answer judge_streaming(const std::vector<Stream>& streams);

/// Does work stop when the client goes away? By the gauge where there is one; else by what the next request waits for, which only a
/// server with a limit shows.
[[nodiscard]] Answer judge_cancellation(const Abandonment& seen, const Record& record);

/// Does load on the endpoint leave the other path alone? `no` where its median, or its worst by far, is beyond that of the idle server.
[[nodiscard]] Answer judge_isolation(const Isolation& seen, Duration service);

}  // namespace volley::verdict
