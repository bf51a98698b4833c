#include "streams/events.hpp"

#include <utility>

namespace volley::streams {

void EventQueue::push(SessionEvent&& event) {
    if (events_.size() >= Session::most_events)
        ++dropped_;
    else
        events_.push_back(std::move(event));
}

std::optional<SessionEvent> EventQueue::pop() {
    std::optional<SessionEvent> out;
    if (events_.empty()) return out;
    out.emplace(std::move(events_.front()));
    events_.pop_front();
    return out;
}

}  // namespace volley::streams
