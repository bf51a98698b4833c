#include "report/media_text.hpp"

#include <initializer_list>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include <volley/metrics/chirp_resolution.hpp>
#include <volley/metrics/interval.hpp>

#include "metrics/asked_transform.hpp"
#include "report/figures.hpp"
#include "report/terminal.hpp"

namespace volley::report {
namespace {

using metrics::AudioTally;
using metrics::Histogram;
using metrics::VideoTally;

std::string bit_rate(std::uint64_t bytes, Duration length) {
    const double seconds = to_seconds(length);
    if (seconds <= 0) return "-";
    const double bits = 8 * static_cast<double>(bytes) / seconds;
    return bits >= 1e6 ? fmt::format("{:.2f} Mbit/s", bits / 1e6) : fmt::format("{:.0f} kbit/s", bits / 1e3);
}

/// Percentiles, one in a line, as far as the number of values bounds them.
/// @param lost  that never came, each larger than all of these
/// @param resolution  of the values, where it is worth to be told: what is not more is told as less.
std::string times(const Look& look, const Histogram& h, std::uint64_t lost, std::optional<Duration> resolution = std::nullopt) {
    const auto told = [&](Duration time) {
        return resolution && time <= *resolution ? "under " + format_duration(*resolution) : format_duration(time);
    };
    std::string out = field(look, "min", told(h.min()));
    std::string too_few;
    std::string unknown;
    for (const auto& [name, q] : {std::pair{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}) {
        const auto needed = metrics::samples_needed(q, shown_confidence);
        const auto value = metrics::quantile_of(h, q, lost);
        if (!value)
            unknown += fmt::format("{}{}", unknown.empty() ? "" : ", ", name);
        else if (needed && h.count() + lost >= *needed)
            out += field(look, name, told(*value));
        else if (needed)
            too_few += fmt::format("{}{} for {}", too_few.empty() ? "" : ", ", grouped(*needed), name);
    }
    out += field(look, "max", told(h.max()) + (lost > 0 ? " of those that came back" : ""));
    out += unknown_text(look, unknown, lost, h.count() + lost);
    if (!too_few.empty()) out += field(look, "", "takes more of them: " + too_few, dim);
    return out;
}

std::string known_by(const VideoTally& v) {
    std::string out;
    for (const auto& [n, text] :
         std::initializer_list<std::pair<std::uint64_t, const char*>>{{v.by_both, "by timestamp and picture, which agree"},
                                                                      {v.by_timestamp, "by the RTP timestamp"},
                                                                      {v.by_code, "by the number in the picture"}})
        if (n > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", grouped(n), text);
    return out;
}

std::string transform_text(const Look& look, const VideoTally& v) {
    const auto& t = v.transform;
    if (t.pictures == 0) {
        // That nothing bears out what was asked for is not to be found out by a line that is not there.
        if (t.asked.empty() || v.returned == 0) return {};
        return field(look, "transform", "not looked at: let the moving picture (no file) flow for 3s or longer", dim);
    }
    std::string scores;
    for (const auto& score : t.scores)
        scores += fmt::format("{}{} {:.2f}", scores.empty() ? "" : ", ", score.name, score.correlation);
    std::string words = t.seen.empty() ? "cannot be told" : t.seen;
    const char* colour = nullptr;
    if (!t.seen.empty() && !metrics::shown_of_asked(t).empty()) {
        words += metrics::is_another(t) ? fmt::format(", but {} was asked for", t.asked) : ", as asked";
        colour = metrics::is_another(t) ? red : green;
    }
    return field(look, "transform", words, colour) +
           field(look, "",
                 fmt::format("correlation of {}: {}", t.pictures == 1 ? "1 picture" : fmt::format("{} pictures", t.pictures),
                             scores),
                 dim);
}

/// A tally has either.
std::uint64_t calls_of(const VideoTally& v) { return v.calls + v.players; }

std::string freezes_text(const Look& look, const VideoTally& v) {
    std::string words = v.freezes == 0 ? "none"
                                       : fmt::format("{}, {} in all, the longest {}", grouped(v.freezes),
                                                     format_duration(v.frozen), format_duration(v.longest_freeze));
    // A freeze is known by the frame that ends it (webrtc-stats): where none comes any more there is none to count.
    const bool stood = v.stopped > 0 && v.stood > Duration::zero();
    if (stood)
        words = fmt::format("{}; the picture stood for the last {}{}", v.freezes == 0 ? "none that a frame ended" : words,
                            format_duration(v.stood), calls_of(v) > 1 ? " of a call" : "");
    return field(look, "freezes", words, v.freezes > 0 || stood ? yellow : nullptr);
}

/// Of less than a second it says more of the chance of beginning and end than of what flows.
bool has_rate(const VideoTally& v, Duration length) {
    return length >= std::chrono::seconds(1) * static_cast<std::int64_t>(calls_of(v));
}

/// Of calls that send.
std::string rates_text(const Look& look, const VideoTally& v) {
    std::string out;
    if (has_rate(v, v.length))
        out = fmt::format("{:.1f} frames/s back; ", static_cast<double>(v.received) / to_seconds(v.length));
    else if (v.received == 0)
        out = "no frame back; ";
    if (!has_rate(v, v.length_out)) return {};
    out += bit_rate(v.bytes_out, v.length_out) + " out";
    if (has_rate(v, v.length)) out += fmt::format(", {} in", bit_rate(v.bytes_in, v.length));
    return field(look, "rate", out + (v.calls > 1 ? ", a call" : ""));
}

std::string first_frame_text(const Look& look, const VideoTally& v) {
    if (v.first_frame.empty()) return {};
    const std::string p50 = calls_of(v) > 1 ? "p50 " : "";
    return field(look, "first frame", p50 + format_duration(v.first_frame.quantile(0.5)) + " after the call began");
}

/// What a peer does wrong with its video, and no call ends by.
std::string faults_text(const Look& look, const VideoTally& v) {
    std::string out;
    if (v.undecodable > 0)
        out += field(look, "undecodable",
                     fmt::format("{} {} could not be decoded", grouped(v.undecodable), v.undecodable == 1 ? "frame" : "frames"),
                     yellow);
    if (v.stopped > 0)
        out += field(look, "stopped",
                     calls_of(v) == 1
                         ? fmt::format("the peer stopped sending video after {}", format_duration(v.stopped_after))
                         : fmt::format("in {} of {} calls the peer stopped sending video, in the first of them after {}",
                                       grouped(v.stopped), grouped(calls_of(v)), format_duration(v.stopped_after)),
                     yellow);
    if (v.resized > 0)
        out += field(look, "resized",
                     fmt::format("the picture changed its size from {} to {}{}", v.size_before, v.size,
                                 v.resized > 1 ? fmt::format(", {} changes in all", grouped(v.resized)) : std::string()),
                     yellow);
    return out;
}

std::string unanswered_text(const Look& look, const char* label, const VideoTally& v) {
    if (v.unanswered == 0) return {};
    return field(look, label,
                 v.unanswered == 1 ? "1 request for a key frame was not answered"
                                   : fmt::format("{} requests for a key frame were not answered", grouped(v.unanswered)),
                 yellow);
}

/// Of calls that only receive.
std::string played_text(const Look& look, const VideoTally& v) {
    std::string out = heading(look, "video", v.codec + (v.size.empty() ? "" : ", " + v.size) + "; received");
    std::string frames = fmt::format("{} came", grouped(v.played));
    if (v.players > 1) frames += fmt::format(", to {} calls; {} got any", grouped(v.players), grouped(v.calls_back));
    out += field(look, "frames", frames, v.played == 0 ? red : nullptr);
    out += faults_text(look, v) + first_frame_text(look, v) + freezes_text(look, v);
    if (has_rate(v, v.length))
        out += field(look, "rate",
                     fmt::format("{:.1f} frames/s; {} in{}", static_cast<double>(v.played) / to_seconds(v.length),
                                 bit_rate(v.bytes_in, v.length), v.players > 1 ? ", a call" : ""));
    if (v.packets_lost_in + v.resent_in + v.nacks_out > 0)
        out += field(look, "packets",
                     fmt::format("{} in, {} lost, {} resent to us after {} NACKs", grouped(v.packets_in),
                                 grouped(v.packets_lost_in), grouped(v.resent_in), grouped(v.nacks_out)));
    return out + unanswered_text(look, "key frames", v);
}

std::string video_text(const Look& look, const VideoTally& v) {
    if (v.players > 0) return played_text(look, v);
    if (v.calls == 0) return {};
    std::string what = v.codec + (v.size.empty() ? "" : ", " + v.size + " back");
    std::string out =
        heading(look, "video",
                what + "; round trips from the planned instant of a frame until it is back" + (v.decoded > 0 ? ", decoded" : ""));
    std::string frames =
        fmt::format("{} sent, {} {}back", grouped(v.sent), grouped(v.returned), v.untold > 0 ? "known to be " : "");
    if (v.sent > 0)
        frames += fmt::format(" ({}{})", share_text(v.returned, v.sent), v.under_way > 0 ? ", those under way aside" : "");
    if (v.calls > 1) frames += fmt::format(", of {} calls; {} got any", grouped(v.calls), grouped(v.calls_back));
    out += field(look, "frames", frames);
    out += under_way_text(look, v.under_way, v.under_way_longest);
    if (v.lost > 0)
        out += field(look, "lost",
                     fmt::format("{} ({}){}", grouped(v.lost), share_text(v.lost, v.sent),
                                 v.late > 0 ? fmt::format(", {} came too late", grouped(v.late)) : std::string()),
                     red);
    for (const auto& [label, n, text] : std::initializer_list<std::tuple<const char*, std::uint64_t, const char*>>{
             {"untold", v.untold, "sent ones, while frames came of which nobody can tell which they are"},
             {"mismatched", v.mismatched, "whose timestamp and picture say different frames"},
             {"unknown", v.unknown, "that came, and cannot be told to be any of ours"},
             {"repeated", v.repeated, "that had come before"},
             {"unreadable", v.unreadable, "pictures without the number that ours carry"}})
        if (n > 0) out += field(look, label, fmt::format("{} {}", grouped(n), text), yellow);
    out += faults_text(look, v);
    if (v.returned > 0) out += field(look, "known", known_by(v));
    if (!v.round_trip.empty()) {
        out += times(look, v.round_trip, v.lost);
        std::string split = fmt::format("p50: the way and the server {}, assembly {}", format_duration(v.network.quantile(0.5)),
                                        format_duration(v.assembly.quantile(0.5)));
        if (!v.decoding.empty()) split += ", decoding " + format_duration(v.decoding.quantile(0.5));
        out += field(look, "split", split);
    }
    out += first_frame_text(look, v) + freezes_text(look, v);
    out += rates_text(look, v);
    if (v.packets_lost_in + v.resent_in + v.resent_out + v.nacks_in + v.nacks_out > 0)
        out += field(look, "packets",
                     fmt::format("{} in, {} lost, {} resent to us after {} NACKs; {} out, {} resent after {} NACKs",
                                 grouped(v.packets_in), grouped(v.packets_lost_in), grouped(v.resent_in), grouped(v.nacks_out),
                                 grouped(v.packets_out), grouped(v.resent_out), grouped(v.nacks_in)));
    if (v.plis_in + v.plis_out > 0)
        out += field(look, "key frames",
                     fmt::format("{} asked of us, {} asked of the server", grouped(v.plis_in), grouped(v.plis_out)));
    out += unanswered_text(look, v.plis_in + v.plis_out > 0 ? "" : "key frames", v);
    return out + transform_text(look, v);
}

std::string audio_text(const Look& look, const AudioTally& a) {
    if (a.calls == 0) return {};
    std::string out = heading(look, "audio", a.codec + (a.chirps > 0 ? "; round trips of a chirp each second" : ""));
    std::string packets = fmt::format("{} sent, {} came", grouped(a.sent), grouped(a.received));
    if (a.lost > 0) packets += fmt::format(", {} lost", grouped(a.lost));
    if (a.calls > 1) packets += fmt::format(", of {} calls; {} heard something", grouped(a.calls), grouped(a.calls_back));
    out += field(look, "packets", packets, a.received == 0 ? red : nullptr);
    if (a.level_db) out += field(look, "level", fmt::format("{:.1f} dB of full scale, of what came", *a.level_db));
    if (a.chirps == 0) return out;
    out += field(look, "chirps", fmt::format("{} sent, {} heard again", grouped(a.chirps), grouped(a.chirps_back)),
                 a.chirps_back == 0 ? yellow : nullptr);
    return a.round_trip.empty() ? out : out + times(look, a.round_trip, a.chirps - a.chirps_back, metrics::chirp_resolution);
}

}  // namespace

std::string media_text(const metrics::MediaTally& media, const Look& look) {
    std::string out = video_text(look, media.video) + audio_text(look, media.audio);
    for (const auto& note : media.notes) out += '\n' + field(look, "note", one_line(note), yellow);
    return out;
}

}  // namespace volley::report
