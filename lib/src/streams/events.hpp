// What a session has to say, until it is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "streams/session.hpp"

namespace volley::streams {

class EventQueue {
public:
    void push(SessionEvent event) {
        if (events_.size() >= Session::most_events)
            ++dropped_;
        else
            events_.push_back(std::move(event));
    }
    [[nodiscard]] std::optional<SessionEvent> pop() {
        if (events_.empty()) return std::nullopt;
        std::optional<SessionEvent> out(std::move(events_.front()));
        events_.pop_front();
        return out;
    }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

private:
    std::deque<SessionEvent> events_;
    std::uint64_t dropped_ = 0;
};

}  // namespace volley::streams
