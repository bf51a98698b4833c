#include "call/answer_media.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include <volley/call/offer.hpp>
#include <volley/time.hpp>

#include "call/frame_workers.hpp"
#include "call/packet_frames.hpp"
#include "call/recording.hpp"
#include "call/sound_player.hpp"
#include "call/video_transformer.hpp"
#include "streams/deadlines.hpp"

namespace volley::call {

namespace sdp = proto::sdp;

namespace {

/// Of the target rate, for what is not video.
constexpr std::uint64_t audio_share = 64'000;
constexpr std::uint64_t least_video = 50'000;

class MediaHandler final : public CallHandler {
public:
    MediaHandler(const AnswerMedia& shared, std::string transform, CallSources sources, std::string record_to,
                 RandomSource& random, std::unique_ptr<CallHandler> inner)
        : shared_(shared),
          transform_(std::move(transform)),
          sources_(std::move(sources)),
          record_to_(std::move(record_to)),
          random_(random),
          inner_(std::move(inner)),
          sound_(shared) {}
    MediaHandler(const MediaHandler&) = delete;
    MediaHandler& operator=(const MediaHandler&) = delete;
    ~MediaHandler() override {
        if (transformer_) {
            transformer_->abandon();
            shared_.workers->want(transformer_);  // codecs take a while to go
        }
        if (!recording_) return;
        if (const auto fault = recording_->fault(); !fault.empty()) tell("a call is not recorded: " + fault);
        recording_->close();
    }

    void handle(ServerCall& call, TimePoint at, webrtc::PeerEvent& event) override {
        note_heard(call, at);
        if (auto* const packet = std::get_if<webrtc::MediaPacket>(&event)) {
            if (!session_) return;
            session_->handle_packet(at, packet->rtcp, packet->bytes);
            work(call, at);
            return;
        }
        if (const auto* const changed = std::get_if<webrtc::PeerStateChanged>(&event)) {
            if (changed->state == webrtc::PeerState::connected && !session_) begin(call, at);
            if (changed->state == webrtc::PeerState::closed || changed->state == webrtc::PeerState::failed) tell_faults(at);
        }
        inner_->handle(call, at, event);
    }

    [[nodiscard]] std::optional<TimePoint> next_timeout() const override {
        const auto when = streams::earlier(inner_->next_timeout(), sound_.due());
        return session_ ? streams::earlier(when, session_->next_timeout()) : when;
    }

    void handle_timeout(ServerCall& call, TimePoint now) override {
        note_heard(call, now);
        inner_->handle_timeout(call, now);
        if (!session_) return;
        if (session_->next_timeout() && now >= *session_->next_timeout()) session_->handle_timeout(now);
        take_transformed(now);
        sound_.play(now, *session_);
        work(call, now);
    }

private:
    void begin(ServerCall& call, TimePoint now) {
        const auto& agreed = call.peer().agreed();
        if (!agreed) return;
        video_ = video_section(*agreed);
        audio_ = audio_section(*agreed);
        if (!video_ && !audio_) return;
        StreamOptions options;
        options.rate = shared_.rate;
        if (reflects()) {
            options.video = streams::Delivery::packets;
            options.pace = false;
        }
        if (shared_.audio == AnswerAudio::echo) options.audio = streams::Delivery::packets;
        session_.emplace(make_streams(now, *agreed, sources_, options, random_));
        began_ = now;
        call_id_ = call.id();
        sound_.begin(now, *session_, audio_);
        if (record_to_.empty()) return;
        const auto coming = [&](const std::optional<MediaSection>& of) {
            return of && sdp::receives(section(of->index).direction);
        };
        const auto video = coming(video_) ? video_codec_of(section(video_->index), video_->codec) : std::nullopt;
        const auto audio = coming(audio_) ? audio_codec_of(section(audio_->index), audio_->codec) : std::nullopt;
        if (video || audio) recording_ = std::make_shared<Recording>(*shared_.workers, record_to_, video, audio);
    }
    void tell(const std::string& text) const {
        if (shared_.notice) shared_.notice(text);
    }

    [[nodiscard]] bool reflects() const noexcept { return transform_ == reflect_transform; }
    [[nodiscard]] const sdp::AgreedMedia& section(std::size_t index) const { return session_->config().sections[index].agreed; }

