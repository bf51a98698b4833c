// The video and audio of the calls that others begin: what is taken, and what is done with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <volley/app/app.hpp>

#include "app/calls.hpp"
#include "base/random.hpp"
#include "call/answer_media.hpp"
#include "call/frame_workers.hpp"
#include "call/media_sources.hpp"
#include "call/picture_budget.hpp"
#include "call/server_port.hpp"
#include "call/sound_loop.hpp"
#include "proto/sdp/negotiation.hpp"

namespace volley::app {

/// On the calls' thread; gone after the port whose handlers it makes.
class CallMedia {
public:
    /// @param process  where this is one of several `processes`: its number from 0, to share memory and names of recordings with the others
    /// @param wake  see call::AnswerMedia. Throws std::runtime_error where the sound or video that is to be played cannot be read, the folder for
    /// recordings is none, or there is no plugin for what is asked for.
    CallMedia(const CallOptions& options, unsigned process, unsigned processes, RandomSource& random,
              std::function<void(std::uint64_t call)> wake);

    /// For one call.
    struct SetUp {
        std::vector<proto::sdp::LocalMedia> media;
        std::unique_ptr<call::CallHandler> handler;
    };
    /// @param transform  what is asked for; empty: `none`. @param inner  for all but media
    /// @return or why not: there is no such transform.
    [[nodiscard]] std::variant<SetUp, CallRefusal> set_up(std::string_view offer, std::string transform,
                                                          std::unique_ptr<call::CallHandler> inner);

private:
    [[nodiscard]] std::optional<CallRefusal> check_transform(const std::string& transform);
    [[nodiscard]] std::string next_recording();
    [[nodiscard]] std::shared_ptr<const call::FrameLoop> frames_of(media::VideoCodec codec);

    const CallOptions& options_;
    std::string recordings_of_;  // in their names; empty: there is one process
    RandomSource& random_;
    bool has_plugin_;
    bool told_missing_ = false;
    std::uint64_t recordings_ = 0;
    call::MediaSources film_;       // for who only receives; made when the first of them comes
    call::PictureBudget pictures_;  // workers have shares of it
    call::FrameWorkers workers_;
    std::unique_ptr<call::SoundLoops> sound_;
    call::AnswerMedia shared_;
};

}  // namespace volley::app
