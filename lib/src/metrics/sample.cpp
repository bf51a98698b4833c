#include <volley/metrics/sample.hpp>

namespace volley::metrics {

std::string_view to_string(Outcome o) noexcept {
    switch (o) {
        case Outcome::ok:
            return "ok";
        case Outcome::resolve:
            return "resolve";
        case Outcome::refused:
            return "refused";
        case Outcome::reset:
            return "reset";
        case Outcome::timeout:
            return "timeout";
        case Outcome::tls:
            return "tls";
        case Outcome::protocol:
            return "protocol";
        case Outcome::truncated:
            return "truncated";
        case Outcome::exhausted:
            return "exhausted";
        case Outcome::cancelled:
            return "cancelled";
        case Outcome::too_large:
            return "too_large";
    }
    return "unknown";
}

Outcome outcome_of(const error_code& ec) noexcept {
    if (!ec) return Outcome::ok;
    switch (condition_of(ec)) {
        case Condition::resolve:
            return Outcome::resolve;
        case Condition::refused:
            return Outcome::refused;
        case Condition::reset:
            return Outcome::reset;
        case Condition::timeout:
            return Outcome::timeout;
        case Condition::tls:
            return Outcome::tls;
        case Condition::protocol:
            return Outcome::protocol;
        case Condition::truncated:
            return Outcome::truncated;
        case Condition::exhausted:
            return Outcome::exhausted;
        case Condition::cancelled:
            return Outcome::cancelled;
        case Condition::too_large:
            return Outcome::too_large;
    }
    return Outcome::protocol;
}

}  // namespace volley::metrics
