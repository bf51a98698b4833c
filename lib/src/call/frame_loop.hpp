// Video that is encoded once and sent by many calls, over and over.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <volley/call/offer.hpp>

#include "base/bytes.hpp"
#include "media/plugin.hpp"
#include "picture/picture.hpp"
#include "picture/ring_code.hpp"

namespace volley::call {

struct LoopFrame {
    std::vector<Bytes> payloads;  ///< of RTP; picture ids are the sender's to set
    bool key = false;
    std::optional<std::uint32_t> code;  ///< that its picture shows
};

/// Immutable once made, so that all threads read it.
struct FrameLoop {
    /// How long what is made here takes to begin anew: longer than a frame may be under way, so that no code stands for two of them.
    static constexpr Duration made_length = std::chrono::seconds(12);
    /// From one key frame to the next of what is made here: who lost a frame sees a picture again after so long, asked for or not.
    static constexpr Duration key_distance = std::chrono::seconds(2);

    media::VideoCodec codec = media::VideoCodec::vp8;
    int width = 0;
    int height = 0;
    double frames_per_second = 30;
    std::vector<LoopFrame> frames;  ///< never empty; the first is a key frame
    picture::RingLayout layout;     ///< without bits: the pictures show no code
    bool painted = false;           ///< made here: see picture_of()

    /// The first key frame at `index` or behind it, from the front again behind the last one.
    [[nodiscard]] std::size_t key_from(std::size_t index) const noexcept;
    [[nodiscard]] std::uint64_t bytes() const noexcept;
    /// What a frame showed before it was encoded. Takes a millisecond or so. Nothing where that is not known any more.
    [[nodiscard]] std::optional<picture::Picture> picture_of(std::size_t index) const;
};

/// How far the making has come, and whether it is to go on. Thread safety: every member from any thread.
struct LoopProgress {
    std::atomic<std::size_t> done = 0;  ///< frames
    std::atomic<std::size_t> all = 0;   ///< 0: not known
    std::atomic<bool> stop = false;     ///< asks for the end, behind the frame that is being made
};

/// Reads or paints, and encodes. Takes a second or so, a camera its ten seconds, and large pictures minutes: off the loop.
/// @return nothing where it cannot be done, and `fault` says why: no plugin, no such file, a file of another codec, stopped.
[[nodiscard]] std::shared_ptr<const FrameLoop> make_frame_loop(const VideoPlan& plan, media::VideoCodec codec, std::string& fault,
                                                               LoopProgress& progress);

/// The codec that a source is bound to, since it is not encoded here; nothing where it is. Reads the file's beginning alone. Errors: as above,
/// in `fault`, and a codec that is not among those that the plan asks for.
[[nodiscard]] std::optional<media::VideoCodec> codec_of_source(const VideoPlan& plan, std::string& fault);

/// Why nothing can be made of a source, found out without encoding it: IVF and Y4M are read whole, of anything else the first picture is. Empty
/// where something can, or that is not known before. Blocks, for as long as a file takes to read.
[[nodiscard]] std::string fault_of_source(const VideoPlan& plan);

}  // namespace volley::call
