#include "media_options.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <utility>

#include <unistd.h>

#include <volley/error.hpp>

#include "option_values.hpp"
#include "out_file.hpp"

namespace volley::cli {
namespace {

constexpr int smallest_side = 64;  // that a ring code has room in
constexpr int largest_side = 4096;
constexpr double most_frames_per_second = 120;
constexpr std::uint64_t least_bitrate = 30'000;
constexpr std::uint64_t most_bitrate = 50'000'000;
constexpr std::size_t longest_transform = 64;
constexpr std::size_t few_calls = 4;
constexpr std::size_t decode_every_of_many = 20;

template <class Number>
bool read_number(std::string_view text, Number& out) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() && end == text.data() + text.size();
}

std::string wrong(const char* name, const TypedFlag& flag, const std::string& expected) {
    return std::string(name) + ' ' + escape_for_terminal(flag.value) + ": " + expected;
}

std::optional<std::string> read_resolution(const TypedFlag& flag, call::VideoPlan& video) {
    const call::VideoPlan defaults;
    if (flag.negated) {
        video.width = defaults.width;
        video.height = defaults.height;
        return {};
    }
    const auto x = flag.value.find_first_of("xX");
    int width = 0;
    int height = 0;
    const std::string_view text = flag.value;
    const bool ok = x != std::string::npos && read_number(text.substr(0, x), width) && read_number(text.substr(x + 1), height);
    if (!ok || width < smallest_side || height < smallest_side || width > largest_side || height > largest_side)
        return wrong("--resolution", flag, "WIDTHxHEIGHT is expected, each from 64 to 4096: 640x480");
    video.width = width;
    video.height = height;
    return {};
}

std::optional<std::string> read_fps(const TypedFlag& flag, double& place) {
    place = call::VideoPlan().frames_per_second;
    if (flag.negated) return {};
    double fps = 0;
    if (!read_number(std::string_view(flag.value), fps) || !(fps >= 1) || fps > most_frames_per_second)
        return wrong("--fps", flag, "frames a second from 1 to 120 are expected");
    place = fps;
    return {};
}

std::optional<std::string> read_bitrate(const TypedFlag& flag, std::uint64_t& place) {
    place = call::VideoPlan().bits_per_second;
    if (flag.negated) return {};
    std::string_view text = flag.value;
    double factor = 1;
    if (text.ends_with('k') || text.ends_with('K')) factor = 1e3;
    if (text.ends_with('M') || text.ends_with('m')) factor = 1e6;
    if (factor > 1) text.remove_suffix(1);
    double bits = 0;
    const bool ok = read_number(text, bits) && std::isfinite(bits);
    if (!ok || bits * factor < static_cast<double>(least_bitrate) || bits * factor > static_cast<double>(most_bitrate))
        return wrong("--video-bitrate", flag, "bits a second from 30k to 50M are expected: 500k, 1.5M");
    place = static_cast<std::uint64_t>(std::llround(bits * factor));
    return {};
}

std::optional<std::string> read_codec(const char* name, const TypedFlag& flag,
                                      const std::vector<std::pair<std::string, std::string>>& known,
                                      std::vector<std::string>& place) {
    place.clear();
    if (flag.negated) return {};
    std::string all;
    for (const auto& [typed, encoding] : known) {
        if (flag.value == typed) {
            place = {encoding};
            return {};
        }
        all += (all.empty() ? "" : ", ") + typed;
    }
    return wrong(name, flag, "one of " + all + " is expected");
}

/// Why a folder cannot be written into, or made.
std::string unwritable_folder(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return unwritable((path / "strip.png").string());
    if (std::filesystem::exists(path, ignored)) return "it is no directory";
    auto above = std::filesystem::absolute(path, ignored).parent_path();
    while (!above.empty() && above.has_relative_path() && !std::filesystem::exists(above, ignored)) above = above.parent_path();
    if (!std::filesystem::is_directory(above, ignored)) return above.string() + " is no directory";
    return ::access(above.c_str(), W_OK) == 0 ? std::string() : std::string(std::strerror(errno));
}

/// What is asked for is certain to be none of WebM's codecs.
bool only_for_matroska(const call::OfferPlan& plan) {
    const auto without = [](const auto& codecs, std::string_view name) {
        return !codecs.empty() && std::find(codecs.begin(), codecs.end(), name) == codecs.end();
    };
    return (plan.video && without(plan.video->codecs, "VP8")) || (plan.audio && without(plan.audio->codecs, "opus"));
}

}  // namespace