    /// Everything that the session has to say, and to send.
    void work(ServerCall& call, TimePoint now) {
        while (auto event = session_->poll_event()) std::visit([&](auto& e) { on(now, e); }, *event);
        send_media(now, *session_, call.peer());
    }

    void on(TimePoint, streams::StreamStarted& started) {
        if (video_ && started.section == video_->index) said_goodbye_ = false;
    }
    void on(TimePoint now, streams::StreamEnded& ended) {
        if (!video_ || ended.section != video_->index) return;
        said_goodbye_ = ended.goodbye;
        // A goodbye that comes long after the last frame is that of a call whose video had stopped before.
        tell_silence(incoming_video(*session_, now));
    }

    /// Datagrams of any kind count: a peer that sends no video any more still answers checks of consent. What brings no event is seen at the
    /// next of the streams' timeouts, which come more often than least_silence.
    void note_heard(const ServerCall& call, TimePoint now) {
        const std::uint64_t came = call.peer().counts().datagrams_in;
        if (std::exchange(datagrams_in_, came) != came) heard_ = now;
    }

    // --- what a person should know of the peer's video

    void tell_silence(const IncomingVideo& video) {
        // Where nothing else came either it is the peer that has gone, as some do that hang up without a word.
        if (video.last && heard_ - *video.last >= least_silence && !std::exchange(told_silence_, true))
            tell("the peer stopped sending video after " + format_duration(*video.last - began_));
    }

    void tell_faults(TimePoint now) {
        if (!session_ || !video_ || std::exchange(told_faults_, true)) return;
        const IncomingVideo video = incoming_video(*session_, now);
        // Who has said goodbye may take its time to hang up.
        if (!said_goodbye_) tell_silence(video);
        const auto of_call = [&](std::uint64_t n, const char* one, const char* many) {
            if (n > 0) tell(fmt::format("of a call's video {} {}", n, n == 1 ? one : many));
        };
        const TransformCounts counts = transformer_ ? transformer_->counts() : TransformCounts();
        of_call(unassembled_ + counts.undecodable, "frame could not be decoded", "frames could not be decoded");
        of_call(video.unanswered, "request for a key frame was not answered", "requests for a key frame were not answered");
        if (counts.resized > 0)
            tell(fmt::format("the picture of a call changed its size from {}{}", counts.sizes,
                             counts.resized > 1 ? fmt::format(", {} changes in all", counts.resized) : std::string()));
        const auto sent = session_->outbound_stats(now, video_->index);
        if (sent)
            of_call(sent->packets_refused, "packet could not be sent on: too long, or too late",
                    "packets could not be sent on: too long, or too late");
    }

    void on(TimePoint now, streams::PacketReceived& packet) {
        if (!packet.payload.empty()) record(packet.section, packet.codec, packet.payload, packet.timestamp, packet.arrival);
        record_reflected(packet);
        streams::PacketToSend out;
        out.timestamp = packet.timestamp;
        out.codec = packet.codec;
        out.marker = packet.marker;
        out.sequence = packet.sequence;
        out.payload = packet.payload;
        (void)session_->send_packet(now, packet.section, out);
    }

    void on(TimePoint now, streams::FrameReceived& frame) {
        if (!video_ || frame.section != video_->index) {
            for (const auto& payload : frame.payloads)
                record(frame.section, frame.codec, payload, frame.timestamp, frame.last_arrival);
            return;
        }
        const auto codec = video_codec_of(section(frame.section), frame.codec);
        if (!codec) return;
        auto picture = assemble(*codec, frame.payloads);
        if (!picture) {
            ++unassembled_;
            session_->request_key_frame(now, frame.stream);
            return;
        }
        if (recording_) recording_->add_video(*codec, *picture, frame.timestamp, frame.last_arrival);
        if (!session_->can_send(frame.section) || gave_up_) return;
        if (!transformer_) make_transformer(*codec);
        stream_ = frame.stream;
        if (!transformer_->put(*codec, {std::move(*picture), frame.timestamp, frame.key, now}))
            session_->request_key_frame(now, frame.stream);
        shared_.workers->want(transformer_);
    }

    void on(TimePoint now, streams::KeyFrameWanted& wanted) {
        if (!video_ || wanted.section != video_->index) return;
        if (reflects())
            session_->relay_key_frame_request(now, wanted.section);
        else if (transformer_)
            transformer_->force_key();
    }

