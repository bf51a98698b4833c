// What a session has to say, until it is taken.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "streams/session.hpp"

namespace volley::streams {

class EventQueue {
public:
    /// Dropped where Session::most_events wait.
    void push(SessionEvent&& event);
    [[nodiscard]] std::optional<SessionEvent> pop();
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

private:
    std::deque<SessionEvent> events_;
    std::uint64_t dropped_ = 0;
};

}  // namespace volley::streams
