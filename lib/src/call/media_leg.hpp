// The video and sound that a call of ours sends, and what of it comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <volley/call/offer.hpp>
#include <volley/metrics/media_seen.hpp>
#include <volley/metrics/media_tally.hpp>
#include <volley/time.hpp>

#include "call/chirp_trips.hpp"
#include "call/client_call.hpp"
#include "call/frame_loop.hpp"
#include "call/frame_sender.hpp"
#include "call/frame_trips.hpp"
#include "call/media_sources.hpp"
#include "call/media_streams.hpp"
#include "call/picture_look.hpp"
#include "call/recording.hpp"
#include "call/returned_audio.hpp"
#include "call/returned_video.hpp"
#include "call/sound_loop.hpp"

namespace volley::call {

/// Of one call. On the loop's thread.
class MediaLeg final : public Companion {
public:
    struct Options {
        TimePoint planned{};  ///< of the call
        bool decodes = true;
        std::string record;         ///< a file of WebM or Matroska; empty: none
        std::string frames_folder;  ///< empty: none
        bool looks = false;         ///< at its pictures even where those of another call were looked at
        bool keep_round_trips = false;
        bool may_send_only = false;  ///< an answer that sends no video is none that something is amiss with
    };
    /// @param tally  takes round trips as they come, and counts in finish(); of all calls.
    MediaLeg(MediaSources& sources, boost::asio::any_io_executor executor, RandomSource& random, metrics::MediaTally& tally,
             Options options);
    ~MediaLeg() override;

    /// What the offer has.
    [[nodiscard]] std::vector<proto::sdp::LocalMedia> local_media() const;

    /// Tells what was offered and not taken.
    void note_refused(const proto::sdp::Agreed& agreed);
    /// The call is connected: sends from now on what was agreed on.
    void begin(TimePoint now, ClientCall& call);
    void take(TimePoint now, bool rtcp, BytesView packet);
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override;
    void handle_timeout(TimePoint now) override;

    /// Something was agreed on.
    [[nodiscard]] bool flows() const noexcept { return session_.has_value(); }
    /// Sends nothing more that counts. Where frames come back others follow until the last that counts is back, since a server may keep a frame
    /// until it sees the next: a jitter buffer that ends it by the first packet of the one behind it, a decoder that is one behind.
    void stop(TimePoint now);
    /// What was sent is back or lost, and looked at.
    [[nodiscard]] bool settled(TimePoint now);
    /// Counts what was not counted yet, once; what is under way in a call that has not settled is neither sent nor lost. Has pictures looked at
    /// and written what is to be saved.
    void finish(TimePoint now);

    /// After finish(): the recording is a whole file.
    [[nodiscard]] bool saved() const { return !recording_ || recording_->closed(); }
    /// After finish(): its pictures have been looked at, where they are to be.
    [[nodiscard]] bool looked() const { return !look_ || look_->found(); }
    /// After finish(): what this call was like, its pictures as far as they are looked at by now. Once.
    [[nodiscard]] metrics::MediaSeen take_seen();
    /// After take_seen(): files that were asked for and could not be written, or not to their end, and why.
    [[nodiscard]] const std::vector<std::string>& unwritten() const noexcept { return unwritten_; }

    [[nodiscard]] const TripCounts& counts() const noexcept { return trips_.counts(); }

private:
    static constexpr Duration most_patience = std::chrono::seconds(5);  ///< with what has not come back

