// Sound that is encoded once and played to many, over and over.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "call/frame_workers.hpp"
#include "media/plugin.hpp"
#include "sound/pcm.hpp"

namespace volley::call {

/// Packets of 20 ms each.
struct SoundLoop {
    media::AudioCodec codec{};
    std::vector<Bytes> packets;  ///< never empty
};

/// The same sound in each codec that is asked for. Thread safety: every member from any thread.
class SoundLoops {
public:
    /// @param workers  do the encoding; they outlive this object
    SoundLoops(sound::Pcm sound, FrameWorkers& workers);
    SoundLoops(const SoundLoops&) = delete;
    SoundLoops& operator=(const SoundLoops&) = delete;
    ~SoundLoops();  ///< what is being encoded is left unfinished

    /// Nothing while it is being made, or where it cannot be: then fault() says why.
    [[nodiscard]] std::shared_ptr<const SoundLoop> get(media::AudioCodec codec);
    [[nodiscard]] std::string fault() const;

private:
    struct State;
    class Encoding;
    std::shared_ptr<State> state_;  // shared with the work that goes on
    FrameWorkers& workers_;
};

/// @return the packets; or none, and `fault` says why: `stop` asked for the end, for one. Takes a while: off the loop.
[[nodiscard]] std::shared_ptr<const SoundLoop> encode_sound(const sound::Pcm& sound, media::AudioCodec codec, std::string& fault,
                                                            const std::atomic<bool>& stop);

/// When which packet of a loop is to be sent. Pure.
class SoundClock {
public:
    /// Behind by more than this it goes on from now: a pause, instead of a burst.
    static constexpr Duration patience = std::chrono::milliseconds(200);
    static constexpr Duration step = std::chrono::milliseconds(20);

    void start(TimePoint now) noexcept { due_ = now; }
    [[nodiscard]] TimePoint due() const noexcept { return due_; }
    /// The number of the packet that is due, from 0 on; `sent` counts it.
    [[nodiscard]] bool is_due(TimePoint now) const noexcept { return now >= due_; }
    void sent(TimePoint now) noexcept {
        ++count_;
        due_ += step;
        if (now > due_ + patience) {
            const auto steps = (now - due_) / step;
            count_ += static_cast<std::uint64_t>(steps);
            due_ += steps * step;
        }
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
    TimePoint due_{};
    std::uint64_t count_ = 0;
};

}  // namespace volley::call
