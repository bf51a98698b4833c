// When which frame of a loop is sent, and under which numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "call/frame_loop.hpp"
#include "call/media_streams.hpp"
#include "streams/session.hpp"

namespace volley::call {

/// Of one call. Pure. Thread safety: as a plain value.
class FrameSender {
public:
    /// Behind by more than this the frames in between are not made up for.
    static constexpr Duration most_late = std::chrono::seconds(1);

    /// A frame that was handed to the session.
    struct Sent {
        std::uint64_t index = 0;  ///< rises from frame to frame
        std::size_t place = 0;    ///< of it in the loop
        std::uint32_t timestamp = 0;
        TimePoint planned;
    };

    FrameSender(std::shared_ptr<const FrameLoop> loop, TimePoint first_due, RandomSource& random);

    [[nodiscard]] TimePoint due() const noexcept;
    /// The next frame is to be one that decoding can begin with.
    void want_key() noexcept { key_wanted_ = true; }
    /// Hands all that is due to the session. What it has no room for is left out, and a key frame follows.
    void send_due(TimePoint now, streams::Session& session, const MediaSection& section,
                  const std::function<void(const Sent&)>& sent = {});

private:
    void send(TimePoint now, streams::Session& session, const MediaSection& section,
              const std::function<void(const Sent&)>& sent);

    std::shared_ptr<const FrameLoop> loop_;
    TimePoint first_due_;
    std::uint64_t frame_ = 0;  // the number of the next one
    std::size_t place_ = 0;    // of it in the loop
    std::uint32_t base_;       // of timestamps
    std::uint64_t dither_;
    std::uint16_t picture_id_;
    bool key_wanted_ = false;
    std::vector<Bytes> payloads_;
};

}  // namespace volley::call