    struct Sent {  // of frames that may come back
        std::uint32_t timestamp = 0;
        std::size_t place = 0;  // in the loop
    };
    void work(TimePoint now);
    void on(TimePoint now, streams::StreamStarted& event);
    void on(TimePoint now, streams::StreamEnded& event);
    void on(TimePoint now, streams::FrameReceived& event);
    void on(TimePoint now, streams::PacketReceived& event);
    void on(TimePoint now, streams::KeyFrameWanted& event);
    void on(TimePoint now, streams::TargetBitrateChanged& event);
    void take_frame(TimePoint now, streams::FrameReceived& frame);
    void take_sound(streams::FrameReceived& frame);
    void take_decoded(TimePoint now);
    void take_trips();
    void take_chirps();
    void take_shown(TimePoint at);
    void note_back();
    void note_first_frame(TimePoint at);
    void send_frames(TimePoint now);
    void send_sound(TimePoint now);
    [[nodiscard]] Duration patience() const noexcept;
    [[nodiscard]] Duration sound_patience() const noexcept;
    [[nodiscard]] Duration first_way() const noexcept;
    [[nodiscard]] std::uint64_t video_bytes_in(TimePoint now) const;
    [[nodiscard]] bool comes_back(const MediaSection& section) const noexcept;
    [[nodiscard]] bool video_flows() const noexcept { return sends_video_ || plays_video_; }
    [[nodiscard]] bool sends_frames() const noexcept {
        return sends_video_ && (!stopped_ || (trips_.under_way() > 0 && comes_back(*video_)));
    }
    [[nodiscard]] Duration longest_pause(TimePoint last) const;
    [[nodiscard]] Duration flowed(TimePoint now) const;
    [[nodiscard]] std::function<void()> waking();
    [[nodiscard]] std::optional<std::size_t> place_of(const KeptPicture& kept) const;
    void note(std::string text);
    [[nodiscard]] std::string why_none_back() const;
    [[nodiscard]] std::string why_none_heard() const;
    void count_video(TimePoint now, bool had_time);
    void count_trips(TimePoint now, bool had_time);
    void count_played();
    void count_streams(TimePoint now);
    void count_pictures();
    void count_audio(TimePoint now, bool had_time);
    void look_at_pictures();
    void tell_of_recording();
    void tell_of_saved(const std::optional<PictureLook::Found>& found);

    MediaSources& sources_;
    boost::asio::any_io_executor executor_;
    RandomSource& random_;
    metrics::MediaTally& tally_;
    const Options options_;
    const CallSources own_;
    std::shared_ptr<MediaLeg*> this_;  // nothing once it is gone
    ClientCall* call_ = nullptr;
    std::optional<streams::Session> session_;
    std::optional<MediaSection> video_;
    std::optional<MediaSection> audio_;
    TimePoint began_{};
    std::optional<TimePoint> stopped_;

    std::shared_ptr<const FrameLoop> loop_;
    bool sends_video_ = false;
    std::optional<TimePoint> look_for_frames_;  // they are being made
    std::optional<FrameSender> sender_;
    std::uint32_t base_ = 0;  // of the sound's timestamps
    std::deque<Sent> sent_;
    FrameTrips trips_;
    Duration slowest_{};  // frame that came back
    bool first_back_ = false;
    bool first_told_ = false;
    std::uint64_t decoded_ = 0;              // of those that came back
    Duration decoding_{};                    // all of them
    std::uint64_t undecoded_ = 0;            // of those that came back and were to be decoded
    std::optional<TimePoint> first_in_;      // arrival of the first frame, whatever it is
    TimePoint last_in_{};                    // of the last one that was played, or is known to be back
    std::uint64_t bytes_out_ = 0;            // of video, until it was stopped
    std::optional<std::uint64_t> bytes_in_;  // of video, once as much time was given to what came as to what was sent
    std::shared_ptr<ReturnedVideo> returned_;
    streams::ReceiveId video_stream_ = 0;
    std::uint64_t fell_silent_ = 0;
    std::uint64_t unassembled_ = 0;  // frames whose payloads are no picture
    bool plays_video_ = false;
    std::uint64_t played_ = 0;          // frames that came
    std::uint64_t played_decoded_ = 0;  // of them
    streams::FreezeMeter shown_;        // where nothing is sent

    std::shared_ptr<const SoundLoop> sound_;
    SoundClock sound_clock_;
    std::uint64_t sound_sent_ = 0;
    ChirpTrips chirps_;
    std::shared_ptr<ReturnedAudio> heard_;

    std::shared_ptr<Recording> recording_;
    std::shared_ptr<PictureLook> look_;
    metrics::MediaSeen seen_;
    std::vector<std::string> unwritten_;
};

}  // namespace volley::call
