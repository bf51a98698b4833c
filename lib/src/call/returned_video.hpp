// Pictures that came back: decoded and looked at on threads beside the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <volley/metrics/media_tally.hpp>
#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "call/coded_picture.hpp"
#include "call/frame_loop.hpp"
#include "call/frame_trips.hpp"
#include "call/frame_workers.hpp"
#include "media/plugin.hpp"

namespace volley::call {

/// A picture that came back, kept to be looked at once the call is over.
struct KeptPicture {
    std::uint32_t timestamp = 0;
    std::optional<std::uint32_t> code;
    picture::Picture picture;
};

/// Thread safety: every member from any thread, run() aside.
class ReturnedVideo final : public FrameWork {
public:
    static constexpr std::size_t most_waiting = 128;  ///< pictures
    static constexpr std::size_t most_kept = 8;       ///< pictures that are kept

    /// @param loop  whose codes are read; nothing while it is still being made. @param there_is  called on a thread of the workers when take() has something
    ReturnedVideo(std::shared_ptr<const FrameLoop> loop, std::function<void()> there_is);

    void set_loop(std::shared_ptr<const FrameLoop> loop);

    /// @param codec  which may be another one with every picture. @return false where so much waits that it was dropped up to the next key picture.
    bool put(media::VideoCodec codec, CodedPicture picture);

    struct Output {
        std::vector<DecodedFrame> frames;
        bool wants_key = false;
        std::string fault;  ///< nothing can be decoded, and why; once
    };
    [[nodiscard]] Output take();

    struct Seen {
        std::uint64_t undecodable = 0;
        std::uint64_t dropped = 0;  ///< came faster than they could be decoded
        std::uint64_t resized = 0;
        int width = 0;
        int height = 0;
        int width_before = 0;  ///< the last change
        int height_before = 0;
    };
    [[nodiscard]] Seen seen() const;
    /// Those that were kept, half a second apart, from the second second on.
    [[nodiscard]] std::vector<KeptPicture> take_kept();
    /// Nothing waits and nothing runs.
    [[nodiscard]] bool idle() const;

    void run() override;
    void fail(std::string why) override;

private:
    struct Waiting {
        media::VideoCodec codec{};
        CodedPicture picture;
    };
    [[nodiscard]] bool make_decoder(media::VideoCodec codec);
    [[nodiscard]] std::optional<std::uint32_t> code_of(const picture::PictureView& picture);
    void keep(const CodedPicture& coded, const picture::PictureView& picture, std::optional<std::uint32_t> code);

    const std::function<void()> there_is_;

    mutable std::mutex mutex_;
    std::shared_ptr<const FrameLoop> loop_;
    std::deque<Waiting> waiting_;
    bool until_key_ = false;
    bool running_ = false;
    Output output_;
    Seen seen_;
    std::vector<KeptPicture> kept_;

    // Of run() alone.
    std::shared_ptr<const FrameLoop> read_;  // loop_, as run() found it
    std::unique_ptr<media::VideoDecoder> decoder_;
    media::VideoCodec decoding_{};
    std::optional<picture::RingCode> rings_;
    std::optional<std::uint32_t> first_timestamp_;
    std::optional<std::uint32_t> last_kept_;
    int width_ = 0;
    int height_ = 0;
    int width_before_ = 0;
    int height_before_ = 0;
    bool given_up_ = false;
};

/// Which transform the server applied: each is applied to what was sent, and what came back is compared with all of them.
/// Takes some tenths of a second: off the loop.
/// @param index_of  the loop's frame that a kept picture shows; nothing where that is not known.
[[nodiscard]] metrics::TransformSeen look_at(const std::vector<KeptPicture>& kept, const FrameLoop& loop,
                                             const std::function<std::optional<std::size_t>(const KeptPicture&)>& index_of);

/// Writes sent and returned pictures as PNG into a folder, which is made where there is none, and all of them side by side as `strip.png`.
/// @param kept  one at least. @return why that fails; empty where it did not.
[[nodiscard]] std::string save_pictures(const std::string& folder, const std::vector<KeptPicture>& kept, const FrameLoop* loop,
                                        const std::function<std::optional<std::size_t>(const KeptPicture&)>& index_of);

}  // namespace volley::call
