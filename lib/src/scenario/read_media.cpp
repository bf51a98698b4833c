// `video`, `audio` and `for` of a step that is a call.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "scenario/media_figures.hpp"
#include "scenario/reader.hpp"
#include "scenario/step_parts.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

// As call::VideoPlan has them.
constexpr int smallest_side = 64;
constexpr int largest_side = 4096;
constexpr double most_frames_per_second = 120;
constexpr double least_bitrate = 30e3;
constexpr double most_bitrate = 50e6;
constexpr std::uint64_t largest_stride = 1'000'000;
constexpr std::size_t longest_transform = 64;

constexpr auto moving_picture = "synthetic"sv;
constexpr auto video_example = "video: edges, or video: { transform: edges, size: 640x480, fps: 30 }"sv;
constexpr auto audio_example = "audio: chirp, or audio: { source: chirp, codec: opus }"sv;

template <class Number>
bool take_number(std::string_view text, Number& out) {
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), out);
    return bad == std::errc{} && end == text.data() + text.size();
}

void read_transform(Reader& reader, const Node& node, std::string_view what, VideoStep& out) {
    const auto given = reader.text(node, what);
    if (!given) return;
    if (given->size() > longest_transform || has_control(*given))
        reader.error(
            node.pos(), in_quotes(what) + " is too long or holds a control character: " + in_quotes(*given),
            "at most " + std::to_string(longest_transform) + " bytes; none, cartoon, edges, rotate and reflect are known");
    else
        out.transform = *given;
}

/// @return  as written, its templates replaced; empty text where there is none.
Value read_source(Reader& reader, const Node& node, std::string_view what, std::string_view words) {
    Value out;
    out.pos = node.pos();
    const auto given = reader.text(node, what);
    if (!given) return out;
    if (given->empty() || has_control(*given))
        reader.error(node.pos(), in_quotes(what) + " is empty or holds a control character", "write " + std::string(words));
    else
        out.text = *given;
    return out;
}

void read_size(Reader& reader, const Node& node, VideoStep& out) {
    const auto given = reader.text(node, "size");
    if (!given) return;
    const std::string_view text = *given;
    const auto x = text.find('x');
    int width = 0;
    int height = 0;
    if (x == std::string_view::npos || !take_number(text.substr(0, x), width) || !take_number(text.substr(x + 1), height)) {
        reader.error(node.pos(), "`size` is not a size of pictures: " + in_quotes(text), "write 640x480");
        return;
    }
    const auto fits = [](int side) { return side >= smallest_side && side <= largest_side; };
    if (!fits(width) || !fits(height)) {
        reader.error(node.pos(), "`size` is out of range: " + in_quotes(text), "each side from 64 to 4096 pixels");
        return;
    }
    out.width = width;
    out.height = height;
}

void read_fps(Reader& reader, const Node& node, VideoStep& out) {
    const auto given = reader.text(node, "fps");
    if (!given) return;
    double fps = 0;
    if (!take_number(std::string_view(*given), fps) || !std::isfinite(fps))
        reader.error(node.pos(), "`fps` is not a number: " + in_quotes(*given), "frames a second: 30");
    else if (fps < 1 || fps > most_frames_per_second)
        reader.error(node.pos(), "`fps` is out of range: " + in_quotes(*given), "from 1 to 120");
    else
        out.frames_per_second = fps;
}

void read_bitrate(Reader& reader, const Node& node, VideoStep& out) {
    const auto given = reader.text(node, "bitrate");
    if (!given) return;
    std::string_view text = *given;
    double factor = 1;
    if (text.ends_with('k')) factor = 1e3;
    if (text.ends_with('M')) factor = 1e6;
    if (factor > 1) text.remove_suffix(1);
    double bits = 0;
    if (!take_number(text, bits) || !std::isfinite(bits))
        reader.error(node.pos(), "`bitrate` is not a number of bits a second: " + in_quotes(*given), "write 500k or 1.5M");
    else if (bits * factor < least_bitrate || bits * factor > most_bitrate)
        reader.error(node.pos(), "`bitrate` is out of range: " + in_quotes(*given), "from 30k to 50M bits a second");
    else
        out.bits_per_second = static_cast<std::uint64_t>(std::llround(bits * factor));
}

template <std::size_t N>
void read_codec(Reader& reader, const Keys& keys, const std::array<std::string_view, N>& words, std::string& out) {
    if (const Node* n = keys.find("codec"))
        if (const auto which = reader.word(*n, "codec", words)) out = words[*which];
}

/// `true` and `false`, which stand for the usual and for nothing.
std::optional<bool> as_switch(Reader& reader, const Node& node, std::string_view what) {
    if (node.kind != Node::Kind::scalar || node.value.quoted) return std::nullopt;
    if (node.value.text != "true" && node.value.text != "false") return std::nullopt;
    return reader.boolean(node, what);
}

bool has_key(const Node& map, std::string_view key) {
    return std::ranges::any_of(map.entries, [key](const Entry& entry) { return entry.key.text == key; });
}

}  // namespace

