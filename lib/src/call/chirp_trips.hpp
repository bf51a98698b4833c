// Which of the chirps that a call sent were heard again, and when. Pure: times in; round trips out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <volley/time.hpp>

#include "sound/chirp.hpp"
#include "sound/pcm.hpp"

namespace volley::call {

/// Chirps are sent one each second, at the beginning of its first packet, of so many kinds in turn: none is like another that may still be
/// under way.
inline constexpr Duration chirp_distance = std::chrono::seconds(1);
inline constexpr std::size_t chirp_kinds = 6;

/// Each kind, as it is listened for at a rate. All lie within what a telephone passes.
[[nodiscard]] std::vector<sound::ChirpPlan> chirp_plans(int rate);
/// One of each kind, each with the rest of its second: what is played over and over.
[[nodiscard]] sound::Pcm chirp_sound();

/// Thread safety: as a plain value.
class ChirpTrips {
public:
    /// From the sending of the packet that a chirp begins in.
    static constexpr Duration timeout = std::chrono::seconds(5);

    /// In the order of times.
    void note_sent(TimePoint at, std::size_t kind);
    /// A chirp was heard that began to arrive at `at`. @return its round trip, which is more than nothing: metrics::chirp_resolution stands for what
    /// cannot be told; none where no chirp of ours can be meant.
    [[nodiscard]] std::optional<Duration> note_heard(TimePoint at, std::size_t kind);
    /// Those sent a timeout ago are lost.
    void advance(TimePoint now);
    /// Nothing more is sent: a chirp that only just began was not sent whole, and is none.
    void stop(TimePoint now);
    /// Nothing comes any more. @param had_time  what is under way is lost; else it was not sent
    void finish(bool had_time);

    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_.size(); }
    [[nodiscard]] std::uint64_t back() const noexcept { return back_; }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
    [[nodiscard]] Duration slowest() const noexcept { return slowest_; }

private:
    struct Sent {
        TimePoint at;
        std::size_t kind;
    };
    std::deque<Sent> under_way_;
    std::uint64_t back_ = 0;
    std::uint64_t lost_ = 0;
    Duration slowest_{};
};

}  // namespace volley::call
