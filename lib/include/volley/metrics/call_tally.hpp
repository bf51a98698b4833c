// What became of WebRTC calls: how their set-up went, and what their messages met with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <volley/metrics/histogram.hpp>
#include <volley/metrics/media_tally.hpp>
#include <volley/time.hpp>

namespace volley::metrics {

/// The steps of a call's set-up, each from the end of the one before; the first from the planned start of the call.
enum class CallStage : std::uint8_t {
    gathered,  ///< our candidates are known and the offer is written
    http,      ///< it was sent, and its answer read
    ice,       ///< there is a way to the peer
    dtls,      ///< the peer is who its description says
    sctp,      ///< the association stands
    channel,   ///< the data channel is open at both ends: the call is set up
};
inline constexpr std::size_t call_stages = 6;
/// `gathered`, `http`, ..., `channel`.
[[nodiscard]] std::string_view to_string(CallStage stage) noexcept;

/// Times of a call by the names that checks, thresholds and results have for them. Source of `connected`: RTCPeerConnectionState of W3C.
enum class CallTime : std::uint8_t {
    gather,           ///< until our candidates are known and the offer is written, from the planned start of the call
    offer_to_answer,  ///< from then on, until the answer was read
    ice,              ///< from the answer until there was a way to the peer
    dtls,             ///< from there until the peer was who its description says
    connected,        ///< until ICE and DTLS were through, from the planned start of the call
    dc_open,          ///< until the data channel was open, from the planned start of the call
};
inline constexpr std::size_t call_times = 6;
/// `gather`, `offer_to_answer`, ..., `dc_open`.
[[nodiscard]] std::string_view to_string(CallTime time) noexcept;
[[nodiscard]] std::optional<CallTime> call_time_of(std::string_view name) noexcept;

/// The same of one call, from the instants at which it came through its stages; nothing for what it did not come to.
[[nodiscard]] std::optional<Duration> time_of(CallTime time, TimePoint planned,
                                              const std::array<std::optional<TimePoint>, call_stages>& reached) noexcept;

/// The kind of failure of a call that got no frame of its video back.
inline constexpr const char* no_video = "video";
/// Likewise of a call to which nothing came of its audio.
inline constexpr const char* no_audio = "audio";

/// Calls of one phase against one server, in bounded memory. Thread safety: as a plain value.
struct CallTally {
    struct Stage {
        Histogram took;  ///< from the stage before
        Histogram at;    ///< from the planned start of the call
    };

    std::uint64_t calls = 0;      ///< that began
    std::uint64_t set_up = 0;     ///< of them, those whose channel opened
    std::uint64_t planned = 0;    ///< starts whose instant has come: calls, missed and saturated
    std::uint64_t missed = 0;     ///< of the planned ones, those that we were too late for
    std::uint64_t saturated = 0;  ///< of the planned ones, those refused because as many calls as allowed were under way
    std::uint64_t failed = 0;     ///< never set up, broken off by the peer or the way to it, or a check did not hold
    std::map<std::string, std::uint64_t>
        errors;  ///< of failed ones by kind: `status`, `refused`, `answer`, `ice`, `dtls`, `video`, ...
    std::array<Stage, call_stages> stages;  ///< of calls that came so far
    Histogram from_start;                   ///< until a call was set up, from its actual start, whether or not that was late
    Histogram start_lag;                    ///< how late we were ourselves, of every call

    std::uint64_t sent = 0;          ///< messages that an answer was waited for
    std::uint64_t answered = 0;      //
    std::uint64_t lost = 0;          ///< not answered in time, or before the call broke off
    std::uint64_t under_way = 0;     ///< waited for when somebody ended the run: none of those sent, answered or lost
    Duration under_way_longest{};    ///< for how long the oldest of them
    Duration ping_timeout{};         ///< given to an answer; of several runs the least. Zero: unknown
    std::uint64_t late = 0;          ///< of the lost ones, those whose answer came afterwards
    std::uint64_t repeated = 0;      ///< answers that had come before
    std::uint64_t out_of_order = 0;  ///< answers to a message that was sent before one whose answer had come already
    std::uint64_t strange = 0;       ///< messages that answer nothing
    std::uint64_t bytes_out = 0;     ///< of datagrams, without UDP and IP
    std::uint64_t bytes_in = 0;      //

    std::shared_ptr<MediaTally> media;  ///< of calls that sent video or sound; nothing otherwise

    /// From the planned start of a call until it was set up.
    [[nodiscard]] const Histogram& setup() const noexcept { return stages.back().at; }
    [[nodiscard]] const Histogram& time(CallTime time) const noexcept;
    void merge(const CallTally& other);
};

}  // namespace volley::metrics
