// Two SCTP associations and the network between them, in virtual time.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/sctp/usrsctp_backend.hpp"
#include "support/end_pair.hpp"

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

    void handle_packet(TimePoint now, BytesView packet) const { association->handle_packet(now, packet); }
    void handle_timeout(TimePoint now) const { association->handle_timeout(now); }
    [[nodiscard]] std::optional<TimePoint> next_timeout() const { return association->next_timeout(); }
    void drain(LossyLink& link) {
        // What was polled may let usrsctp read on, and say so to the peer.
        for (bool more = true; more;) {
            more = false;
            while (auto packet = association->poll_packet()) {
                largest_packet = std::max(largest_packet, packet->size());
                link.send(VirtualClock::now(), std::move(*packet));
                more = true;
            }
            while (polls_events) {
                auto event = association->poll_event();
                if (!event) break;
                events.push_back(std::move(*event));
                more = true;
            }
        }
    }
};

struct TheSctpStack {
    [[nodiscard]] static std::optional<TimePoint> next_timeout() { return sctp_stack().next_timeout(); }
    static void handle_timeout(TimePoint now) {
        sctp_stack().handle_timeout(now);
        while (sctp_stack().poll_ready()) continue;
    }
};

class SctpPair : public EndPair<SctpEnd, TheSctpStack> {
public:
    explicit SctpPair(LinkModel model = {}, std::uint64_t seed = 1, const proto::sctp::AssociationConfig& a_config = {},
                      const proto::sctp::AssociationConfig& b_config = {})
        : EndPair(model, seed) {
        a.association = sctp_stack().connect(VirtualClock::now(), a_config, 1);
        b.association = sctp_stack().connect(VirtualClock::now(), b_config, 2);
    }
    bool connect(Duration limit = std::chrono::seconds(30)) {
        return run_until([this] { return a.open() && b.open(); }, limit);
    }
};

}  // namespace volley::test
