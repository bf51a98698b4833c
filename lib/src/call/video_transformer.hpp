// What a server does with the video of one call, on threads beside the loop: decodes, transforms, encodes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "call/frame_workers.hpp"
#include "call/picture_budget.hpp"
#include "media/plugin.hpp"

namespace volley::call {

/// One picture as it is coded, of either direction.
struct CodedPicture {
    Bytes bytes;
    std::uint32_t timestamp = 0;  ///< of RTP, 90,000 a second
    bool key = false;
    TimePoint came{};  ///< when it was there, whole and in turn
};

/// What became of pictures.
struct TransformCounts {
    std::uint64_t decoded = 0;
    std::uint64_t undecodable = 0;
    std::uint64_t resized = 0;    ///< changes of the size that comes
    std::string sizes;            ///< of the last change: `640x480 to 320x240`
    std::uint64_t overtaken = 0;  ///< decoded, but a newer one was there before it could be transformed
    std::uint64_t dropped = 0;    ///< not even decoded: too many waited
    std::uint64_t encoded = 0;
    std::uint64_t left_out = 0;  ///< by the encoder, for its bit rate
    Duration decoding{};         ///< in all
    Duration transforming{};     //
    Duration encoding{};         //
};

/// Every picture is decoded, since the next one needs it; of those that wait only the newest is transformed and sent, so that what comes back is
/// not late by a queue; and those that came together with it, since that is the way's doing: behind a packet that was resent come all pictures
/// that had to wait for it. One decoder at a time: that of the codec that came last. Thread safety: every member from any thread, run() aside.
class VideoTransformer final : public FrameWork {
public:
    static constexpr std::size_t most_waiting = 64;  ///< pictures that are not decoded yet
    static constexpr std::size_t most_waiting_bytes = std::size_t{4} << 20;
    /// Pictures have come together that came within so long, shorter than from one picture to the next.
    static constexpr Duration together = std::chrono::milliseconds(10);
    /// Of those as many are transformed as are begun within so long, and the newest.
    static constexpr Duration most_catching_up = std::chrono::milliseconds(100);

    /// @param transform   by name, as media::make_transform() knows it. @param budget  outlives this object, as far as it is not abandoned and run since.
    /// @param there_is  called on a thread of the workers when take() has something
    VideoTransformer(media::VideoCodec to, std::string transform, int bits_per_second, PictureBudget& budget,
                     std::function<void()> there_is, Duration catching_up = most_catching_up);

    /// @param codec  which may be another one with every picture. @return false where so much waits that it was dropped, with all up to the next key
    /// picture; one is to be asked for.
    bool put(media::VideoCodec codec, CodedPicture picture);
    /// Its call is over: what waits is not done any more, and what runs ends with the picture that it is at.
    void abandon();
    /// The next picture is to be a key picture.
    void force_key();
    void set_bitrate(int bits_per_second);

    struct Output {
        std::vector<CodedPicture> pictures;
        bool wants_key = false;  ///< the sender is to be asked for a key picture
        std::string fault;       ///< nothing can be transformed, and why; once
    };
    [[nodiscard]] Output take();
    [[nodiscard]] TransformCounts counts() const;

    void run() override;
    void fail(std::string why) override;

private:
    struct Waiting {
        media::VideoCodec codec{};
        CodedPicture picture;
    };
    struct Work {
        std::deque<Waiting> pictures;
        bool force_key = false;
        std::optional<int> bitrate;
    };
    [[nodiscard]] Work take_work();
    [[nodiscard]] bool make_encoder();
    [[nodiscard]] media::DecodedPicture decode(const Waiting& waiting, TransformCounts& counts, Output& out);
    void release();
    void give_up(std::string fault);
    void transform(const picture::PictureView& view, const CodedPicture& coded, TransformCounts& counts, Output& out);
    void note_size(const picture::PictureView& decoded, TransformCounts& counts);
    [[nodiscard]] double seconds_at(std::uint32_t timestamp);

    const media::VideoCodec to_;
    const std::string transform_name_;
    const std::function<void()> there_is_;
    const Duration catching_up_;

    std::atomic<bool> abandoned_ = false;
    mutable std::mutex mutex_;
    std::deque<Waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool until_key_ = false;  // pictures are dropped until one comes
    bool force_key_ = false;
    std::optional<int> bitrate_;
    Output output_;
    TransformCounts counts_;

    // Of run() alone.
    PictureShare share_;
    std::unique_ptr<media::VideoDecoder> decoder_;
    std::optional<media::VideoCodec> decoding_;  // what decoder_ is of
    std::unique_ptr<media::VideoEncoder> encoder_;
    std::unique_ptr<media::Transform> transform_;
    picture::Picture transformed_;
    const int wide_rate_;  // bits per second
    int bits_per_second_;
    bool narrow_ = false;
    int width_ = 0;  // that the encoder has
    int height_ = 0;
    int decoded_width_ = 0;
    int decoded_height_ = 0;
    bool key_owed_ = false;  // one was asked for and is not there yet
    std::optional<std::uint32_t> last_timestamp_;
    std::int64_t ticks_ = 0;
    bool given_up_ = false;
};

}  // namespace volley::call
