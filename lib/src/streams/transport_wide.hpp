// The numbers that all packets of a call share: given to those that are sent, noted of those that come, and feedback on both.
// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <volley/time.hpp>

#include "proto/rtp/transport_cc.hpp"

namespace volley::streams {

/// When the packets of the peer's came, until it is told. Thread safety: as a plain value.
class ArrivalLog {
public:
    static constexpr Duration interval = std::chrono::milliseconds(100);
    static constexpr Duration first_wait = std::chrono::milliseconds(50);  ///< after a silence
    /// By so much it may go before it is due, with what is sent anyway: a datagram of its own wakes both ends.
    static constexpr Duration earliness = std::chrono::milliseconds(25);
    /// Packets in one feedback, which then fits one datagram, and packets that wait for it.
    static constexpr std::size_t most_packets = 200;

    void add(TimePoint now, std::uint16_t number);
    [[nodiscard]] std::optional<TimePoint> next() const noexcept;
    /// The next piece of feedback; nothing where no packet waits. What does not fit in it follows in another one.
    [[nodiscard]] std::optional<proto::rtp::TransportFeedback> take(TimePoint now);

private:
    struct Came {
        std::uint64_t number;
        TimePoint at;
    };
    std::vector<Came> waiting_;  // ascending
    std::optional<std::uint64_t> highest_;
    std::uint64_t told_ = 0;  // the first number that no feedback has spoken of
    std::uint8_t count_ = 0;
    std::optional<TimePoint> last_;
    TimePoint due_{};
};

/// What became of a packet that was sent.
struct PacketResult {
    TimePoint sent{};
    std::size_t bytes = 0;
    /// On a clock of the receiver's, which began anywhere. Nothing: it has not come so far.
    std::optional<Duration> came;
};

/// When packets were sent, until it is told when they came. Thread safety: as a plain value.
class SendLog {
public:
    static constexpr std::size_t most_packets = 2048;

    /// The number of the next packet, which is sent now.
    [[nodiscard]] std::uint16_t add(TimePoint now, std::size_t bytes);
    /// Whether feedback on these numbers can be true, and is worth its work: all of them were given, one of them not long ago, and all that was taken so far
    /// speaks of each packet a few times at most. What a peer makes up thus costs no more than what is sent to it. @return true once for each
    /// piece of feedback: it is counted.
    [[nodiscard]] bool admit(const proto::rtp::TransportFeedbackSpan& span) noexcept;
    /// In the order of sending; each packet that came is in one result alone, others may be in several. Numbers that were not given, or
    /// long ago, are passed over.
    [[nodiscard]] std::vector<PacketResult> take(const proto::rtp::TransportFeedback& feedback);

private:
    struct Sent {
        TimePoint at;
        std::size_t bytes;
        bool told;
    };
    std::deque<Sent> sent_;
    std::uint64_t first_ = 65536;  // the number of sent_'s first
    std::size_t credit_ = 0;       // statuses that may still be told
    std::optional<std::int32_t> reference_;
    std::int64_t reference_time_ = 0;  // the same, wraps counted
};

}  // namespace volley::streams
