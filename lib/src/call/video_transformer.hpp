// What a server does with the video of one call, on threads beside the loop: decodes, transforms, encodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <volley/time.hpp>

#include "call/coded_picture.hpp"
#include "call/frame_workers.hpp"
#include "call/picture_budget.hpp"
#include "call/video_stages.hpp"
#include "media/plugin.hpp"

namespace volley::call {

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

/// The three overlap, as VideoStages has it: while a picture is transformed the one before it is encoded and those after it are decoded, on as many
/// threads as are free; where that is one, it takes each picture through all three. One decoder at a time: that of the codec that came last. Thread
/// safety: every member from any thread.
class VideoTransformer final : public FrameWork {
public:
    /// @param transform   by name, as media::make_transform() knows it. @param budget  outlives this object, as far as it is not abandoned and run since.
    /// @param there_is  called on a thread of the workers when take() has something
    VideoTransformer(media::VideoCodec to, std::string transform, int bits_per_second, PictureBudget& budget,
                     std::function<void()> there_is, Duration catching_up = VideoStages::most_catching_up);

    /// @param codec  which may be another one with every picture. @return false where so much waits that it was dropped, with all up to the next key
    /// picture; one is to be asked for.
    bool put(media::VideoCodec codec, CodedPicture picture);
    /// Its call is over: what waits is not done any more, and each stage that runs ends with the picture that it is at. Codecs go with the next run.
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

    /// Takes the pictures that have come by now as far as they go while no other run does; asks for another one where a stage is left free.
    void run() override;
    void fail(std::string why) override;
    [[nodiscard]] unsigned most_at_once() const override { return 3; }

private:
    /// What a stage has to say when it is through.
    struct Said {
        bool good = false;  ///< there is something for the next stage
        bool wants_key = false;
        std::string fault;
        CodedPicture picture;  ///< empty: none
    };
    /// Does a job, hands it back with what came of it, and tells.
    /// @param more  there is something to do for another thread
    template <class Job>
    void carry_out(Job job, bool more);
    void carry_out(std::monostate none, bool more);
    void carry_out(ToRelease memory, bool more);
    [[nodiscard]] Said carry_out_stage(ToDecode& job, TransformCounts& counts);
    [[nodiscard]] Said carry_out_stage(ToTransform& job, TransformCounts& counts);
    [[nodiscard]] Said carry_out_stage(ToEncode& job, TransformCounts& counts);
    [[nodiscard]] std::string make_encoder();
    [[nodiscard]] std::string make_decoder(media::VideoCodec codec);
    [[nodiscard]] std::string configure(const picture::Picture& picture, std::optional<int> bitrate);
    void release();
    void give_up(std::string fault);  // the lock is held
    void note_size(const picture::PictureView& decoded, TransformCounts& counts);
    [[nodiscard]] double seconds_at(std::uint32_t timestamp);

    const media::VideoCodec to_;
    const std::string transform_name_;
    const std::function<void()> there_is_;

    mutable std::mutex mutex_;
    VideoStages stages_;
    bool force_key_ = false;
    std::optional<int> bitrate_;
    Output output_;
    bool gave_up_ = false;
    TransformCounts counts_;

    // Each of one stage alone; VideoStages hands them on from thread to thread. Decoding:
    PictureShare share_;
    std::unique_ptr<media::VideoDecoder> decoder_;
    std::optional<media::VideoCodec> decoding_;  // what decoder_ is of
    int decoded_width_ = 0;
    int decoded_height_ = 0;
    // Transforming:
    std::unique_ptr<media::Transform> transform_;  // nothing: pictures stay as they are
    std::optional<std::uint32_t> last_timestamp_;
    std::int64_t ticks_ = 0;
    // Encoding:
    std::unique_ptr<media::VideoEncoder> encoder_;
    const int wide_rate_;  // bits per second
    int bits_per_second_;
    bool narrow_ = false;
    int width_ = 0;  // that the encoder has
    int height_ = 0;
    bool key_owed_ = false;  // one was asked for and is not there yet
};

}  // namespace volley::call