bool MediaReader::read(const TypedFlag& flag, std::optional<std::string>& error) {
    const bool on = !flag.negated;
    const auto of_video = [&](const char* name, bool of_sending = false) {
        if (on) needs_video_ = name;
        if (on && of_sending) of_sending_ = name;
    };
    const auto of_audio = [&](const char* name, bool of_sending = false) {
        if (on) needs_audio_ = name;
        if (on && of_sending) of_sending_ = name;
    };
    switch (flag.id) {
        case FlagId::video:
            sends_video_ = on;
            video_.transform = on ? flag.value : std::string();
            if (video_.transform.size() > longest_transform) error = "--video: the name of a transform has at most 64 bytes";
            return true;
        case FlagId::video_source:
            of_video("--video-source", true);
            video_.source = on ? flag.value : std::string();
            return true;
        case FlagId::video_codec:
            of_video("--video-codec");
            error = read_codec("--video-codec", flag, {{"vp8", "VP8"}, {"h264", "H264"}}, video_.codecs);
            return true;
        case FlagId::video_bitrate:
            of_video("--video-bitrate", true);
            error = read_bitrate(flag, video_.bits_per_second);
            return true;
        case FlagId::resolution:
            of_video("--resolution", true);
            has_size_ = has_size_ || on;
            error = read_resolution(flag, video_);
            return true;
        case FlagId::fps:
            of_video("--fps", true);
            has_size_ = has_size_ || on;
            error = read_fps(flag, video_.frames_per_second);
            return true;
        case FlagId::decode_every:
            of_video("--decode-every");
            error = read_count("--decode-every", flag, 1, 1'000'000, decode_every_);
            return true;
        case FlagId::save_frames:
            of_video("--save-frames");
            video_.frames_folder = on ? flag.value : std::string();
            return true;
        case FlagId::audio:
            sends_audio_ = on;
            return true;
        case FlagId::audio_source:
            of_audio("--audio-source", true);
            audio_.source = on ? flag.value : call::AudioPlan().source;
            return true;
        case FlagId::audio_codec:
            of_audio("--audio-codec");
            error = read_codec("--audio-codec", flag, {{"opus", "opus"}, {"g722", "G722"}, {"pcmu", "PCMU"}, {"pcma", "PCMA"}},
                               audio_.codecs);
            return true;
        case FlagId::record:
            record_ = on ? flag.value : std::string();
            return true;
        default:
            return false;
    }
}

std::optional<std::string> MediaReader::put_together(call::OfferPlan& plan) {
    if (!sends_video_ && !needs_video_.empty())
        return needs_video_ + " goes with --video: say what is to be done with it, such as --video none";
    if (!sends_audio_ && !needs_audio_.empty()) return needs_audio_ + " goes with --audio";
    if (!record_.empty() && !sends_video_ && !sends_audio_)
        return "--record needs something to record: add --video none, or --audio";
    if (has_size_ && !video_.source.empty() && !call::is_camera(video_.source))
        return "--resolution and --fps are those of the moving picture or a camera: a file has its own";
    video_.decode_every = decode_every_.value_or(plan.calls > few_calls ? decode_every_of_many : 1);
    if (sends_video_) plan.video = std::move(video_);
    if (sends_audio_) plan.audio = std::move(audio_);
    plan.record = std::move(record_);
    return {};
}

std::optional<std::string> check_files(const call::OfferPlan& plan) {
    const auto fault = [](const char* flag, const std::string& path, const char* what, const std::string& why,
                          const char* advice) {
        return std::string(flag) + ' ' + escape_for_terminal(path) + ": " + what + ": " + escape_for_terminal(why) + "; " +
               advice;
    };
    if (plan.video && !plan.video->source.empty() && !call::is_camera(plan.video->source))
        if (const auto why = call::why_unreadable(plan.video->source); !why.empty())
            return fault("--video-source", plan.video->source, "cannot be read", why, "without it a moving picture is sent");
    if (plan.audio && plan.audio->source != "tone" && plan.audio->source != "chirp")
        if (const auto why = call::why_unreadable(plan.audio->source); !why.empty())
            return fault("--audio-source", plan.audio->source, "cannot be read", why, "tone and chirp are no files");
    if (!plan.record.empty()) {
        const auto ending = std::filesystem::path(plan.record).extension();
        if (ending != ".webm" && ending != ".mkv")
            return fault("--record", plan.record, "unknown kind of file", "WebM and Matroska are written",
                         "call it .webm or .mkv");
        if (ending == ".webm" && only_for_matroska(plan))
            return fault("--record", plan.record, "not for this", "WebM holds VP8 and Opus alone", "call it .mkv");
        if (const auto why = unwritable(plan.record); !why.empty())
            return fault("--record", plan.record, "cannot be written", why, "name a file in a directory that is there");
    }
    if (plan.video && !plan.video->frames_folder.empty())
        if (const auto why = unwritable_folder(plan.video->frames_folder); !why.empty())
            return fault("--save-frames", plan.video->frames_folder, "cannot be written", why, "name a directory, new or old");
    return {};
}

}  // namespace volley::cli
