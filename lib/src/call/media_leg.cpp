#include "call/media_leg.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include <boost/asio/post.hpp>

namespace volley::call {

namespace sdp = proto::sdp;

namespace {

constexpr std::size_t most_remembered = FrameTrips::most_remembered;
constexpr std::size_t most_notes = 8;
/// Pictures that are looked at where those of every call are: each takes some hundredths of a second.
constexpr std::ptrdiff_t most_of_each_call = 4;
constexpr Duration least_patience = std::chrono::seconds(1);
constexpr Duration most_patience = std::chrono::seconds(5);
/// Video that flows for less says nothing of what would have come.
constexpr Duration long_enough = std::chrono::seconds(1);
constexpr std::uint64_t audio_rate = 64'000;
/// Nothing for least_silence, and for so many frames, is no slow server any more, but one that has stopped.
constexpr double frames_of_silence = 10;
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
    std::optional<TimePoint> when = session_->next_timeout();
    const auto sooner = [&](std::optional<TimePoint> other) {
        if (other && (!when || *other < *when)) when = other;
    };
    sooner(trips_.next_timeout());
    if (!stopped_) {
        if (sends_video_) sooner(sender_ ? sender_->due() : look_for_frames_);
        if (audio_ && session_->can_send(audio_->index)) sooner(sound_clock_.due());
    }
    return when;
}

void MediaLeg::handle_timeout(TimePoint now) {
    if (!session_) return;
    if (const auto due = session_->next_timeout(); due && now >= *due) session_->handle_timeout(now);
    if (const auto due = trips_.next_timeout(); due && now >= *due) trips_.advance(now);
    if (!stopped_) {
        if (sends_video_) send_frames(now);
        if (audio_ && session_->can_send(audio_->index)) send_sound(now);
    }
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
        trips_.note_sent({sent.index, loop_->frames[sent.place].code, sent.timestamp, sent.planned, now});
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
        trips_.note_returned({frame.timestamp, frame.last_arrival, now});
        take_trips();
    } else if (plays_video_) {
        ++played_;
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

std::optional<std::size_t> MediaLeg::place_of(const KeptPicture& kept) const {
    if (loop_ && kept.code && *kept.code < loop_->frames.size()) return *kept.code;
    if (!loop_ || !trips_.by_timestamp()) return std::nullopt;
    const std::uint32_t ours = kept.timestamp - trips_.offset();
    const auto at = std::find_if(sent_.begin(), sent_.end(), [&](const Sent& s) { return s.timestamp == ours; });
    if (at == sent_.end()) return std::nullopt;
    return at->place;
}

void MediaLeg::note(std::string text) {
    auto& notes = tally_.notes;
    if (notes.size() < most_notes && std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(std::move(text));
}

void MediaLeg::look_at_pictures() {
    if (!returned_ || (!loop_ && options_.frames_folder.empty())) return;
    const bool saves = !options_.frames_folder.empty();
    auto kept = returned_->take_kept();
    if (options_.looks && !saves && std::ssize(kept) > most_of_each_call)
        kept.erase(kept.begin() + most_of_each_call, kept.end());
    std::vector<std::optional<std::size_t>> places;
    for (const auto& one : kept) places.push_back(place_of(one));
    const bool known = std::any_of(places.begin(), places.end(), [](const auto& place) { return place.has_value(); });
    const bool looks = known && (sources_.is_first_look() || options_.looks);
    if (!looks && !saves) return;
    look_ = std::make_shared<PictureLook>(std::move(kept), std::move(places), loop_, options_.frames_folder);
    sources_.workers().want(look_);
}

std::string MediaLeg::why_none_back() const {
    if (!sources_.video()) return {};
    if (!video_) return std::string("no frame came back: the answer ") + (sources_.plays() ? "sends" : "takes") + " no video";
    const auto& section = session_->config().sections[video_->index].agreed;
    // An endpoint of WHIP takes what it is sent (RFC 9725 section 4.2).
    if (!sdp::receives(section.direction))
        return options_.may_send_only ? std::string() : "no frame came back: the answer sends no video";
    if (!plays_video_ && !sdp::sends(section.direction)) return "no frame came back: the answer takes no video";
    const Duration flowed = stopped_.value_or(began_) - began_;
    const auto& counts = trips_.counts();
    if (flowed < long_enough || (counts.sent == 0 && !plays_video_)) return {};
    const std::uint64_t undecodable = unassembled_ + (returned_ ? returned_->seen().undecodable : 0);
    const bool seen = counts.decoded + played_decoded_ > 0 || undecodable == 0;
    if (counts.returned + played_ > 0 && seen) return {};
    std::uint64_t packets = 0;
    for (const auto& [stream, stats] : session_->inbound_stats(*stopped_))
        if (stats.kind == "video") packets += stats.packets_received;
    const std::string none = (plays_video_ ? "no frame came in " : "no frame came back in ") + format_duration(flowed) + ": ";
    if (packets == 0) return none + "the server did not send video";
    if (counts.received + played_ == 0) return none + "what the server sent makes no whole frame";
    if (!seen) return none + "the server sent video that could not be decoded";
    if (counts.late > 0) return none + "each came too late";
    // Where pictures show no number, or nobody looks at them, or there are too few, they may be ours all the same.
    const bool are_known = options_.decodes && loop_ && loop_->layout.bits > 0 && counts.decoded >= FrameTrips::codes_to_believe;
    return are_known ? none + "none matched what was sent" : std::string();
}

std::string MediaLeg::why_none_heard() const {
    if (!sources_.audio()) return {};
    const std::string none = sources_.plays() ? "no audio came" : "no audio came back";
    if (!audio_) return none + ": the answer " + (sources_.plays() ? "sends" : "takes") + " no audio";
    const auto direction = session_->config().sections[audio_->index].agreed.direction;
    if (!sdp::receives(direction)) return options_.may_send_only ? std::string() : none + ": the answer sends no audio";
    if (!sources_.plays() && !sdp::sends(direction)) return none + ": the answer takes no audio";
    const Duration flowed = stopped_.value_or(began_) - began_;
    if (flowed < long_enough || (sound_sent_ == 0 && !sources_.plays()) || seen_.audio->received > 0) return {};
    return none + " in " + format_duration(flowed) + ": the server did not send audio";
}

metrics::MediaSeen MediaLeg::take_seen() {
    auto found = look_ ? look_->found() : std::nullopt;
    tell_of_recording();
    tell_of_saved(found);
    if (found) {
        auto& transform = tally_.video.transform;
        found->transform.asked = transform.asked;
        if (transform.pictures == 0) transform = found->transform;
        seen_.video->transform = std::move(found->transform);
        if (!found->fault.empty()) note(std::move(found->fault));
    }
    return std::move(seen_);
}

/// What is missing for want of anything to write is no fault.
void MediaLeg::tell_of_recording() {
    if (options_.record.empty()) return;
    const std::string not_whole = "the recording is not whole: ";
    if (!recording_)
        note("nothing is recorded: nothing came back");
    else if (const auto fault = recording_->fault(); !fault.empty())
        unwritten_.push_back(not_whole + fault);
    else if (!recording_->closed())
        unwritten_.push_back(not_whole + recording_->path() + ": this machine did not write it in time");
    else if (!recording_->wrote())
        note("nothing is recorded: nothing came back that can be played");
    else if (const auto left_out = recording_->left_out(); left_out > 0)
        note(std::to_string(left_out) +
             " frames or packets are left out of the recording: the disk was too slow for them, or the codec changed");
}

void MediaLeg::tell_of_saved(const std::optional<PictureLook::Found>& found) {
    if (options_.frames_folder.empty()) return;
    if (look_ && !found)
        unwritten_.push_back("not all pictures are saved: " + options_.frames_folder +
                             ": this machine did not write them in time");
    else if (found && !found->unwritten.empty())
        unwritten_.push_back("not all pictures are saved: " + found->unwritten);
    else if (!found || found->saved == 0)
        note("no picture is saved: none came back from the second second of the call on");
}

void MediaLeg::count_video(TimePoint now, bool had_time) {
    if (sends_video_)
        count_trips(now, had_time);
    else
        count_played();
    count_streams(now);
}

void MediaLeg::count_played() {
    auto& out = tally_.video;
    out.received += played_;
    out.played += played_;
    out.decoded += played_decoded_;
    out.freezes += shown_.freezes();
    out.frozen += shown_.total();
    out.longest_freeze = std::max(out.longest_freeze, shown_.longest());
    auto& seen = *seen_.video;
    seen.returned = played_;
    seen.freezes = shown_.freezes();
    seen.decoded = options_.decodes;
}

void MediaLeg::count_trips(TimePoint now, bool had_time) {
    auto& out = tally_.video;
    // What is not back once the call has settled has had its time, be it a second or five.
    trips_.finish(had_time ? now + most_patience : now);
    take_trips();
    const auto& counts = trips_.counts();
    const std::uint64_t sent = counts.sent - trips_.under_way();
    out.under_way += trips_.under_way();
    if (const auto oldest = trips_.oldest_under_way()) out.under_way_longest = std::max(out.under_way_longest, now - *oldest);
    out.sent += sent;
    out.returned += counts.returned;
    out.late += counts.late;
    out.lost += counts.lost;
    out.untold += counts.untold;
    out.received += counts.received;
    out.repeated += counts.repeated;
    out.mismatched += counts.mismatched;
    out.unknown += counts.unknown;
    out.decoded += counts.decoded;
    out.unreadable += counts.unreadable;
    auto& seen = *seen_.video;
    seen.sent = sent;
    seen.returned = counts.returned;
    seen.lost = counts.lost;
    seen.untold = counts.untold;
    seen.mismatched = counts.mismatched;
    seen.freezes = trips_.freezes().freezes();
    seen.decoded = options_.decodes;
    if (sources_.video()) out.transform.asked = sources_.video()->transform;
    if (options_.decodes && loop_ && loop_->painted && loop_->layout.bits == 0)
        note(
            "pictures of " + std::to_string(loop_->width) + 'x' + std::to_string(loop_->height) +
            " have no room for their number: frames are known by their timestamps alone; from 180 pixels a side on they carry it");
    out.freezes += trips_.freezes().freezes();
    out.frozen += trips_.freezes().total();
    out.longest_freeze = std::max(out.longest_freeze, trips_.freezes().longest());
}

void MediaLeg::count_streams(TimePoint now) {
    auto& out = tally_.video;
    out.length += stopped_.value_or(now) - began_;
    out.bytes_in += bytes_in_.value_or(video_bytes_in(now));
    out.fell_silent += fell_silent_;
    out.undecodable += unassembled_;
    const auto codec = video_codec_of(session_->config().sections[video_->index].agreed, video_->codec);
    if (out.codec.empty() && codec) out.codec = std::string(to_string(*codec));
    count_pictures();
    if (const auto stats = session_->outbound_stats(now, video_->index)) {
        out.bytes_out += stats->bytes_sent;
        out.packets_out += stats->packets_sent;
        out.resent_out += stats->retransmitted_packets_sent;
        out.nacks_in += stats->nack_count;
        out.plis_in += stats->pli_count + stats->fir_count;
    }
    std::optional<TimePoint> last;
    for (const auto& [stream, stats] : session_->inbound_stats(now)) {
        if (stats.kind != "video") continue;
        last = std::max(last, stats.last_packet_received);
        out.packets_in += stats.packets_received;
        out.packets_lost_in += stats.packets_missing;
        out.resent_in += stats.retransmitted_packets_received;
        out.nacks_out += stats.nack_count;
        out.plis_out += stats.pli_count + stats.fir_count;
        out.unanswered += stats.key_frames_unanswered;
    }
    if (last && stopped_.value_or(now) - *last >= longest_pause(*last)) {
        const Duration after = *last - began_;
        out.stopped_after = out.stopped > 0 ? std::min(out.stopped_after, after) : after;
        out.stood = std::max(out.stood, stopped_.value_or(now) - *last);
        ++out.stopped;
    }
}

/// That a peer which still sends may make behind its last packet.
Duration MediaLeg::longest_pause(TimePoint last) const {
    double from_frame_to_frame = 0;  // of what is sent, and where that is nothing, of what came
    if (loop_)
        from_frame_to_frame = 1 / loop_->frames_per_second;
    else if (first_in_ && played_ > 1)
        from_frame_to_frame = to_seconds(last - *first_in_) / static_cast<double>(played_ - 1);
    return std::max(least_silence, from_seconds(frames_of_silence * from_frame_to_frame));
}

void MediaLeg::count_pictures() {
    if (!returned_) return;
    auto& out = tally_.video;
    const auto pictures = returned_->seen();
    out.undecodable += pictures.undecodable;
    out.resized += pictures.resized;
    const auto size = [](int width, int height) { return std::to_string(width) + 'x' + std::to_string(height); };
    const bool is_first_change = pictures.resized > 0 && out.size_before.empty();
    if (is_first_change) out.size_before = size(pictures.width_before, pictures.height_before);
    if ((out.size.empty() || is_first_change) && pictures.width > 0) out.size = size(pictures.width, pictures.height);
    if (pictures.dropped > 0 && plays_video_)
        note(
            "pictures came faster than this machine decodes them: freezes may be its own; ask for fewer calls, smaller pictures or "
            "--decode-every");
    else if (pictures.dropped > 0)
        note(
            "pictures came back faster than this machine decodes them: some are known by their timestamps alone, and freezes may be its "
            "own; ask for fewer calls, smaller pictures or --decode-every");
    else if (decoded_ > 0 && loop_ && to_seconds(decoding_) * loop_->frames_per_second > static_cast<double>(decoded_))
        note(
            "on average this machine had a picture decoded later than a frame lasts: round trips are longer by that, and freezes may be its "
            "own; ask for fewer calls, smaller pictures or --decode-every");
    else if (undecoded_ > 0)
        note(
            "this machine took over a second to decode some pictures: their round trips end before that, and freezes may be its own; ask "
            "for fewer calls, smaller pictures or --decode-every");
}

void MediaLeg::count_audio(TimePoint now, bool had_time) {
    auto& out = tally_.audio;
    take_chirps();
    chirps_.advance(now);
    chirps_.finish(had_time && !(heard_ && !heard_->seen().fault.empty()));
    out.chirps += chirps_.back() + chirps_.lost();
    out.chirps_back += chirps_.back();
    out.sent += sound_sent_;
    bool came = false;
    auto& seen = *seen_.audio;
    for (const auto& [stream, stats] : session_->inbound_stats(now)) {
        if (stats.kind != "audio") continue;
        came = came || stats.packets_received > 0;
        const std::uint64_t lost = stats.packets_missing;
        out.received += stats.packets_received;
        out.lost += lost;
        out.bytes_in += stats.bytes_received;
        seen.received += stats.packets_received;
        seen.lost += lost;
    }
    if (came) ++out.calls_back;
    seen.sent = sound_sent_;
    seen.chirps_lost = chirps_.lost();
    if (const auto stats = session_->outbound_stats(now, audio_->index)) out.bytes_out += stats->bytes_sent;
    const auto codec = audio_codec_of(session_->config().sections[audio_->index].agreed, audio_->codec);
    if (out.codec.empty() && codec) out.codec = std::string(to_string(*codec));
    if (!heard_) return;
    const auto heard = heard_->seen();
    if (out.level_db == 0) out.level_db = heard.level_db;
    if (!heard.fault.empty()) note("the sound that comes back is not decoded: " + heard.fault);
    if (heard.dropped > 0)
        note("not all sound that came back was listened to: some came out of order, or faster than this machine decodes it");
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
