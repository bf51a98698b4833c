// Which of the frames that a call sent came back, when, and by what that is known. Pure: times and numbers in; counts and round trips out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>

#include <volley/metrics/histogram.hpp>
#include <volley/time.hpp>

#include "streams/freeze_meter.hpp"

namespace volley::call {

/// What is to be added to the RTP timestamp of a frame, 0 to 63 ticks (at 90 kHz 0.7 ms): without it all frames are equally far apart, and
/// timestamps that come back with a constant offset would fit as well one frame later. The same for the same seed and index.
[[nodiscard]] std::uint32_t timestamp_dither(std::uint64_t seed, std::uint64_t index) noexcept;

/// A frame as it was sent.
struct SentFrame {
    std::uint64_t index = 0;  ///< rises from frame to frame
    std::optional<std::uint32_t>
        code;  ///< that its picture shows, as the reader will give it: the counter modulo RingLayout::codes()
    std::uint32_t rtp_timestamp = 0;  ///< with its dither
    TimePoint captured;               ///< when the picture was made
    TimePoint sent;                   ///< when its last packet was handed to the socket
    bool counted = true;              ///< else it only pushes those before it out of who waits for what follows a frame
};

/// A frame whose packets have all come back.
struct ReturnedFrame {
    std::uint32_t rtp_timestamp = 0;
    TimePoint last_packet;  ///< when the last of its packets arrived
    TimePoint assembled;    ///< when it was given out for decoding: after the frames before it
    bool uncalled_for =
        false;  ///< came when all that was sent had had its time: is counted only if it is a frame of ours after all
};

/// A frame that came back, decoded.
struct DecodedFrame {
    std::uint32_t rtp_timestamp = 0;  ///< of its ReturnedFrame
    TimePoint decoded;
    std::optional<std::uint32_t> code;  ///< as read off the picture; none where it shows none or is not clear
};

/// By what a frame was known again.
enum class KnownBy : std::uint8_t { timestamp, code, both };
[[nodiscard]] std::string_view to_string(KnownBy by) noexcept;

/// The round trip of a frame.
struct FrameTrip {
    std::uint64_t index = 0;
    KnownBy by = KnownBy::timestamp;
    TimePoint captured;
    TimePoint sent;
    TimePoint last_packet;
    TimePoint assembled;
    std::optional<TimePoint> decoded;

    [[nodiscard]] Duration coding() const noexcept { return sent - captured; }  ///< from the picture to its last packet sent
    [[nodiscard]] Duration network() const noexcept {
        return last_packet - sent;
    }  ///< the way there and back, the server included
    [[nodiscard]] Duration assembly() const noexcept { return assembled - last_packet; }  ///< waiting for frames before it
    [[nodiscard]] Duration decoding() const noexcept { return decoded ? *decoded - assembled : Duration{}; }
    /// From the picture to its return: decoded, or assembled where nobody decodes.
    [[nodiscard]] Duration whole() const noexcept { return (decoded ? *decoded : assembled) - captured; }
};

/// Round trips of one call or of many. 300 KiB: for many calls one is enough.
struct TripTimes {
    metrics::Histogram network;
    metrics::Histogram assembly;
    metrics::Histogram decoding;
    metrics::Histogram whole;

