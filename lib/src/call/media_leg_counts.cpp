// What a call's media came to: counts, its pictures looked at, and the words about what is missing.
#include <algorithm>
#include <iterator>
#include <utility>

#include "call/media_leg.hpp"

namespace volley::call {

namespace sdp = proto::sdp;

namespace {

constexpr std::size_t most_notes = 8;
/// Pictures that are looked at where those of every call are: each takes some hundredths of a second.
constexpr std::ptrdiff_t most_of_each_call = 4;
/// Video that flows for less says nothing of what would have come.
constexpr Duration long_enough = std::chrono::seconds(1);
/// Nothing for least_silence, and for so many frames, is no slow server any more, but one that has stopped.
constexpr double frames_of_silence = 10;

}  // namespace

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
    if (counts.untold > 0 && counts.returned == 0 && trips_.stamps() == FrameTrips::Stamps::searching)
        note("too few frames came back to tell which they are: let the call go on for longer, or send more with --fps");
    out.freezes += trips_.freezes().freezes();
    out.frozen += trips_.freezes().total();
    out.longest_freeze = std::max(out.longest_freeze, trips_.freezes().longest());
}

void MediaLeg::count_streams(TimePoint now) {
    auto& out = tally_.video;
    out.length += flowed(now);
    if (const auto first = trips_.first_sent(); first && sends_video_)
        out.length_out += std::max(Duration{}, stopped_.value_or(now) - *first);
    out.bytes_in += bytes_in_.value_or(video_bytes_in(now));
    out.fell_silent += fell_silent_;
    out.undecodable += unassembled_;
    const auto codec = video_codec_of(session_->config().sections[video_->index].agreed, video_->codec);
    if (out.codec.empty() && codec) out.codec = std::string(to_string(*codec));
    count_pictures();
    if (const auto stats = session_->outbound_stats(now, video_->index)) {
        out.bytes_out += bytes_out_;
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

/// What rates of what comes are reckoned from. As webrtc-stats has framesPerSecond it is from the first frame on, since until then a server may
/// have to make what it plays, or to find its feet, and the last frame lasts as long as they do on average. Where something is sent nothing that
/// comes until the end of that may be left out: a server that stops in the middle has a lower rate for it.
Duration MediaLeg::flowed(TimePoint now) const {
    if (!first_in_) return {};
    const std::uint64_t frames = plays_video_ ? played_ : trips_.counts().received;
    const double last_lasts = frames < 2 ? 0 : static_cast<double>(frames) / static_cast<double>(frames - 1);
    const Duration shown = from_seconds(to_seconds(last_in_ - *first_in_) * last_lasts);
    return plays_video_ ? shown : std::max({shown, stopped_.value_or(now) - *first_in_, Duration{}});
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
    if (!out.level_db) out.level_db = heard.level_db;
    if (!heard.fault.empty()) note("the sound that comes back is not decoded: " + heard.fault);
    if (heard.dropped > 0)
        note("not all sound that came back was listened to: some came out of order, or faster than this machine decodes it");
}

}  // namespace volley::call
