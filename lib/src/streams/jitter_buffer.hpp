// Packets of one stream on their way to frames: put in order, and handed out frame by frame as soon as each is complete and its turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "streams/frame_shape.hpp"

namespace volley::streams {

struct BufferedPacket {
    std::uint32_t timestamp = 0;
    bool marker = false;
    bool resent = false;
    PacketShape shape;
    std::size_t codec = 0;
    TimePoint arrival{};
    Bytes payload;  ///< empty: padding, which belongs to no frame
};

struct BufferedFrame {
    std::uint32_t timestamp = 0;
    std::size_t codec = 0;
    std::uint64_t first_sequence = 0;
    bool key = false;
    bool marker = false;
    bool resent = false;
    std::uint64_t packets_missing = 0;  ///< given up since the frame before
    TimePoint first_arrival{};
    TimePoint last_arrival{};
    std::vector<Bytes> payloads;
};

struct JitterOptions {
    bool video = true;  ///< else each packet is a frame, and a key frame
    /// Video begins with a key frame, and goes on with one after a gap. Else with whatever starts a frame.
    bool needs_key = true;
    /// What is missing is waited for so long.
    Duration wait = std::chrono::seconds(2);
    /// And so long where a complete key frame stands behind the gap.
    Duration wait_before_key = std::chrono::milliseconds(100);
    /// What came before the first packet, the start of its frame or the key frame, is waited for so long, in case it was overtaken.
    Duration start_wait = std::chrono::milliseconds(100);
};

/// No fixed delay: what is complete and in turn is there at once. Bounded in packets and bytes; what goes over that starts it anew.
/// Thread safety: as a plain value.
class JitterBuffer {
public:
    static constexpr std::size_t most_packets = 1024;           ///< from the first that is waited for to the highest
    static constexpr std::size_t most_bytes = 2 * 1024 * 1024;  //
    static constexpr std::uint64_t most_before_first = 64;      ///< numbers that the first one that came may have overtaken

    explicit JitterBuffer(const JitterOptions& options) noexcept
        : options_(options), boundary_(!options.needs_key), awaits_key_(options.video && options.needs_key) {}

    /// @return whether it is of use: not, where it is there already or its turn is over.
    bool put(std::uint64_t sequence, BufferedPacket packet);
    /// The next frame, if its turn has come.
    [[nodiscard]] std::optional<BufferedFrame> pop(TimePoint now);
    /// This number and those before it come no more.
    void give_up(std::uint64_t sequence);
    /// What is here belongs to a numbering that has ended.
    void restart();
    /// Frames until the next key frame are of no use.
    void await_key() noexcept { awaits_key_ = options_.video && options_.needs_key; }

    [[nodiscard]] bool awaits_key() const noexcept { return awaits_key_; }
    /// Something was dropped for want of a key frame since it is awaited.
    [[nodiscard]] bool misses_key() const noexcept { return awaits_key_ && dropped_for_key_; }
    /// When pop() may have something that it has not now, without another packet.
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept { return deadline_; }
    /// What is before it comes no more.
    [[nodiscard]] std::uint64_t next_sequence() const noexcept { return next_; }
    [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }

    [[nodiscard]] std::uint64_t frames_complete() const noexcept { return frames_complete_; }
    [[nodiscard]] std::uint64_t frames_dropped() const noexcept { return frames_dropped_; }
    [[nodiscard]] std::uint64_t packets_discarded() const noexcept { return packets_discarded_; }

private:
    struct Slot {
        bool present = false;
        TimePoint since{};  // it is known to be missing, or has come
        BufferedPacket packet;
    };
    // What stands at the front: a frame of so many slots, or one that is not whole yet.
    struct Scan {
        std::size_t slots = 0;  // looked at; of one frame
        bool complete = false;
        bool key = false;
        std::optional<TimePoint> gap;  // since when the slot behind them is missing
    };

    [[nodiscard]] Scan scan_from(std::size_t at, std::size_t known, bool key) const noexcept;
    [[nodiscard]] bool starts_at(std::size_t at) const noexcept;
    [[nodiscard]] std::optional<std::size_t> complete_key_ahead() const noexcept;
    [[nodiscard]] bool jump_to_key();
    void look_for_key() noexcept;
    [[nodiscard]] bool skip_gap(TimePoint now, TimePoint since);
    [[nodiscard]] BufferedFrame take(std::size_t slots);
    void drop_front() noexcept;
    void drop(std::size_t slots) noexcept;

    JitterOptions options_;
    std::deque<Slot> slots_;
    std::uint64_t next_ = 0;  // the number of the first slot
    std::size_t bytes_ = 0;
    std::size_t scanned_ = 0;  // slots at the front that are known to be of one frame, which is not complete with them
    bool scanned_key_ = false;
    bool untouched_ = true;  // nothing has left it yet
    bool boundary_ = false;  // the first slot starts a frame, whatever its packet says
    bool cut_ = false;       // what comes before the first slot was given up
    bool awaits_key_ = false;
    bool dropped_for_key_ = false;
    bool key_ahead_ = false;  // maybe
    std::uint64_t missing_ = 0;
    std::optional<TimePoint> deadline_;
    std::uint64_t frames_complete_ = 0;
    std::uint64_t frames_dropped_ = 0;
    std::uint64_t packets_discarded_ = 0;
};

}  // namespace volley::streams
