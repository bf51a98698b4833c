#include "app/call_media.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <volley/error.hpp>

#include "app/call_notice.hpp"
#include "call/play_media.hpp"
#include "call/sound_source.hpp"
#include "media/load.hpp"
#include "media/transforms.hpp"

namespace volley::app {
namespace {

bool plugin_is_there() {
    const auto places = media::plugin_places();
    return std::any_of(places.begin(), places.end(), [](const std::string& place) {
        std::error_code ec;
        return std::filesystem::exists(place, ec);
    });
}

/// Tries it. Empty: one can be made.
std::string why_no_file_in(const std::string& folder) {
    std::string path = folder + "/.volley-XXXXXX";
    const int file = ::mkstemp(path.data());
    if (file < 0) return std::strerror(errno);
    ::close(file);
    ::unlink(path.c_str());
    return {};
}

/// The lines of a section; empty where there is none.
std::string_view section_of(std::string_view offer, std::string_view kind) {
    const std::string line = "m=" + std::string(kind) + ' ';
    const auto begin = offer.starts_with(line) ? 0 : offer.find('\n' + line);
    if (begin == std::string_view::npos) return {};
    const auto end = offer.find("\nm=", begin + 1);
    return offer.substr(begin, end == std::string_view::npos ? end : end - begin);
}

/// Who offers this sends none, and is played to.
bool only_receives(std::string_view offer, std::string_view kind) {
    const auto section = section_of(offer, kind);
    const auto at = section.find("\na=recvonly");
    if (at == std::string_view::npos) return false;
    const auto rest = section.substr(at + std::string_view("\na=recvonly").size());
    return rest.empty() || rest.front() == '\r' || rest.front() == '\n';
}

/// Throws where there is no media plugin: whoever asked for what it does would wait for something that never comes.
void need_plugin(const std::string& who) {
    if (const auto& loaded = media::plugin(); loaded.plugin == nullptr) throw std::runtime_error(who + ": " + loaded.fault);
}

call::VideoPlan film_plan(const CallOptions& options) {
    call::VideoPlan out;
    out.source = options.video;
    return out;
}

}  // namespace

CallMedia::CallMedia(const CallOptions& options, unsigned process, unsigned processes, RandomSource& random,
                     std::function<void(std::uint64_t)> wake)
    : options_(options),
      recordings_of_(processes > 1 ? fmt::format("{}-", process + 1) : ""),
      random_(random),
      has_plugin_(plugin_is_there()),
      film_(film_plan(options), {}),
      pictures_(call::PictureLimits::of_this_machine(processes, options.most_pixels)),
      workers_(call::FrameWorkers::threads_for_this_machine()) {
    shared_.workers = &workers_;
    shared_.pictures = &pictures_;
    shared_.wake = std::move(wake);
    shared_.notice = tell;
    if (options_.audio == "none") {
        shared_.audio = call::AnswerAudio::none;
    } else if (options_.audio != "echo") {
        shared_.audio = call::AnswerAudio::loops;
        need_plugin("--audio " + escape_for_terminal(options_.audio));
        std::string fault;
        auto sound = call::read_sound(options_.audio, fault);
        if (!sound) throw std::runtime_error("--audio: " + fault);
        sound_ = std::make_unique<call::SoundLoops>(std::move(*sound), workers_);
        shared_.sound = sound_.get();
    }
    if (!options_.video.empty()) need_plugin("--video " + escape_for_terminal(options_.video));
    if (const auto fault = call::fault_of_source(film_plan(options_)); !fault.empty())
        throw std::runtime_error("--video: " + fault);
    if (options_.record_to.empty()) return;
    if (!std::filesystem::is_directory(options_.record_to))
        throw std::runtime_error(
            fmt::format("--record-to: {}: there is no such folder", escape_for_terminal(options_.record_to)));
    if (const auto why = why_no_file_in(options_.record_to); !why.empty())
        throw std::runtime_error(
            fmt::format("--record-to: no file can be made in {}: {}", escape_for_terminal(options_.record_to), why));
    need_plugin("--record-to");
}

std::optional<CallRefusal> CallMedia::check_transform(const std::string& transform) {
    // Without a look into the plugin, whose loading takes a while.
    const auto usual = call::usual_transforms();
    if (std::find(usual.begin(), usual.end(), transform) != usual.end()) return std::nullopt;
    std::string names;
    for (const auto& name : media::transform_names()) {
        if (name == transform) return std::nullopt;
        names += name + ", ";
    }
    return CallRefusal{400, fmt::format("there is no transform '{}'", escape_for_terminal(transform.substr(0, 64))),
                       fmt::format("'video_transform' is one of {}{}", names, call::reflect_transform)};
}

std::shared_ptr<const call::FrameLoop> CallMedia::frames_of(media::VideoCodec codec) {
    auto loop = film_.frames(codec);
    if (!loop)
        if (const auto fault = film_.fault(); !fault.empty()) tell("video is not played: " + fault);
    return loop;
}

std::string CallMedia::next_recording() {
    if (options_.record_to.empty()) return {};
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("{}/{:%Y%m%dT%H%M%SZ}-{}{}.webm", options_.record_to, fmt::gmtime(now), recordings_of_, ++recordings_);
}

std::variant<CallMedia::SetUp, CallRefusal> CallMedia::set_up(std::string_view offer, std::string transform,
                                                              std::unique_ptr<call::CallHandler> inner) {
    const bool video = !section_of(offer, "video").empty();
    const bool audio = !section_of(offer, "audio").empty();
    if (!video && !audio) return SetUp{{}, std::move(inner)};
    if (transform.empty()) transform = "none";
    SetUp out;
    const auto sources = call::make_sources(random_);
    if (audio) out.media.push_back(call::audio_media(sources.audio));
    if (video) {
        if (auto refusal = check_transform(transform)) return std::move(*refusal);
        if (has_plugin_ || transform == call::reflect_transform)
            out.media.push_back(call::video_media(
                sources.video, only_receives(offer, "video") ? film_.video_codecs() : std::vector<media::VideoCodec>()));
        else if (!std::exchange(told_missing_, true))
            tell("no video is taken: " + media::plugin().fault);
    }
    if (only_receives(offer, video ? "video" : "audio")) {
        auto frames = [this](media::VideoCodec codec) { return frames_of(codec); };
        out.handler = call::make_play_handler(shared_, std::move(frames), sources, random_, std::move(inner));
        return out;
    }
    out.handler = call::make_media_handler(shared_, std::move(transform), sources, next_recording(), random_, std::move(inner));
    return out;
}

}  // namespace volley::app
