// Which packet goes next, and when: audio and what is passed on at once, then what is resent, then frames, spread over time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include <volley/time.hpp>

namespace volley::streams {

struct QueuedPacket {
    std::size_t section = 0;
    std::uint64_t sequence = 0;
    std::size_t bytes = 0;
    bool resend = false;
};

/// Thread safety: as a plain value.
class Pacer {
public:
    static constexpr std::size_t most_frame_packets = 512;  ///< that wait
    static constexpr std::size_t most_urgent = 512;         //
    static constexpr std::size_t most_resends = 256;        //
    /// Packets may leave early by so much, so that a timer need not fire for each.
    static constexpr Duration burst = std::chrono::milliseconds(5);
    static constexpr double factor = 2.5;

    /// @param limit  within which a frame leaves, whatever the rate.
    Pacer(bool paces, Duration limit) noexcept : paces_(paces), limit_(limit) {}

    /// @return whether there is room for so many more.
    [[nodiscard]] bool takes_frame(std::size_t packets) const noexcept { return frames_.size() + packets <= most_frame_packets; }
    [[nodiscard]] bool takes_urgent(std::size_t packets) const noexcept { return urgent_.size() + packets <= most_urgent; }
    [[nodiscard]] bool takes_resend() const noexcept { return resends_.size() < most_resends; }

    void add_urgent(const QueuedPacket& packet) { urgent_.push_back(packet); }
    void add_resend(const QueuedPacket& packet) { resends_.push_back(packet); }
    void add_frame_packet(const QueuedPacket& packet) {
        frames_.push_back(packet);
        frame_bytes_ += packet.bytes;
    }
    /// After a frame's last packet. @param target  bits per second.
    void set_rate(std::uint64_t target) noexcept;

    [[nodiscard]] std::optional<QueuedPacket> pop(TimePoint now);
    [[nodiscard]] std::optional<TimePoint> next() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return urgent_.empty() && resends_.empty() && frames_.empty(); }
    void clear() noexcept;

private:
    bool paces_;
    Duration limit_;
    std::deque<QueuedPacket> urgent_;
    std::deque<QueuedPacket> resends_;
    std::deque<QueuedPacket> frames_;
    std::size_t frame_bytes_ = 0;
    double rate_ = 0;      // bits per second
    TimePoint free_at_{};  // when what has left would have gone at that rate
};

}  // namespace volley::streams
