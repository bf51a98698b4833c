// Two ends of a protocol and the network between them, in virtual time.
#pragma once

#include <cstdint>
#include <optional>

#include "support/lossy_link.hpp"
#include "support/virtual_clock.hpp"

namespace volley::test {

/// What the ends of a pair have in common, beside the network.
struct NothingShared {
    [[nodiscard]] static std::optional<TimePoint> next_timeout() { return std::nullopt; }
    static void handle_timeout(TimePoint) {}
};

/// An `End` has handle_packet(now, bytes), handle_timeout(now), next_timeout(), and drain(link): puts its packets there, keeps its events.
template <class End, class Shared = NothingShared>
class EndPair {
public:
    EndPair(LinkModel model, std::uint64_t seed) : to_b_(model, seed * 2), to_a_(model, seed * 2 + 1) {}
    EndPair(const EndPair&) = delete;
    EndPair& operator=(const EndPair&) = delete;

    End a;
    End b;
    [[nodiscard]] LossyLink& to_a() noexcept { return to_a_; }
    [[nodiscard]] LossyLink& to_b() noexcept { return to_b_; }
    void set_model(LinkModel model) {
        to_a_.set_model(model);
        to_b_.set_model(model);
    }

    /// Takes everything that is there to be taken, without moving time.
    void pump() {
        for (bool more = true; more;) {
            a.drain(to_b_);
            b.drain(to_a_);
            more = deliver(to_b_, b, to_a_);
            more = deliver(to_a_, a, to_b_) || more;
        }
    }

    /// Moves time from event to event until `done`, or nothing is left to happen, or `limit` has passed.
    template <class Done>
    bool run_until(Done done, Duration limit) {
        const TimePoint end = VirtualClock::now() + limit;
        pump();
        while (!done()) {
            auto next = earlier(earlier(to_b_.next(), to_a_.next()), Shared::next_timeout());
            next = earlier(next, earlier(a.next_timeout(), b.next_timeout()));
            if (!next || *next > end) {
                VirtualClock::advance_to(end);
                return false;
            }
            VirtualClock::advance_to(*next);
            Shared::handle_timeout(VirtualClock::now());
            a.handle_timeout(VirtualClock::now());
            b.handle_timeout(VirtualClock::now());
            pump();
        }
        return true;
    }
    void settle(Duration time = std::chrono::seconds(1)) {
        (void)run_until([] { return false; }, time);
    }

private:
    static bool deliver(LossyLink& link, End& to, LossyLink& back) {
        bool any = false;
        while (auto packet = link.receive(VirtualClock::now())) {
            to.handle_packet(VirtualClock::now(), *packet);
            to.drain(back);
            any = true;
        }
        return any;
    }

    LossyLink to_b_;
    LossyLink to_a_;
};

}  // namespace volley::test
