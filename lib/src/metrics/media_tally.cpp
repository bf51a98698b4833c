#include <volley/metrics/media_tally.hpp>

#include <algorithm>

namespace volley::metrics {
namespace {

constexpr std::size_t most_notes = 8;

void take_if_empty(std::string& mine, const std::string& theirs) {
    if (mine.empty()) mine = theirs;
}

}  // namespace

void VideoTally::merge(const VideoTally& o) {
    if (o.stopped > 0) stopped_after = stopped > 0 ? std::min(stopped_after, o.stopped_after) : o.stopped_after;
    if (size_before.empty() && !o.size_before.empty()) {
        size_before = o.size_before;
        size = o.size;
    }
    for (const auto field :
         {&VideoTally::calls,       &VideoTally::calls_back,      &VideoTally::players,     &VideoTally::played,
          &VideoTally::sent,        &VideoTally::returned,        &VideoTally::late,        &VideoTally::lost,
          &VideoTally::under_way,   &VideoTally::untold,          &VideoTally::received,    &VideoTally::repeated,
          &VideoTally::mismatched,  &VideoTally::unknown,         &VideoTally::decoded,     &VideoTally::unreadable,
          &VideoTally::undecodable, &VideoTally::by_timestamp,    &VideoTally::by_code,     &VideoTally::by_both,
          &VideoTally::freezes,     &VideoTally::bytes_out,       &VideoTally::bytes_in,    &VideoTally::packets_out,
          &VideoTally::packets_in,  &VideoTally::packets_lost_in, &VideoTally::resent_out,  &VideoTally::resent_in,
          &VideoTally::nacks_out,   &VideoTally::nacks_in,        &VideoTally::plis_out,    &VideoTally::plis_in,
          &VideoTally::unanswered,  &VideoTally::resized,         &VideoTally::fell_silent, &VideoTally::stopped})
        this->*field += o.*field;
    for (const auto field :
         {&VideoTally::round_trip, &VideoTally::network, &VideoTally::assembly, &VideoTally::decoding, &VideoTally::first_frame})
        (this->*field).merge(o.*field);
    frozen += o.frozen;
    longest_freeze = std::max(longest_freeze, o.longest_freeze);
    under_way_longest = std::max(under_way_longest, o.under_way_longest);
    stood = std::max(stood, o.stood);
    length += o.length;
    length_out += o.length_out;
    take_if_empty(codec, o.codec);
    take_if_empty(size, o.size);
    if (transform.pictures == 0) transform = o.transform;
}

void AudioTally::merge(const AudioTally& o) {
    for (const auto field :
         {&AudioTally::calls, &AudioTally::calls_back, &AudioTally::sent, &AudioTally::received, &AudioTally::lost,
          &AudioTally::chirps, &AudioTally::chirps_back, &AudioTally::bytes_out, &AudioTally::bytes_in})
        this->*field += o.*field;
    round_trip.merge(o.round_trip);
    if (codec.empty()) level_db = o.level_db;
    take_if_empty(codec, o.codec);
}

void MediaTally::merge(const MediaTally& o) {
    video.merge(o.video);
    audio.merge(o.audio);
    for (const auto& note : o.notes)
        if (notes.size() < most_notes && std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
}

}  // namespace volley::metrics
