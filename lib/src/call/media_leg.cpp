#include "call/media_leg.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <boost/asio/post.hpp>

#include "streams/deadlines.hpp"

namespace volley::call {

namespace sdp = proto::sdp;

namespace {

constexpr std::size_t most_remembered = FrameTrips::most_remembered;
constexpr Duration least_patience = std::chrono::seconds(1);
constexpr std::uint64_t audio_rate = 64'000;
constexpr std::size_t packets_a_second = chirp_distance / SoundClock::step;
/// While what is sent is still being made, it is looked for again.
constexpr Duration look_again = std::chrono::milliseconds(10);

}  // namespace

MediaLeg::MediaLeg(MediaSources& sources, boost::asio::any_io_executor executor, RandomSource& random, metrics::MediaTally& tally,
                   Options options)
    : sources_(sources),
      executor_(std::move(executor)),
      random_(random),
      tally_(tally),
      options_(std::move(options)),
      own_(make_sources(random)),
      this_(std::make_shared<MediaLeg*>(this)),
      trips_(TripPlan{.timeout = std::chrono::seconds(5), .decoded = options_.decodes}) {}

MediaLeg::~MediaLeg() {
    *this_ = nullptr;
    if (recording_) recording_->close();
}

std::vector<sdp::LocalMedia> MediaLeg::local_media() const {
    std::vector<sdp::LocalMedia> out;
    const auto direction = sources_.plays() ? sdp::Direction::recvonly : sdp::Direction::sendrecv;
    if (sources_.audio()) out.push_back(audio_media(own_.audio, sources_.audio_codecs(), direction));
    if (sources_.video()) out.push_back(video_media(own_.video, sources_.video_codecs(), direction));
    return out;
}

/// For other threads: what they have made is taken up on this one, if this object is still there.
std::function<void()> MediaLeg::waking() {
    return [executor = executor_, leg = this_] {
        boost::asio::post(executor, [leg] {
            if (*leg == nullptr || (*leg)->call_ == nullptr) return;
            (*leg)->take_decoded(Clock::now());
            (*leg)->call_->flush();
        });
    };
}

void MediaLeg::begin(TimePoint now, ClientCall& call) {
    const auto& agreed = call.peer().agreed();
    if (session_ || !agreed) return;
    video_ = video_section(*agreed);
    audio_ = audio_section(*agreed);
    if (!video_ && !audio_) return;
    call_ = &call;
    StreamOptions options;
    options.pace = false;  // a frame's way begins when all of it is sent
    if (sources_.video()) options.rate.start = sources_.video()->bits_per_second + audio_rate;
    options.rate.max = std::max(options.rate.max, 2 * options.rate.start);
    session_.emplace(make_streams(now, *agreed, own_, options, random_));
    began_ = now;
    if (video_) {
        plays_video_ = sources_.plays();
        sends_video_ = !plays_video_ && session_->can_send(video_->index);
        if (sends_video_) look_for_frames_ = now;
        if (sends_video_) ++tally_.video.calls;
        if (plays_video_) ++tally_.video.players;
        if (video_flows()) seen_.video.emplace();
    }
    if (audio_) {
        base_ = static_cast<std::uint32_t>(random_.next());
        sound_clock_.start(now);
        ++tally_.audio.calls;
        seen_.audio.emplace();
    }
    if (!options_.record.empty()) {
        const auto& media = agreed->media;
        recording_ = std::make_shared<Recording>(sources_.workers(), options_.record,
                                                 video_ ? video_codec_of(media[video_->index], video_->codec) : std::nullopt,
                                                 audio_ ? audio_codec_of(media[audio_->index], audio_->codec) : std::nullopt);
    }
    handle_timeout(now);
}

void MediaLeg::note_refused(const sdp::Agreed& agreed) {
    const auto section = [&](const std::optional<MediaSection>& of) {
        return of ? agreed.media[of->index].direction : sdp::Direction::inactive;
    };
    const auto tell = [&](const char* kind, sdp::Direction direction) {
        const std::string what = kind;
        if (sources_.plays() && sdp::receives(direction)) return;
        if (sources_.plays())
            note("the answer sends no " + what);
        else if (direction == sdp::Direction::inactive)
            note("the answer takes no " + what + " (no codec in common, or it has none)");
        else if (!sdp::receives(direction))
            note("the answer sends no " + what + " back");
        else if (!sdp::sends(direction))
            note("the answer takes no " + what + " and sends some");
    };
    if (sources_.video()) tell("video", section(video_section(agreed)));
    if (sources_.audio()) tell("audio", section(audio_section(agreed)));
}

void MediaLeg::take(TimePoint now, bool rtcp, BytesView packet) {
    if (!session_) return;
    session_->handle_packet(now, rtcp, packet);
    work(now);
}

std::optional<TimePoint> MediaLeg::next_timeout() const {
    if (!session_) return std::nullopt;
    auto when = streams::earlier(session_->next_timeout(), trips_.next_timeout());
    if (sends_frames()) when = streams::earlier(when, sender_ ? sender_->due() : look_for_frames_);
    if (!stopped_ && audio_ && session_->can_send(audio_->index)) when = streams::earlier(when, sound_clock_.due());
    return when;
}

void MediaLeg::handle_timeout(TimePoint now) {
    if (!session_) return;
    if (const auto due = session_->next_timeout(); due && now >= *due) session_->handle_timeout(now);
    if (const auto due = trips_.next_timeout(); due && now >= *due) trips_.advance(now);
    if (sends_frames()) send_frames(now);
    if (!stopped_ && audio_ && session_->can_send(audio_->index)) send_sound(now);
    take_trips();
    take_chirps();
    chirps_.advance(now);
    work(now);
}

void MediaLeg::work(TimePoint now) {
    while (auto event = session_->poll_event()) std::visit([&](auto& e) { on(now, e); }, *event);
    send_media(now, *session_, call_->peer());
}

// --- sending ---------------------------------------------------------------------------------------------------------------------

void MediaLeg::send_frames(TimePoint now) {
    if (!sender_) {
        const auto codec = video_codec_of(session_->config().sections[video_->index].agreed, video_->codec);
        loop_ = codec ? sources_.frames(*codec) : nullptr;
        if (!loop_) {  // still being made: its first frame is not late for that
            look_for_frames_ = now + look_again;
            return;
        }
        sender_.emplace(loop_, now, random_);
        if (returned_) returned_->set_loop(loop_);
    }
    sender_->send_due(now, *session_, *video_, [&](const FrameSender::Sent& sent) {
        trips_.note_sent({sent.index, loop_->frames[sent.place].code, sent.timestamp, sent.planned, now, !stopped_});
        sent_.push_back({sent.timestamp, sent.place});
        if (sent_.size() > most_remembered) sent_.pop_front();
    });
}

void MediaLeg::send_sound(TimePoint now) {
    const auto codec = audio_codec_of(session_->config().sections[audio_->index].agreed, audio_->codec);
    if (!codec) return;
    if (!sound_) {
        sound_ = sources_.sound(*codec);
        if (!sound_) {
            sound_clock_.start(now + look_again);
            return;
        }
        sound_clock_.start(now);
    }
    while (sound_clock_.is_due(now)) {
        const std::size_t place = sound_clock_.count() % sound_->packets.size();
        const BytesView payload = sound_->packets[place];
        const auto ticks = static_cast<std::uint64_t>(media::format_of(*codec).frame_ticks());
        const auto timestamp = base_ + static_cast<std::uint32_t>(sound_clock_.count() * ticks);
        if (session_->send_frame(now, audio_->index, {timestamp, audio_->codec, std::span(&payload, 1)})) {
            ++sound_sent_;
            const bool chirps = sources_.chirps() && options_.decodes;
            if (chirps && place % packets_a_second == 0) chirps_.note_sent(now, place / packets_a_second);
        }
        sound_clock_.sent(now);
    }
}

// --- what comes ------------------------------------------------------------------------------------------------------------------

void MediaLeg::on(TimePoint, streams::StreamStarted&) {}

void MediaLeg::on(TimePoint, streams::StreamEnded& event) {
    if (!event.goodbye && video_ && event.section == video_->index) ++fell_silent_;
}

void MediaLeg::on(TimePoint, streams::PacketReceived&) {}  // frames are asked for

void MediaLeg::on(TimePoint, streams::KeyFrameWanted& event) {
    if (video_ && event.section == video_->index && sender_) sender_->want_key();
}

// What is sent was encoded before; the estimate stands in the statistics.
void MediaLeg::on(TimePoint, streams::TargetBitrateChanged&) {}

void MediaLeg::on(TimePoint now, streams::FrameReceived& frame) {
    if (video_ && frame.section == video_->index)
        take_frame(now, frame);
    else if (audio_ && frame.section == audio_->index)
        take_sound(frame);
}

void MediaLeg::take_frame(TimePoint now, streams::FrameReceived& frame) {
    const auto codec = video_codec_of(session_->config().sections[frame.section].agreed, frame.codec);
    if (!codec) return;
    // What is played from the end of the call on is no part of it: rates are reckoned by its length.
    if (plays_video_ && stopped_) return;
    video_stream_ = frame.stream;
    if (!first_in_) first_in_ = frame.last_arrival;
    if (sends_video_) {
        const bool uncalled_for = stopped_ && frame.last_arrival > *stopped_ + first_way();
        trips_.note_returned({frame.timestamp, frame.last_arrival, now, uncalled_for});
        take_trips();
    } else if (plays_video_) {
        ++played_;
        last_in_ = std::max(last_in_, frame.last_arrival);
        note_back();
        if (!options_.decodes) take_shown(now);
    }
    if (!options_.decodes && !recording_) return;
    auto picture = assemble(*codec, frame.payloads);
    if (!picture) {
        ++unassembled_;
        session_->request_key_frame(now, frame.stream);
        return;
    }
    if (recording_) recording_->add_video(*codec, *picture, frame.timestamp, frame.last_arrival);
    if (!options_.decodes) return;
    if (!returned_) returned_ = std::make_shared<ReturnedVideo>(loop_, waking());
    // It is this machine that is behind: nothing of what comes may be dropped before it is counted.
    if (!returned_->put(*codec, {std::move(*picture), frame.timestamp, frame.key, {}}))
        session_->relay_key_frame_request(now, frame.section);
    sources_.workers().want(returned_);
}

/// A frame is there to be looked at, and none was sent for it.
void MediaLeg::take_shown(TimePoint at) {
    shown_.shown(at);
    note_first_frame(at);
}

/// A frame came, whatever it is.
void MediaLeg::note_back() {
    if (!std::exchange(first_back_, true)) ++tally_.video.calls_back;
}

void MediaLeg::note_first_frame(TimePoint at) {
    if (std::exchange(first_told_, true)) return;
    const Duration first = at - options_.planned;
    tally_.video.first_frame.record(first);
    seen_.video->first_frame = first;
}

void MediaLeg::take_sound(streams::FrameReceived& frame) {
    const auto codec = audio_codec_of(session_->config().sections[frame.section].agreed, frame.codec);
    if (!codec || frame.payloads.empty()) return;
    if (recording_) recording_->add_audio(*codec, frame.payloads.front(), frame.timestamp, frame.last_arrival);
    if (!options_.decodes) return;
    if (!heard_) heard_ = std::make_shared<ReturnedAudio>(*codec, sources_.chirps());
    heard_->put({std::move(frame.payloads.front()), frame.timestamp, frame.last_arrival, frame.stream, codec});
    sources_.workers().want(heard_);
}

void MediaLeg::take_decoded(TimePoint now) {
    if (!returned_ || !session_) return;
    auto out = returned_->take();
    for (const auto& frame : out.frames) {
        if (sends_video_) trips_.note_decoded(frame);
        if (plays_video_) take_shown(frame.decoded);
        if (plays_video_) ++played_decoded_;
    }
    take_trips();
    if (!out.fault.empty()) note("what comes back is not decoded: " + out.fault);
    if (!out.wants_key) return;
    session_->request_key_frame(now, video_stream_);
    send_media(now, *session_, call_->peer());
}

void MediaLeg::take_trips() {
    auto& video = tally_.video;
    while (const auto trip = trips_.poll()) {
        last_in_ = std::max(last_in_, trip->last_packet);
        video.round_trip.record(trip->whole());
        video.network.record(trip->network());
        video.assembly.record(trip->assembly());
        if (trip->decoded) video.decoding.record(trip->decoding());
        if (options_.decodes && !trip->decoded) ++undecoded_;
        if (trip->decoded) {
            ++decoded_;
            decoding_ += trip->decoding();
        }
        ++(trip->by == KnownBy::timestamp ? video.by_timestamp : trip->by == KnownBy::code ? video.by_code : video.by_both);
        slowest_ = std::max(slowest_, trip->whole());
        if (options_.keep_round_trips) seen_.video->round_trips.push_back(trip->whole());
    }
    if (trips_.counts().received > 0) note_back();
    if (trips_.first_frame()) note_first_frame(*trips_.first_frame());
}

void MediaLeg::take_chirps() {
    if (!heard_ || !seen_.audio) return;
    for (const auto& heard : heard_->take_chirps()) {
        const auto trip = chirps_.note_heard(heard.at, heard.kind);
        if (!trip) continue;
        tally_.audio.round_trip.record(*trip);
        if (options_.keep_round_trips) seen_.audio->round_trips.push_back(*trip);
    }
}

// --- the end ---------------------------------------------------------------------------------------------------------------------

void MediaLeg::stop(TimePoint now) {
    if (stopped_ || !session_) return;
    stopped_ = now;
    chirps_.stop(now);
    if (sends_video_)
        if (const auto stats = session_->outbound_stats(now, video_->index)) bytes_out_ = stats->bytes_sent;
    if (!heard_) return;
    heard_->finish();
    sources_.workers().want(heard_);
}

bool MediaLeg::comes_back(const MediaSection& section) const noexcept {
    return sdp::receives(session_->config().sections[section.index].agreed.direction);
}

Duration MediaLeg::first_way() const noexcept {
    if (!first_in_ || !trips_.first_sent()) return {};
    return std::max(Duration{}, *first_in_ - *trips_.first_sent());
}

std::uint64_t MediaLeg::video_bytes_in(TimePoint now) const {
    std::uint64_t out = 0;
    for (const auto& [stream, stats] : session_->inbound_stats(now))
        if (stats.kind == "video") out += stats.bytes_received;
    return out;
}

/// For what is under way: twice as long as the slowest was, within bounds. While nothing at all is back nobody knows how long it takes.
Duration MediaLeg::patience() const noexcept {
    if (!comes_back(*video_)) return least_patience;
    if (!first_in_) return most_patience;
    return std::clamp<Duration>(2 * std::max(slowest_, first_way()), least_patience, most_patience);
}

Duration MediaLeg::sound_patience() const noexcept {
    if (!comes_back(*audio_)) return least_patience;
    if (chirps_.back() == 0) return most_patience;
    return std::clamp<Duration>(2 * chirps_.slowest(), least_patience, most_patience);
}

bool MediaLeg::settled(TimePoint now) {
    if (!session_ || !stopped_) return true;
    take_chirps();
    if (video_flows() && !bytes_in_ && now >= *stopped_ + first_way()) bytes_in_ = video_bytes_in(now);
    Duration longest = least_patience;
    if (sends_video_) {
        longest = std::max(longest, patience());
        if (trips_.under_way() > 0 && now < *stopped_ + patience()) return false;
    }
    if (audio_ && chirps_.under_way() > 0) {
        longest = std::max(longest, sound_patience());
        if (now < *stopped_ + sound_patience()) return false;
    }
    return now >= *stopped_ + longest || ((!returned_ || returned_->idle()) && (!heard_ || heard_->idle()));
}

void MediaLeg::finish(TimePoint now) {
    if (!session_) {
        if (!video_) seen_.none_back = why_none_back();
        if (!audio_) seen_.none_heard = why_none_heard();
        return;
    }
    const bool had_time = stopped_ && settled(now);
    stop(now);
    if (const auto fault = sources_.fault(); !fault.empty()) note("not all of it could be sent: " + fault);
    if (video_flows()) {
        count_video(now, had_time);
        look_at_pictures();
    }
    if (audio_) count_audio(now, had_time);
    seen_.none_back = why_none_back();
    seen_.none_heard = why_none_heard();
    session_->close(now);
    send_media(now, *session_, call_->peer());
    if (recording_) recording_->close();
    call_->flush();
    *this_ = nullptr;
    session_.reset();
}

}  // namespace volley::call
