#include "report/media_json.hpp"

#include <boost/json/array.hpp>

#include "report/json_parts.hpp"

namespace volley::report {

namespace json = boost::json;

namespace {

json::object transform_object(const metrics::TransformSeen& t) {
    json::array scores;
    for (const auto& score : t.scores) scores.push_back(json::object{{"name", score.name}, {"correlation", score.correlation}});
    return {{"asked", t.asked}, {"seen", t.seen}, {"margin", t.margin}, {"pictures", t.pictures}, {"scores", std::move(scores)}};
}

json::object video_object(const metrics::VideoTally& v) {
    return {{"calls", v.calls},
            {"calls_back", v.calls_back},
            {"players", v.players},
            {"played", v.played},
            {"codec", v.codec},
            {"size", v.size},
            {"size_before", v.size_before},
            {"sent", v.sent},
            {"returned", v.returned},
            {"late", v.late},
            {"lost", v.lost},
            {"under_way", v.under_way},
            {"under_way_longest", to_seconds(v.under_way_longest)},
            {"untold", v.untold},
            {"received", v.received},
            {"repeated", v.repeated},
            {"mismatched", v.mismatched},
            {"unknown", v.unknown},
            {"decoded", v.decoded},
            {"unreadable", v.unreadable},
            {"undecodable", v.undecodable},
            {"known_by", json::object{{"timestamp", v.by_timestamp}, {"code", v.by_code}, {"both", v.by_both}}},
            {"round_trip", distribution(v.round_trip, v.lost)},
            {"network", distribution(v.network)},
            {"assembly", distribution(v.assembly)},
            {"decoding", distribution(v.decoding)},
            {"first_frame", distribution(v.first_frame)},
            {"freezeCount", v.freezes},
            {"totalFreezesDuration", to_seconds(v.frozen)},
            {"longest_freeze", to_seconds(v.longest_freeze)},
            {"length", to_seconds(v.length)},
            {"length_out", to_seconds(v.length_out)},
            {"bytes_out", v.bytes_out},
            {"bytes_in", v.bytes_in},
            {"packets_out", v.packets_out},
            {"packets_in", v.packets_in},
            {"packets_lost_in", v.packets_lost_in},
            {"retransmitted_out", v.resent_out},
            {"retransmitted_in", v.resent_in},
            {"nacks_out", v.nacks_out},
            {"nacks_in", v.nacks_in},
            {"plis_out", v.plis_out},
            {"plis_in", v.plis_in},
            {"key_frames_unanswered", v.unanswered},
            {"resized", v.resized},
            {"fell_silent", v.fell_silent},
            {"stopped", v.stopped},
            {"stopped_after", to_seconds(v.stopped_after)},
            {"stood", to_seconds(v.stood)},
            {"transform", transform_object(v.transform)}};
}

json::object audio_object(const metrics::AudioTally& a) {
    json::object out{{"calls", a.calls},
                     {"calls_back", a.calls_back},
                     {"codec", a.codec},
                     {"sent", a.sent},
                     {"received", a.received},
                     {"chirps", a.chirps},
                     {"chirps_back", a.chirps_back},
                     {"bytes_out", a.bytes_out},
                     {"bytes_in", a.bytes_in},
                     {"round_trip", distribution(a.round_trip, a.chirps - a.chirps_back)}};
    // What is missing is known by the packets around it: of calls that none came to it is not.
    if (a.calls == 0 || a.received + a.lost > 0) out["lost"] = a.lost;
    if (a.level_db) out["level_db"] = *a.level_db;
    return out;
}

}  // namespace

json::object media_object(const metrics::MediaTally& media) {
    json::array notes;
    for (const auto& note : media.notes) notes.emplace_back(note);
    return {{"video", video_object(media.video)}, {"audio", audio_object(media.audio)}, {"notes", std::move(notes)}};
}

}  // namespace volley::report
