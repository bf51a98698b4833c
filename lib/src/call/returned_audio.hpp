// Sound that came back: decoded and listened to on threads beside the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "call/frame_workers.hpp"
#include "media/plugin.hpp"
#include "sound/chirp.hpp"
#include "sound/resampler.hpp"

namespace volley::call {

/// The chirps that calls send: one each second, at the beginning of the first packet of each second.
inline constexpr Duration chirp_distance = std::chrono::seconds(1);
/// As it is listened for; and the second of sound that it begins, over and over, at another rate.
[[nodiscard]] sound::ChirpPlan chirp_plan(int rate);
[[nodiscard]] sound::Pcm chirp_second();

/// Thread safety: every member from any thread, run() aside.
class ReturnedAudio final : public FrameWork {
public:
    static constexpr std::size_t most_waiting = 500;  ///< packets, ten seconds
    static constexpr int listening_rate = 16'000;

    /// @param listens  for chirps; else only levels are taken.
    ReturnedAudio(media::AudioCodec codec, bool listens);

    /// In the order of their timestamps; what is missing in between is filled with silence.
    void put(Bytes payload, std::uint32_t timestamp, TimePoint arrival);

    /// When chirps came: the arrival of the packet that each begins in, and how far in it.
    [[nodiscard]] std::vector<TimePoint> take_chirps();
    struct Seen {
        std::uint64_t decoded = 0;  ///< packets
        std::uint64_t undecodable = 0;
        std::uint64_t dropped = 0;  ///< came faster than they could be decoded, or out of order
        double level_db = 0;        ///< of all that was decoded; 0: nothing was
        std::string fault;
    };
    [[nodiscard]] Seen seen() const;
    [[nodiscard]] bool idle() const;
    /// Nothing more comes: run() looks through what is left.
    void finish();

    void run() override;
    void fail(std::string why) override;

private:
    struct Packet {
        Bytes payload;
        std::uint32_t timestamp = 0;
        TimePoint arrival;
    };
    [[nodiscard]] bool make_decoder();
    void hear(const Packet& packet, Seen& seen);
    void listen(std::vector<std::int16_t> mono, TimePoint arrival);
    void collect();

    const media::AudioCodec codec_;
    const bool listens_;

    mutable std::mutex mutex_;
    std::deque<Packet> waiting_;
    bool running_ = false;
    bool finishing_ = false;
    Seen seen_;
    std::vector<TimePoint> chirps_;

    // Of run() alone.
    struct Mark {
        double sample = 0;  // heard before the packet
        TimePoint arrival;
    };
    std::unique_ptr<media::AudioDecoder> decoder_;
    std::optional<sound::Resampler> resampler_;
    std::optional<sound::ChirpListener> listener_;
    std::deque<Mark> marks_;
    std::optional<std::uint32_t> next_timestamp_;
    double square_sum_ = 0;
    double samples_ = 0;
    bool given_up_ = false;
};

}  // namespace volley::call
