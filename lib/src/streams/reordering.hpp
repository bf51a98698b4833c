// How late packets come that others have overtaken, and from when on one that is missing is rather lost than late.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include <volley/time.hpp>

namespace volley::streams {

/// Of the last packets that were overtaken it is known which came by themselves, how late, and which never did. As libwebrtc's NACK requester
/// does, a packet is left the time that overtaken ones take; but where many are lost it is asked for sooner, since each request costs a packet and each
/// moment of waiting is one in which the picture stands still. Thread safety: as a plain value.
class Reordering {
public:
    static constexpr Duration least_wait = std::chrono::milliseconds(5);
    /// What is later counts as lost.
    static constexpr Duration most_late = std::chrono::milliseconds(200);
    /// So many packets may be asked for in vain for each that is lost.
    static constexpr std::size_t vain_for_one = 6;

    /// Numbers from `from` to below `to` were overtaken.
    void note_missing(TimePoint now, std::uint64_t from, std::uint64_t to);
    /// This one has come as it was sent first, be it that it was asked for in between.
    void note_came(TimePoint now, std::uint64_t sequence);
    /// How long one that was overtaken is waited for before it is asked for.
    [[nodiscard]] Duration wait() const noexcept { return wait_; }

private:
    static constexpr Duration step = std::chrono::milliseconds(5);
    static constexpr std::size_t steps = most_late / step;
    static constexpr std::size_t kept = 128;
    static constexpr std::size_t most_open = 512;
    static constexpr std::uint8_t lost = steps;

    struct Open {
        std::uint64_t sequence;
        TimePoint since;
    };
    void expire(TimePoint now);
    void note_outcome(std::uint8_t outcome) noexcept;

    std::deque<Open> open_;                      // in the order of times
    std::array<std::uint8_t, kept> outcomes_{};  // of the last ones, in a ring: steps of lateness, or lost
    std::size_t noted_ = 0;                      // of all
    std::array<std::uint16_t, steps + 1> counts_{};
    Duration wait_ = least_wait;
};

}  // namespace volley::streams
