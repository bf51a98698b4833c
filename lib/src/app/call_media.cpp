#include "app/call_media.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <volley/error.hpp>

#include "call/sound_source.hpp"
#include "media/load.hpp"
#include "media/transforms.hpp"

namespace volley::app {
namespace {

/// Known without a look into the plugin, whose loading takes a while.
constexpr std::array<std::string_view, 5> usual_transforms{"none", "cartoon", "edges", "rotate", call::reflect_transform};

constexpr std::size_t most_notices = 32;

bool plugin_is_there() {
    const auto places = media::plugin_places();
    return std::any_of(places.begin(), places.end(), [](const std::string& place) {
        std::error_code ec;
        return std::filesystem::exists(place, ec);
    });
}

/// Once each: many calls meet with the same.
void tell(const std::string& text) {
    static std::set<std::string> told;  // of the calls' thread
    if (told.size() >= most_notices || !told.insert(text).second) return;
    std::fputs(("volley: " + escape_for_terminal(text) + '\n').c_str(), stderr);
}

bool has_section(std::string_view offer, std::string_view kind) {
    const std::string line = "m=" + std::string(kind) + ' ';
    return offer.starts_with(line) || offer.find('\n' + line) != std::string_view::npos;
}

}  // namespace

CallMedia::CallMedia(const CallOptions& options, RandomSource& random, std::function<void(std::uint64_t)> wake)
    : options_(options),
      random_(random),
      has_plugin_(plugin_is_there()),
      workers_(call::FrameWorkers::threads_for_this_machine()) {
    shared_.workers = &workers_;
    shared_.pictures = &pictures_;
    shared_.wake = std::move(wake);
    shared_.notice = tell;
    if (options_.audio == "none") {
        shared_.audio = call::AnswerAudio::none;
    } else if (options_.audio != "echo") {
        shared_.audio = call::AnswerAudio::loops;
        // Whoever asks for it would wait for a sound that never comes.
        if (const auto& loaded = media::plugin(); loaded.plugin == nullptr)
            throw std::runtime_error(fmt::format("--audio {}: {}", escape_for_terminal(options_.audio), loaded.fault));
        std::string fault;
        auto sound = call::read_sound(options_.audio, fault);
        if (!sound) throw std::runtime_error("--audio: " + fault);
        sound_ = std::make_unique<call::SoundLoops>(std::move(*sound), workers_);
        shared_.sound = sound_.get();
    }
    if (options_.record_to.empty()) return;
    if (!std::filesystem::is_directory(options_.record_to))
        throw std::runtime_error(fmt::format("--record-to: {}: there is no such folder", options_.record_to));
    if (const auto& loaded = media::plugin(); loaded.plugin == nullptr)
        throw std::runtime_error(fmt::format("--record-to: {}", loaded.fault));
}

std::optional<CallRefusal> CallMedia::check_transform(const std::string& transform) {
    if (std::find(usual_transforms.begin(), usual_transforms.end(), transform) != usual_transforms.end()) return std::nullopt;
    std::string names;
    for (const auto& name : media::transform_names()) {
        if (name == transform) return std::nullopt;
        names += name + ", ";
    }
    return CallRefusal{400, fmt::format("there is no transform '{}'", escape_for_terminal(transform.substr(0, 64))),
                       fmt::format("'video_transform' is one of {}{}", names, call::reflect_transform)};
}

std::string CallMedia::next_recording() {
    if (options_.record_to.empty()) return {};
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("{}/{:%Y%m%dT%H%M%SZ}-{}.webm", options_.record_to, fmt::gmtime(now), ++recordings_);
}

std::variant<CallMedia::SetUp, CallRefusal> CallMedia::set_up(std::string_view offer, std::string transform,
                                                              std::unique_ptr<call::CallHandler> inner) {
    const bool video = has_section(offer, "video");
    const bool audio = has_section(offer, "audio");
    if (!video && !audio) return SetUp{{}, std::move(inner)};
    if (transform.empty()) transform = "none";
    SetUp out;
    const auto sources = call::make_sources(random_);
    if (audio) out.media.push_back(call::audio_media(sources.audio));
    if (video) {
        if (auto refusal = check_transform(transform)) return std::move(*refusal);
        if (has_plugin_ || transform == call::reflect_transform)
            out.media.push_back(call::video_media(sources.video));
        else if (!std::exchange(told_missing_, true))
            tell("no video is taken: " + media::plugin().fault);
    }
    out.handler = call::make_media_handler(shared_, std::move(transform), sources, next_recording(), random_, std::move(inner));
    return out;
}

}  // namespace volley::app