    void record(const FrameTrip& trip) noexcept;
    void merge(const TripTimes& other) noexcept;
};

/// Numbers of frames. One that is not counted (SentFrame) is in none of them, once it is known again.
struct TripCounts {
    std::uint64_t sent = 0;
    std::uint64_t returned = 0;  ///< of those sent, in time
    std::uint64_t late = 0;      ///< of those sent, after TripPlan::timeout
    std::uint64_t lost = 0;      ///< of those sent, not within TripPlan::timeout: includes late
    std::uint64_t untold =
        0;  ///< of those sent, whose time is over while frames came back of which nobody can tell which they are
    std::uint64_t received = 0;    ///< frames that came, whatever they are, while some were to come
    std::uint64_t repeated = 0;    ///< of those received: one that had come before
    std::uint64_t mismatched = 0;  ///< of those received: timestamp and picture say different frames, or the timestamp says none
    std::uint64_t unknown = 0;     ///< of those received: of no frame that could be meant
    std::uint64_t decoded = 0;     ///< of those received
    std::uint64_t unreadable = 0;  ///< of those decoded: showed no code, or none that is clear, though ours have one
};

struct TripPlan {
    Duration timeout = std::chrono::seconds(5);  ///< from sending to the last packet's return
    bool decoded = true;                         ///< what comes back is decoded: a match waits a second for that
};

/// Matches frames. Two things tell which frame came back:
/// - its RTP timestamp, if the server keeps timestamps or adds a constant: that offset is searched for among all that are possible, and believed
///   when exactly one fits each of the last twelve frames (five, once no more come), whose steps must not be all alike, or when six codes bear
///   out the only one that they do. It is given up when frames come that do not fit it; for good, when the pictures of eight such frames tell
///   which they are: then the server's timestamps follow a clock, and an offset only ever seems to fit for a while.
/// - the code in its picture: the only frame sent within the timeout before that shows it; of several the one whose way took as long as that of
///   the frame before, where it stands out; and none before the newest that came back. Now and then a picture that shows no code is read as if
///   it did: where the code is all there is, it is believed once six of the last 24 pictures show frames in their order whose ways took about
///   as long, and the next picture has to bear each out by not being an earlier one.
///   A ring that coding left as it was makes the code that of an earlier frame, which as a rule has come: where it has not, but its way is
///   far longer than those about it, and a later frame whose code differs in one ring has one like them, neither is believed to be back.
/// Where there are both they must agree; a frame of which they do not is counted as a mismatch and is no match of anything.
/// Memory: the frames of the timeout and 5 s more, 2,048 at most. Thread safety: as a plain value.
class FrameTrips {
public:
    static constexpr std::size_t most_remembered = 2048;
    static constexpr Duration hold = std::chrono::seconds(4);         ///< longest wait for an offset
    static constexpr Duration decode_hold = std::chrono::seconds(1);  ///< longest wait for a picture
    static constexpr std::size_t codes_to_believe = 6;                ///< fewer pictures need not show that they are ours

    /// What is known of the server's timestamps.
    enum class Stamps : std::uint8_t {
        searching,  ///< not enough came back
        kept,       ///< ours and a constant: by_timestamp()
        restamped,  ///< no offset fits: they are the server's own
        ambiguous,  ///< more than one offset fits, as without dither
    };

    explicit FrameTrips(const TripPlan& plan = {}) : plan_(plan) {}

    /// In the order of indices and times.
    void note_sent(const SentFrame& frame);
    /// In any order. The same timestamp once more is a repetition.
    void note_returned(const ReturnedFrame& frame);
    /// Behind its note_returned(), within decode_hold: later its picture is not compared any more.
    void note_decoded(const DecodedFrame& frame);
    /// Time passes: what waits too long is judged by what is known of it. Call it now and then, at the latest at next_timeout().
    void advance(TimePoint now);
    [[nodiscard]] std::optional<TimePoint> next_timeout() const;
    /// Nothing comes any more: judges all that waits. Frames under way whose time is not over are neither lost nor returned.
    void finish(TimePoint now);

    /// The next round trip that is known. Take them after each call of the above.
    [[nodiscard]] std::optional<FrameTrip> poll();

    [[nodiscard]] const TripCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] const streams::FreezeMeter& freezes() const noexcept { return freezes_; }
    [[nodiscard]] Stamps stamps() const noexcept { return stamps_; }
    [[nodiscard]] bool by_timestamp() const noexcept { return stamps_ == Stamps::kept; }
    /// What the server adds to our timestamps, modulo 2^32; meant only with by_timestamp().
    [[nodiscard]] std::uint32_t offset() const noexcept { return offset_; }
    /// Sent and neither back nor lost.
    [[nodiscard]] std::size_t under_way() const noexcept { return waiting_; }
    /// When the first of those was sent.
    [[nodiscard]] std::optional<TimePoint> oldest_under_way() const;
    [[nodiscard]] std::optional<TimePoint> first_sent() const noexcept { return first_sent_; }
    /// When the first frame of all was back: decoded, or assembled where nobody decodes.
    [[nodiscard]] std::optional<TimePoint> first_frame() const noexcept { return first_frame_; }

private:
    static constexpr std::size_t frames_to_believe = 12;
    // As many do when no more come: that a wrong offset fits so many steps of 0 to 63 ticks more or less is one chance in millions.
    static constexpr std::size_t frames_at_the_end = 5;
    static constexpr std::size_t codes_to_doubt = 4;  // fewer are no longer believed
    static constexpr std::size_t codes_at_the_end = 3;
    static constexpr std::size_t readings_kept = 24;
    static constexpr std::size_t frames_to_give_up = 24;
    static constexpr std::size_t search_again_every = 32;   // frames, when given up
    static constexpr std::size_t strays_to_doubt = 4;       // of the last frames_to_believe
    static constexpr std::size_t clashes_to_doubt = 3;      // in a row
    static constexpr std::size_t drifts_to_disbelieve = 8;  // of all

