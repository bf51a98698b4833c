// Two associations and the network between them, in virtual time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/sctp/usrsctp_backend.hpp"
#include "support/lossy_link.hpp"
#include "support/virtual_clock.hpp"

namespace volley::test {

/// usrsctp's state is the process', and so is this.
inline proto::sctp::Stack& sctp_stack() {
    static const std::unique_ptr<proto::sctp::Stack> stack = proto::sctp::make_usrsctp_stack();
    return *stack;
}

struct SctpEnd {
    std::unique_ptr<proto::sctp::Association> association;
    std::vector<proto::sctp::Event> events;
    std::size_t largest_packet = 0;
    bool polls_events = true;

    [[nodiscard]] bool open() const { return association->state() == proto::sctp::State::open; }
    [[nodiscard]] std::size_t count(proto::sctp::Event::Kind kind) const {
        return static_cast<std::size_t>(
            std::count_if(events.begin(), events.end(), [kind](const auto& e) { return e.kind == kind; }));
    }
    /// Of one stream, in the order in which they came.
    [[nodiscard]] std::vector<std::string> messages(std::uint16_t stream) const {
        std::vector<std::string> texts;
        for (const auto& event : events) {
            if (event.kind == proto::sctp::Event::Kind::message && event.stream == stream)
                texts.emplace_back(text_of(event.data));
        }
        return texts;
    }
    /// For a failing test.
    [[nodiscard]] std::string describe() const {
        return "state " + std::to_string(static_cast<int>(association->state())) + ", " +
               std::to_string(association->buffered()) + " bytes to send, " +
               (events.empty() ? std::string("no event") : events.back().error.message() + " " + events.back().reason);
    }
    error_code send(std::uint16_t stream, std::string_view text, const proto::sctp::Reliability& reliability = {},
                    std::uint32_t ppid = 51) {
        return association->send(VirtualClock::now(), stream, ppid, bytes_of(text), reliability);
    }
};

class SctpPair {
public:
    explicit SctpPair(LinkModel model = {}, std::uint64_t seed = 1, const proto::sctp::AssociationConfig& a_config = {},
                      const proto::sctp::AssociationConfig& b_config = {})
        : to_b_(model, seed * 2), to_a_(model, seed * 2 + 1) {
        a.association = sctp_stack().connect(VirtualClock::now(), a_config, 1);
        b.association = sctp_stack().connect(VirtualClock::now(), b_config, 2);
    }

    void pump() {
        const TimePoint now = VirtualClock::now();
        for (bool more = true; more;) {
            drain(a, to_b_);
            drain(b, to_a_);
            more = false;
            while (auto packet = to_b_.receive(now)) {
                b.association->handle_packet(now, *packet);
                drain(b, to_a_);
                more = true;
            }
            while (auto packet = to_a_.receive(now)) {
                a.association->handle_packet(now, *packet);
                drain(a, to_b_);
                more = true;
            }
        }
    }

    /// Moves time from event to event until `done` or `limit` has passed.
    template <class Done>
    bool run_until(Done done, Duration limit) {
        const TimePoint end = VirtualClock::now() + limit;
        pump();
        while (!done()) {
            auto next = earlier(earlier(to_b_.next(), to_a_.next()), sctp_stack().next_timeout());
            next = earlier(next, earlier(a.association->next_timeout(), b.association->next_timeout()));
            if (!next || *next > end) {
                VirtualClock::advance_to(end);
                return false;
            }
            VirtualClock::advance_to(*next);
            sctp_stack().handle_timeout(VirtualClock::now());
            while (sctp_stack().poll_ready()) continue;
            a.association->handle_timeout(VirtualClock::now());
            b.association->handle_timeout(VirtualClock::now());
            pump();
        }
        return true;
    }
    bool connect(Duration limit = std::chrono::seconds(30)) {
        return run_until([this] { return a.open() && b.open(); }, limit);
    }
    void settle(Duration time = std::chrono::seconds(1)) {
        (void)run_until([] { return false; }, time);
    }
    void set_model(LinkModel model) {
        to_a_.set_model(model);
        to_b_.set_model(model);
    }

    SctpEnd a;
    SctpEnd b;

private:
    static void drain(SctpEnd& end, LossyLink& link) {
        // What was polled may let usrsctp read on, and say so to the peer.
        for (bool more = true; more;) {
            more = false;
            while (auto packet = end.association->poll_packet()) {
                end.largest_packet = std::max(end.largest_packet, packet->size());
                link.send(VirtualClock::now(), std::move(*packet));
                more = true;
            }
            while (end.polls_events) {
                auto event = end.association->poll_event();
                if (!event) break;
                end.events.push_back(std::move(*event));
                more = true;
            }
        }
    }

    LossyLink to_b_;
    LossyLink to_a_;
};

}  // namespace volley::test
