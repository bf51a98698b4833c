// When a request is sent again. Source: RFC 8489 section 6.2.1.
#pragma once

#include <algorithm>

#include <volley/time.hpp>

namespace volley::proto::stun {

/// How often and how fast. The waits double from `first` up to `most`; behind the last sending comes `last`.
struct RetransmissionPlan {
    Duration first = std::chrono::milliseconds(500);
    Duration most = std::chrono::hours(1);
    int sendings = 7;
    Duration last = std::chrono::seconds(8);  ///< 16 times the first: 39.5 s in all

    /// A stream carries a request by itself: sent once, Ti of section 6.2.2.
    [[nodiscard]] static RetransmissionPlan over_stream() noexcept {
        return {std::chrono::milliseconds(39'500), std::chrono::milliseconds(39'500), 1, std::chrono::milliseconds(39'500)};
    }
};

/// The clock of one request. Thread safety: as a plain value.
class Retransmission {
public:
    enum class Step { wait, send, give_up };

    /// The request was sent for the first time.
    void start(TimePoint now, const RetransmissionPlan& plan) noexcept {
        sent_ = 1;
        wait_ = plan.first;
        due_ = now + (plan.sendings > 1 ? wait_ : plan.last);
    }
    [[nodiscard]] TimePoint due() const noexcept { return due_; }
    [[nodiscard]] int sent() const noexcept { return sent_; }

    /// What is to be done now. Whoever is late sends once, not as often as was missed.
    [[nodiscard]] Step poll(TimePoint now, const RetransmissionPlan& plan) noexcept {
        if (now < due_) return Step::wait;
        if (sent_ >= plan.sendings) return Step::give_up;
        ++sent_;
        wait_ = std::min(wait_ * 2, plan.most);
        due_ = now + (sent_ < plan.sendings ? wait_ : plan.last);
        return Step::send;
    }

private:
    TimePoint due_{};
    Duration wait_{};
    int sent_ = 0;
};

}  // namespace volley::proto::stun
