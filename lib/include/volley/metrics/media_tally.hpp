// What became of the video and sound of calls: which frames came back, when, and what the streams counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <volley/metrics/histogram.hpp>
#include <volley/time.hpp>

namespace volley::metrics {

/// Which transform a server applied, as told from its pictures.
struct TransformSeen {
    struct Score {
        std::string name;
        double correlation = 0;  ///< -1 to 1
    };
    std::string asked;           ///< empty: none was asked for
    std::string seen;            ///< the one that correlates best; empty: none stands out, or nothing could be looked at
    double margin = 0;           ///< by which it does better than the next
    std::vector<Score> scores;   ///< best first
    std::uint64_t pictures = 0;  ///< that were looked at
};

/// Video of calls that sent it, or played it. Names that W3C's webrtc-stats has are used in its sense.
struct VideoTally {
    std::uint64_t calls = 0;            ///< that agreed on video in both directions
    std::uint64_t calls_back = 0;       ///< of them, those that got a frame back
    std::uint64_t players = 0;          ///< calls that send none and are sent some (WHEP); their frames are received and played
    std::uint64_t played = 0;           ///< frames that came to them
    std::uint64_t sent = 0;             ///< frames whose time to come back is over, or that are back
    std::uint64_t returned = 0;         ///< of those sent, in time
    std::uint64_t late = 0;             ///< of those sent: after the time allowed; also lost
    std::uint64_t lost = 0;             //
    std::uint64_t under_way = 0;        ///< waited for when somebody ended the run: none of those sent, returned or lost
    Duration under_way_longest{};       ///< for how long the oldest of them
    std::uint64_t untold = 0;           ///< of those sent, while frames came of which nobody can tell which they are
    std::uint64_t received = 0;         ///< frames that came
    std::uint64_t repeated = 0;         ///< of them: seen before
    std::uint64_t mismatched = 0;       ///< of them: timestamp and picture say different frames; no match of anything
    std::uint64_t unknown = 0;          ///< of them: of no frame that could be meant
    std::uint64_t decoded = 0;          ///< of them
    std::uint64_t unreadable = 0;       ///< of those decoded: without a number in the picture
    std::uint64_t undecodable = 0;      ///< of those received: no picture, to the decoder or before
    std::uint64_t by_timestamp = 0;     ///< of those returned: known by their RTP timestamp alone
    std::uint64_t by_code = 0;          ///< by the number in the picture alone
    std::uint64_t by_both = 0;          ///< by both, which agree
    Histogram round_trip;               ///< from the planned instant of a frame until it is back, decoded where it is
    Histogram network;                  ///< from its last packet sent to the last one back: the way and the server
    Histogram assembly;                 ///< until all frames before it are there
    Histogram decoding;                 ///< until it is a picture again
    Histogram first_frame;              ///< of a call: from its planned start until the first frame was back
    std::uint64_t freezes = 0;          ///< freezeCount
    Duration frozen{};                  ///< totalFreezesDuration
    Duration longest_freeze{};          //
    Duration length{};                  ///< of all calls' video from its first frame that came: for rates of what comes
    Duration length_out{};              ///< likewise from the first one sent: for rates of what is sent
    std::uint64_t bytes_out = 0;        ///< payloads of RTP
    std::uint64_t bytes_in = 0;         //
    std::uint64_t packets_out = 0;      //
    std::uint64_t packets_in = 0;       //
    std::uint64_t packets_lost_in = 0;  ///< of those that were to come, not even by resending
    std::uint64_t resent_out = 0;       ///< retransmittedPacketsSent
    std::uint64_t resent_in = 0;        ///< retransmittedPacketsReceived
    std::uint64_t nacks_out = 0;        ///< nackCount, of what is received
    std::uint64_t nacks_in = 0;         ///< of what is sent
    std::uint64_t plis_out = 0;         ///< pliCount
    std::uint64_t plis_in = 0;          //
    std::uint64_t unanswered = 0;       ///< key frames that were asked for last and never came
    std::uint64_t resized = 0;          ///< changes of the returned picture's size
    std::uint64_t fell_silent = 0;      ///< streams that stopped without a goodbye
    std::uint64_t stopped = 0;          ///< nothing more came while frames were still sent or played, for two seconds at least
    Duration stopped_after{};           ///< of the call: when its last packet came; of the one that was first to stop
    Duration stood{};   ///< from the last frame that came to a stopped one until its end, the longest: no freeze in that sense
    std::string codec;  ///< of the first call
    std::string size;   ///< of its returned pictures, where they are decoded: of the last one
    std::string size_before;  ///< that they had before it last changed, in the first call where it did
    TransformSeen transform;  ///< of its pictures

    void merge(const VideoTally& other);
};

/// Sound of calls that sent it.
struct AudioTally {
    std::uint64_t calls = 0;        ///< that agreed on audio
    std::uint64_t calls_back = 0;   ///< of them, those that got sound back
    std::uint64_t sent = 0;         ///< packets
    std::uint64_t received = 0;     //
    std::uint64_t lost = 0;         ///< of those that were to come
    std::uint64_t chirps = 0;       ///< whose time to come back is over, or that are back
    std::uint64_t chirps_back = 0;  //
    Histogram round_trip;           ///< of chirps: from the sending of the packet that it begins in
    std::uint64_t bytes_out = 0;    ///< payloads of RTP
    std::uint64_t bytes_in = 0;     //
    std::string codec;              ///< of the first call
    /// Of what came, of its first call: root of the mean square over full scale, in decibels. Nothing: none was heard.
    std::optional<double> level_db;

    void merge(const AudioTally& other);
};

struct MediaTally {
    VideoTally video;
    AudioTally audio;
    std::vector<std::string> notes;  ///< what a person should know, at most 8; may hold nothing of the peer's
    void merge(const MediaTally& other);
};

}  // namespace volley::metrics
