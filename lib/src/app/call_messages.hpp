// What is asked about calls and what is answered, as values and as bytes from one process to another.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "app/calls.hpp"
#include "base/bytes.hpp"

namespace volley::app {

struct OfferQuestion {
    std::string offer;
    std::string remote;     ///< who signals, as Request::remote has it
    std::string transform;  ///< empty: `none`
};
struct KnowsQuestion {
    std::string id;
};
struct PatchQuestion {
    std::string id;
    std::optional<std::string> if_match;
    std::string fragment;
};
struct HangUpQuestion {
    std::string id;
};
using CallQuestion = std::variant<OfferQuestion, KnowsQuestion, PatchQuestion, HangUpQuestion>;
/// The bool is of KnowsQuestion and HangUpQuestion: whether there is, or was, such a call.
using CallReply = std::variant<CallRefusal, CallAnswer, CallPatched, bool>;

[[nodiscard]] Bytes to_bytes(const CallQuestion& question);
[[nodiscard]] Bytes to_bytes(const CallReply& reply);
/// Nothing where the bytes are none, or more than one.
[[nodiscard]] std::optional<CallQuestion> read_question(BytesView bytes);
[[nodiscard]] std::optional<CallReply> read_reply(BytesView bytes);

}  // namespace volley::app