    void on(TimePoint, streams::TargetBitrateChanged& target) {
        if (transformer_) transformer_->set_bitrate(video_rate(target.bits_per_second));
    }

    [[nodiscard]] int video_rate(std::uint64_t all) const {
        if (audio_) all = std::max(all, audio_share + least_video) - audio_share;
        return static_cast<int>(std::clamp(all, least_video, shared_.rate.max));
    }

    void make_transformer(media::VideoCodec codec) {
        const auto to = video_codec_of(section(video_->index), video_->codec).value_or(codec);
        transformer_ = std::make_shared<VideoTransformer>(to, transform_, video_rate(session_->target_bitrate()),
                                                          *shared_.pictures, [wake = shared_.wake, id = call_id_] { wake(id); });
    }

    void take_transformed(TimePoint now) {
        if (!transformer_) return;
        auto out = transformer_->take();
        if (!out.fault.empty()) {
            gave_up_ = true;
            tell("the video of a call is not sent back: " + out.fault);
        }
        if (out.wants_key) session_->request_key_frame(now, stream_);
        for (const auto& picture : out.pictures) {
            const auto codec = video_codec_of(section(video_->index), video_->codec);
            const auto payloads = codec ? packetise(*codec, picture.bytes, picture_id_) : std::nullopt;
            if (!payloads) continue;
            ++picture_id_;
            const std::vector<BytesView> views(payloads->begin(), payloads->end());
            // What the pacer has no room for is missing to the peer's decoder: the next one is to stand alone.
            if (!session_->send_frame(now, video_->index, {picture.timestamp, video_->codec, views})) transformer_->force_key();
        }
    }

    /// Of video whose packets go back as they came.
    void record_reflected(const streams::PacketReceived& packet) {
        if (!recording_ || !video_ || packet.section != video_->index) return;
        const auto codec = video_codec_of(section(packet.section), packet.codec);
        if (!codec) return;
        // A peer that begins anew numbers its packets anew.
        const std::pair source(packet.stream, *codec);
        if (reflected_ != source) frames_.emplace(*codec);
        reflected_ = source;
        frames_->add(packet, [&](PacketFrames::Picture&& picture) {
            recording_->add_video(*codec, picture.bytes, picture.timestamp, packet.arrival);
        });
    }

    void record(std::size_t index, std::size_t codec, BytesView payload, std::uint32_t timestamp, TimePoint at) {
        if (!recording_ || !audio_ || index != audio_->index) return;
        if (const auto known = audio_codec_of(section(index), codec)) recording_->add_audio(*known, payload, timestamp, at);
    }

    const AnswerMedia& shared_;
    const std::string transform_;
    const CallSources sources_;
    const std::string record_to_;
    RandomSource& random_;
    std::unique_ptr<CallHandler> inner_;

    std::uint64_t call_id_ = 0;
    std::optional<streams::Session> session_;
    std::optional<MediaSection> video_;
    std::optional<MediaSection> audio_;
    std::shared_ptr<VideoTransformer> transformer_;
    streams::ReceiveId stream_ = 0;  // of the video that is transformed
    std::uint16_t picture_id_ = 0;
    std::uint64_t unassembled_ = 0;  // frames whose payloads are no picture
    TimePoint began_{};
    std::uint64_t datagrams_in_ = 0;
    TimePoint heard_{};          // when the newest of these was seen
    bool said_goodbye_ = false;  // the peer, of its video
    bool told_silence_ = false;
    bool told_faults_ = false;
    bool gave_up_ = false;
    std::shared_ptr<Recording> recording_;
    std::optional<PacketFrames> frames_;  // of what is reflected and recorded
    std::optional<std::pair<streams::ReceiveId, media::VideoCodec>> reflected_;
    SoundPlayer sound_;
};

}  // namespace

std::unique_ptr<CallHandler> make_media_handler(const AnswerMedia& shared, std::string transform, CallSources sources,
                                                std::string record_to, RandomSource& random, std::unique_ptr<CallHandler> inner) {
    return std::make_unique<MediaHandler>(shared, std::move(transform), std::move(sources), std::move(record_to), random,
                                          std::move(inner));
}

std::span<const std::string_view> usual_transforms() noexcept {
    static constexpr std::array<std::string_view, 5> names{"none", "edges", "cartoon", "rotate", reflect_transform};
    return names;
}

}  // namespace volley::call
