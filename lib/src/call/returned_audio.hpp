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
#include "call/chirp_trips.hpp"
#include "call/frame_workers.hpp"
#include "media/plugin.hpp"
#include "sound/chirp.hpp"
#include "sound/resampler.hpp"

namespace volley::call {

/// A chirp that came back.
struct HeardChirp {
    TimePoint
        at;  ///< when it would have come, had its packet been sent when it is heard in it: the codec's own delay is taken off
    std::size_t kind = 0;  ///< of chirp_plans()
};

/// What a codec's encoder and decoder are late by together, when both are well.
[[nodiscard]] constexpr Duration delay_of(media::AudioCodec codec) noexcept {
    switch (codec) {
        case media::AudioCodec::opus:
            return std::chrono::microseconds(6500);  // OPUS_GET_LOOKAHEAD at 48 kHz: 312 samples
        case media::AudioCodec::g722:
            return std::chrono::microseconds(1375);  // its two filters of 24 taps: 22 samples at 16 kHz
        case media::AudioCodec::pcmu:
        case media::AudioCodec::pcma:
            break;
    }
    return {};
}

/// Thread safety: every member from any thread, run() aside.
class ReturnedAudio final : public FrameWork {
public:
    static constexpr std::size_t most_waiting = 500;  ///< packets, ten seconds
    static constexpr int listening_rate = 16'000;

    /// @param listens  for chirps; else only levels are taken.
    ReturnedAudio(media::AudioCodec codec, bool listens);

    struct Packet {
        Bytes payload;
        std::uint32_t timestamp = 0;
        TimePoint arrival;
        std::uint64_t stream = 0;                               ///< another one's timestamps begin anew
        std::optional<media::AudioCodec> codec = std::nullopt;  ///< where it is not what the call began with
    };
    /// In the order of their timestamps; what is missing in between is filled with silence, no more than time has passed.
    void put(Packet packet);

    [[nodiscard]] std::vector<HeardChirp> take_chirps();
    struct Seen {
        std::uint64_t decoded = 0;  ///< packets
        std::uint64_t undecodable = 0;
        std::uint64_t dropped = 0;       ///< came faster than they could be decoded, or out of order
        Duration heard{};                ///< sound that was listened through, silence that was filled in included
        std::optional<double> level_db;  ///< of all that was decoded; nothing: none was
        std::string fault;
    };
    [[nodiscard]] Seen seen() const;
    [[nodiscard]] bool idle() const;
    /// Nothing more comes: run() looks through what is left.
    void finish();

    void run() override;
    void fail(std::string why) override;

private:
    [[nodiscard]] bool make_decoder();
    void change_codec(media::AudioCodec codec);
    [[nodiscard]] bool fill_gap(const Packet& packet);
    void hear(const Packet& packet, Seen& seen);
    void listen(std::vector<std::int16_t> mono, TimePoint arrival);
    void collect();

    const bool listens_;

    mutable std::mutex mutex_;
    std::deque<Packet> waiting_;
    bool running_ = false;
    bool finishing_ = false;
    Seen seen_;
    std::vector<HeardChirp> chirps_;

    // Of run() alone.
    struct Mark {
        double sample = 0;  // of what is listened to, at the packet's beginning
        TimePoint arrival;
    };
    media::AudioCodec codec_;
    std::unique_ptr<media::AudioDecoder> decoder_;
    std::optional<sound::Resampler> resampler_;
    std::optional<sound::ChirpListener> listener_;
    std::deque<Mark> marks_;
    std::optional<std::uint32_t> next_timestamp_;
    std::uint64_t stream_ = 0;
    std::uint64_t given_ = 0;  // samples in the codec's rate, silence that was filled in included
    Duration listened_{};
    std::optional<TimePoint> first_arrival_;
    double square_sum_ = 0;
    double samples_ = 0;
    bool given_up_ = false;
};

}  // namespace volley::call
