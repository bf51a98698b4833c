// Which stage of the video of one call may run next: decoding, transforming, encoding, each on one picture at a time, of three pictures at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include <volley/time.hpp>

#include "call/coded_picture.hpp"
#include "media/plugin.hpp"
#include "picture/picture.hpp"

namespace volley::call {

/// What is to be decoded; its place in the order of pictures is `number`.
struct ToDecode {
    media::VideoCodec codec{};
    CodedPicture coded;
    std::uint64_t number = 0;
    bool overtaken = false;  ///< a newer one is there: it is decoded for the decoder's sake, and not kept
    picture::Picture into;   ///< takes the picture where it is kept; as it is: memory to be used again
};
/// What was decoded.
struct ToTransform {
    picture::Picture from;
    std::uint32_t timestamp = 0;
    TimePoint came{};
    std::uint64_t number = 0;
    picture::Picture into;
};
/// What was transformed.
struct ToEncode {
    picture::Picture from;
    std::uint32_t timestamp = 0;
    std::uint64_t number = 0;
};
/// All is over and no stage runs any more: codecs can go, and so does this memory.
struct ToRelease {
    std::vector<picture::Picture> spare;
};

/// Each coded picture is decoded, in order, since the next one needs it. In front of the transform there is room for one picture, the newest, so that
/// what comes back is not late by a queue: one that still waits there when the next is decoded is overtaken. Pictures that came together are not,
/// since that is the way's doing: behind a packet that was resent come all that had to wait for it; they wait as they are coded. What is transformed
/// is encoded, in order; one picture at most waits for that, and none is transformed in the meantime.
///
/// Whoever asks gets the picture that is furthest, so that one thread takes a picture through all stages without a hop, and others join in where a
/// stage is free. Pure: the owner locks, has the clock and does the work. Thread safety: as a plain value.
class VideoStages {
public:
    static constexpr std::size_t most_waiting = 64;  ///< pictures that are not decoded yet
    static constexpr std::size_t most_waiting_bytes = std::size_t{4} << 20;
    /// Pictures have come together that came within so long, shorter than from one picture to the next.
    static constexpr Duration together = std::chrono::milliseconds(10);
    /// Of those as many are transformed as are begun within so long, and the newest.
    static constexpr Duration most_catching_up = std::chrono::milliseconds(100);
    /// A decoded picture that could have been transformed for longer, but for want of a thread, is old: newer ones are decoded first.
    static constexpr Duration fresh = std::chrono::milliseconds(10);

    explicit VideoStages(Duration catching_up = most_catching_up);

    /// @return false where so much waits that it was dropped, with all up to the next key picture; one is to be asked for.
    [[nodiscard]] bool put(media::VideoCodec codec, CodedPicture picture);
    /// Nothing more begins; what waits goes at once.
    void stop() noexcept;
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

    using Job = std::variant<std::monostate, ToDecode, ToTransform, ToEncode, ToRelease>;
    /// What there is to do now; its stage is taken until the job is handed to done(). ToRelease comes once.
    /// @param last  of pictures up to this number; those that are transformed are encoded whatever their number.
    [[nodiscard]] Job next(TimePoint now, std::uint64_t last);
    /// next() would give something, of whatever number.
    [[nodiscard]] bool has_next(TimePoint now) const noexcept;
    /// Of the newest picture.
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }

    /// @param shows  there is a picture in `into`, or would be, had it been kept
    void done(ToDecode&& job, bool shows, TimePoint now);
    /// @param good  there is a picture in `into`
    void done(ToTransform&& job, bool good, TimePoint now);
    void done(ToEncode&& job);

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }      ///< not even decoded: too many waited
    [[nodiscard]] std::uint64_t overtaken() const noexcept { return overtaken_; }  ///< decoded and not transformed

private:
    struct Waiting {
        media::VideoCodec codec{};
        CodedPicture picture;
        std::uint64_t number = 0;
    };
    [[nodiscard]] bool may_decode(TimePoint now) const noexcept;
    [[nodiscard]] bool may_transform() const noexcept { return decoded_ && !transforming_ && !transformed_; }
    [[nodiscard]] bool may_encode() const noexcept { return transformed_ && !encoding_; }
    [[nodiscard]] bool may_release() const noexcept {
        return stopped_ && !released_ && !decoding_ && !transforming_ && !encoding_;
    }
    [[nodiscard]] ToDecode take_coded(TimePoint now);
    [[nodiscard]] ToTransform take_decoded();
    [[nodiscard]] ToEncode take_transformed(TimePoint now);
    [[nodiscard]] picture::Picture take_spare() noexcept;
    void keep(picture::Picture&& spare) noexcept;

    const Duration catching_up_;
    std::deque<Waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool until_key_ = false;  // pictures are dropped until one comes
    std::uint64_t last_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t overtaken_ = 0;

    // Of those that waited when the decoder turned to them.
    std::uint64_t batch_last_ = 0;  // the newest
    TimePoint batch_came_{};        // when that came
    TimePoint batch_began_{};

    std::optional<ToTransform> decoded_;  // the room in front of the transform
    TimePoint could_begin_{};             // since when nothing keeps it from being transformed
    std::optional<ToEncode> transformed_;
    bool decoding_ = false;
    bool transforming_ = false;
    bool encoding_ = false;
    bool stopped_ = false;
    bool released_ = false;
    std::vector<picture::Picture> spare_;
};

}  // namespace volley::call
