// Coded video frames in a file: IVF, as libvpx writes it (32 bytes of header, then each frame behind 12 bytes; little-endian).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/file_fault.hpp"

namespace volley::picture {

struct IvfHeader {
    std::array<char, 4> codec{};  ///< its four characters: VP80, VP90, AV01, H264; from a file anything
    int width = 0;
    int height = 0;
    std::uint32_t ticks_per_second = 30;  ///< of the frames' time stamps, as a fraction: numerator
    std::uint32_t ticks_denominator = 1;
    std::uint32_t frames = 0;  ///< as the file says; not to be relied on, writers leave 0 or what they planned
};

struct IvfFrame {
    std::uint64_t timestamp = 0;  ///< in ticks
    BytesView data;
    std::uint64_t offset = 0;  ///< of the data in the file
};

/// Reads frames off the borrowed bytes of a whole file; they are not copied. Where the file is wrong, next() goes on saying so.
/// Thread safety: as a plain value. Lifetime: as the bytes'.
class IvfReader {
public:
    static constexpr std::size_t largest_frame = 8 * 1024 * 1024;

    [[nodiscard]] static FileResult<IvfReader> open(BytesView file);

    [[nodiscard]] const IvfHeader& header() const noexcept { return header_; }
    /// The next frame; none at the end of the file. A frame without bytes (one that the encoder dropped) is one.
    [[nodiscard]] FileResult<std::optional<IvfFrame>> next();
    /// Back to the first frame.
    void rewind() noexcept { at_ = first_; }

private:
    BytesView file_;
    IvfHeader header_;
    std::size_t first_ = 0;  // frame
    std::size_t at_ = 0;
};

/// Writes such a file into memory. Thread safety: as a plain value.
class IvfWriter {
public:
    explicit IvfWriter(const IvfHeader& header);
    void add(std::uint64_t timestamp, BytesView data);
    /// The whole file, its count of frames set.
    [[nodiscard]] Bytes take();

private:
    ByteWriter out_;
    std::uint32_t frames_ = 0;
};

}  // namespace volley::picture
