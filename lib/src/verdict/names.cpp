// The words of a record.
#include <volley/verdict/record.hpp>

namespace volley::verdict {

std::string_view to_string(Shape s) noexcept {
    switch (s) {
        case Shape::unknown:
            return "unknown";
        case Shape::async:
            return "async";
        case Shape::pool:
            return "pool";
        case Shape::serial:
            return "serial";
    }
    return "unknown";
}

std::string_view to_string(Mechanism m) noexcept {
    switch (m) {
        case Mechanism::unknown:
            return "unknown";
        case Mechanism::event_loop:
            return "event_loop";
        case Mechanism::thread_per_request:
            return "thread_per_request";
        case Mechanism::threads:
            return "threads";
        case Mechanism::processes:
            return "processes";
        case Mechanism::semaphore:
            return "semaphore";
        case Mechanism::lock:
            return "lock";
    }
    return "unknown";
}

std::string_view to_string(Confidence c) noexcept {
    switch (c) {
        case Confidence::low:
            return "low";
        case Confidence::medium:
            return "medium";
        case Confidence::high:
            return "high";
    }
    return "low";
}

std::string_view to_string(Headline h) noexcept {
    switch (h) {
        case Headline::inconclusive:
            return "inconclusive";
        case Headline::unstable:
            return "unstable";
        case Headline::backlog_small:
            return "backlog_small";
        case Headline::refusing:
            return "refusing";
        case Headline::cpu_bound:
            return "cpu_bound";
        case Headline::loop_blocked:
            return "loop_blocked";
        case Headline::paced:
            return "paced";
        case Headline::serial:
            return "serial";
        case Headline::pool:
            return "pool";
        case Headline::thread_per_request:
            return "thread_per_request";
        case Headline::concurrent:
            return "concurrent";
        case Headline::asynchronous:
            return "asynchronous";
    }
    return "inconclusive";
}

}  // namespace volley::verdict
