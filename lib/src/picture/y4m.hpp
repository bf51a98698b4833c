// Uncompressed video in a file: YUV4MPEG2. Source: yuv4mpeg(5) of mjpegtools.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/file_fault.hpp"
#include "picture/picture.hpp"

namespace volley::picture {

/// Frames per second, as a fraction of whole numbers that are not 0.
struct FrameRate {
    std::uint32_t numerator = 30;
    std::uint32_t denominator = 1;
    [[nodiscard]] double per_second() const noexcept { return static_cast<double>(numerator) / denominator; }
    friend bool operator==(const FrameRate&, const FrameRate&) = default;
};

/// Reads 8-bit 4:2:0 frames off the borrowed bytes of a whole file; they are not copied. Where the file is wrong, next() goes on saying so.
/// Refused: other colour spaces, interlaced video, sizes that no Picture has, rates over 1,000 per second.
/// Thread safety: as a plain value. Lifetime: as the bytes'.
class Y4mReader {
public:
    [[nodiscard]] static FileResult<Y4mReader> open(BytesView file);

    [[nodiscard]] int width() const noexcept { return width_; }
    [[nodiscard]] int height() const noexcept { return height_; }
    /// 30 per second where the file does not say.
    [[nodiscard]] FrameRate rate() const noexcept { return rate_; }

    /// The next frame; none at the end of the file.
    [[nodiscard]] FileResult<std::optional<PictureView>> next();
    /// Back to the first frame.
    void rewind() noexcept { at_ = first_; }

private:
    BytesView file_;
    int width_ = 0;
    int height_ = 0;
    FrameRate rate_;
    std::size_t first_ = 0;  // frame
    std::size_t at_ = 0;
};

/// The file's first line, and what stands before each frame's bytes(): for tests, and for whoever wants to look at frames with other programs.
[[nodiscard]] std::string y4m_header(int width, int height, FrameRate rate);
inline constexpr std::string_view y4m_frame_header = "FRAME\n";

}  // namespace volley::picture