    enum class Fate : std::uint8_t { waiting, returned, late, lost, untold };
    struct Sent {
        SentFrame frame;
        Fate fate = Fate::waiting;
        bool doubted = false;  // it may be the one that came, or another with its code
    };
    struct Back {
        ReturnedFrame frame;
        std::optional<DecodedFrame> decoded;
    };
    struct Stamp {  // one of the last that came
        std::uint32_t rtp_timestamp = 0;
        TimePoint at;
        std::optional<std::uint32_t> code;
    };
    struct Reading {  // of one of the last pictures
        std::uint64_t number = 0;
        Duration way{};  // that it took
    };
    struct Held {
        Back back;
        std::uint64_t number = 0;
    };

    [[nodiscard]] Sent& sent_at(std::uint64_t number) noexcept { return sent_[number - first_number_]; }
    [[nodiscard]] const Sent& sent_at(std::uint64_t number) const noexcept { return sent_[number - first_number_]; }
    [[nodiscard]] std::optional<std::uint64_t> sent_with(std::uint32_t rtp_timestamp, TimePoint before) const;
    [[nodiscard]] std::optional<std::uint64_t> sent_showing(std::uint32_t code, TimePoint before, Duration within) const;
    void doubt_those_showing(std::uint32_t code, TimePoint before) noexcept;
    void forget_sent(TimePoint now);
    void expire(TimePoint now);
    void lose(Sent& sent) noexcept;
    void forget_uncounted(const Back& back) noexcept;

    void search_offset(bool last_chance);
    [[nodiscard]] bool steps_are_alike() const noexcept;
    void offset_found(std::uint32_t offset);
    void doubt_offset();
    void note_stray(bool stray);
    void note_drift();

    void settle(TimePoint now, bool all);
    void judge(const Back& back);
    void judge_by_stamp(const Back& back);
    void judge_by_code(const Back& back);
    void note_reading(const Back& back);
    [[nodiscard]] std::size_t readings_in_order() const noexcept;
    void believe_codes();
    void take_code(const Back& back);
    void give_up_code(const Back& back) noexcept;
    void judge_unproven_at_the_end();
    [[nodiscard]] std::optional<std::uint64_t> rather_than(const Held& held, const Held* next) const;
    [[nodiscard]] Duration way_of(const Held& held) const;
    void release_held(const Held* next = nullptr);
    void match(const Back& back, std::uint64_t number, KnownBy by);
    void count(std::uint64_t TripCounts::*what, const Back& back) noexcept;
    void count_decoded(const DecodedFrame& frame) noexcept;

    TripPlan plan_;
    TripCounts counts_;
    streams::FreezeMeter freezes_;
    std::deque<Sent> sent_;
    std::uint64_t first_number_ = 0;    // of sent_: frames are numbered as they are sent
    std::uint64_t oldest_waiting_ = 0;  // none before it waits
    std::size_t waiting_ = 0;
    std::unordered_map<std::uint32_t, std::uint64_t> stamp_;  // RTP timestamp -> number
    std::deque<Back> back_;                                   // not yet judged
    std::deque<std::uint32_t> seen_;                          // timestamps that came
    std::deque<Stamp> recent_;                                // the last frames_to_believe of them
    std::deque<bool> strays_;                                 // of the last frames_to_believe that were judged by timestamp
    std::size_t clashes_ = 0;
    std::size_t drifts_ = 0;      // strays whose picture tells which frame they are
    std::uint64_t searched_ = 0;  // frames that came since the search began
    bool over_ = false;           // frames come that are not called for
    bool codes_sent_ = false;
    bool codes_believed_ = false;
    std::deque<std::optional<Reading>> readings_;  // of the last readings_kept pictures that were judged by their code
    std::deque<Back> unproven_;                    // while codes are not believed
    std::optional<Duration> newest_way_;           // that a frame took which came back
    double way_change_ = 0;                        // from one to the next, in seconds: mean of the last few
    std::size_t way_changes_ = 0;
    Stamps stamps_ = Stamps::searching;
    std::uint32_t offset_ = 0;
    std::optional<Held> held_;  // known by its code, not yet borne out
    std::optional<std::uint64_t> newest_by_code_;
    std::deque<FrameTrip> trips_;
    std::optional<TimePoint> first_sent_;
    std::optional<TimePoint> first_frame_;
};

}  // namespace volley::call