void read_video(Reader& reader, const Node& node, CallStep& out) {
    const auto on = as_switch(reader, node, "video");
    if (on == false) return;
    VideoStep& video = out.video.emplace();
    if (on) return;
    if (node.kind == Node::Kind::scalar) return read_transform(reader, node, "video", video);
    if (!reader.is_map(node, "video", video_example)) return;
    static constexpr std::array known{"transform"sv, "source"sv, "size"sv, "fps"sv, "bitrate"sv, "codec"sv, "decode_every"sv};
    const Keys keys(reader, node, "video", known);
    if (const Node* n = keys.find("transform")) read_transform(reader, *n, "transform", video);
    if (const Node* n = keys.find("source")) {
        video.source = read_source(reader, *n, "source", "synthetic, the name of a file, or v4l2:/dev/video0");
        if (video.source.text == moving_picture) video.source.text.clear();
    }
    if (const Node* n = keys.find("size")) read_size(reader, *n, video);
    if (const Node* n = keys.find("fps")) read_fps(reader, *n, video);
    if (const Node* n = keys.find("bitrate")) read_bitrate(reader, *n, video);
    static constexpr std::array codecs{"vp8"sv, "h264"sv};
    read_codec(reader, keys, codecs, video.codec);
    if (const Node* n = keys.find("decode_every"))
        video.decode_every = reader.count(*n, "decode_every", 1, largest_stride).value_or(video.decode_every);
    static constexpr std::array of_moving_picture{"size"sv, "fps"sv};
    if (video.source.text.empty()) return;
    for (const auto key : keys.among(of_moving_picture))
        reader.error(keys.key_pos(key), in_quotes(key) + " is that of the moving picture, and another source has its own",
                     "remove it, or write `source: synthetic`");
}

void read_audio(Reader& reader, const Node& node, CallStep& out) {
    constexpr auto sources = "tone, chirp, or the name of a WAV or Opus file"sv;
    const auto on = as_switch(reader, node, "audio");
    if (on == false) return;
    AudioStep& audio = out.audio.emplace();
    audio.source.text = timed_sound;
    if (on) return;
    const auto take_source = [&](const Node& source, std::string_view what) {
        Value given = read_source(reader, source, what, sources);
        if (!given.text.empty()) audio.source = std::move(given);
    };
    if (node.kind == Node::Kind::scalar) return take_source(node, "audio");
    if (!reader.is_map(node, "audio", audio_example)) return;
    static constexpr std::array known{"source"sv, "codec"sv};
    const Keys keys(reader, node, "audio", known);
    if (const Node* n = keys.find("source")) take_source(*n, "source");
    static constexpr std::array codecs{"opus"sv, "g722"sv, "pcmu"sv, "pcma"sv};
    read_codec(reader, keys, codecs, audio.codec);
}

void read_media_length(Reader& reader, const Keys& keys, CallStep& out) {
    const Node* n = keys.find("for");
    if (n == nullptr) return;
    out.media_length = reader.duration(*n, "for", 1ms, 1h);
    const auto place = keys.key_pos("for");
    if (!keys.has("video") && !keys.has("audio")) {
        reader.error(place, "`for` says how long video and audio flow, and there is neither",
                     "add `video: none`, or put it under `pings`: datachannel: { pings: { for: 5s } }");
        return;
    }
    if (out.length) {
        reader.error(place, "`for` stands under `pings`, too, and video and audio flow as long as that says",
                     "remove one of them");
        return;
    }
    const Node* channel = keys.find("datachannel");
    const bool asks_for_pings = channel != nullptr && channel->kind == Node::Kind::map && has_key(*channel, "pings");
    if (!asks_for_pings || !out.media_length || !out.count || *out.count < 2) return;
    const Duration last = out.every * static_cast<std::int64_t>(*out.count - 1);
    if (last >= *out.media_length)
        reader.error(place, "`for` is over before the last of the pings, which is due after " + format_duration(last),
                     "make it longer, or send fewer of them");
}

void check_media_checks(Reader& reader, const Step& step) {
    for (const auto& check : step.checks) {
        if (check.query != Check::Query::media) continue;
        const auto& words = words_of(check.figure);
        const bool video = is_of_video(check.figure);
        const bool sent = video ? step.call->video.has_value() : step.call->audio.has_value();
        if (!sent)
            reader.error_within(check.source, 0,
                                in_quotes(words.name) + (video ? " is a figure of video" : " is a figure of audio") +
                                    ", and this call sends none",
                                video ? "add `video: none` to `webrtc`" : "add `audio: chirp` to `webrtc`");
        else if (step.call->signal == CallStep::Signal::whep && !is_of_player(check.figure))
            reader.error_within(check.source, 0,
                                in_quotes(words.name) + " is a figure of what is sent, and a call of WHEP only receives",
                                video ? "video.frames, video.first_frame and video.freezes are its figures"
                                      : "audio.received and audio.lost are its figures");
        else if (check.figure == MediaFigure::audio_rtt && step.call->audio->source.text != timed_sound)
            reader.error_within(check.source, 0, "only chirps have a round trip, and the source of this call's audio is another",
                                "write `audio: chirp`");
    }
}

}  // namespace volley::scenario
