// What became of the video and sound of one call, for who judges it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <volley/metrics/media_tally.hpp>
#include <volley/time.hpp>

namespace volley::metrics {

/// Counts as VideoTally has them.
struct VideoSeen {
    std::uint64_t sent = 0;
    std::uint64_t returned = 0;
    std::uint64_t lost = 0;
    std::uint64_t untold = 0;
    std::uint64_t mismatched = 0;
    std::uint64_t freezes = 0;
    std::optional<Duration> first_frame;  ///< from the planned start of the call until it was back
    std::vector<Duration> round_trips;    ///< of frames that came back, where they are kept
    bool decoded = false;                 ///< what came back was: its pictures can be looked at
    TransformSeen transform;              ///< of its pictures, where they were looked at
};

/// Counts as AudioTally has them.
struct AudioSeen {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t lost = 0;
    std::vector<Duration> round_trips;  ///< of chirps that came back, where they are kept
    std::uint64_t chirps_lost = 0;      ///< that did not, though they had their time
};

struct MediaSeen {
    std::optional<VideoSeen> video;  ///< nothing: none was sent
    std::optional<AudioSeen> audio;  ///< likewise
    /// That of video no frame came back, and why. Empty: one did, none was to, or video flowed too short a time to tell.
    std::string none_back;
    std::string none_heard;  ///< the same of audio and its packets
};

}  // namespace volley::metrics
