#include "picture/ivf.hpp"

#include <algorithm>

namespace volley::picture {
namespace {

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 12;
constexpr std::size_t frames_at = 24;  // where the header has the number of frames

}  // namespace

FileResult<IvfReader> IvfReader::open(BytesView file) {
    if (!text_of(file).starts_with("DKIF")) return FileFault{"this is no IVF file: it does not begin with DKIF", 0};
    if (file.size() < header_bytes) return FileFault{"the header is cut short", file.size()};
    ByteReader in(file.subspan(4));
    const std::uint16_t version = in.le16();
    if (version != 0) return FileFault{"version " + std::to_string(version) + " of IVF is not known", 4};
    IvfReader out;
    out.file_ = file;
    out.first_ = in.le16();
    if (out.first_ < header_bytes || out.first_ > file.size())
        return FileFault{"the header says to be " + std::to_string(out.first_) + " bytes long", 6};
    const BytesView codec = in.bytes(4);
    std::copy(codec.begin(), codec.end(), out.header_.codec.begin());
    out.header_.width = in.le16();
    out.header_.height = in.le16();
    out.header_.ticks_per_second = in.le32();
    out.header_.ticks_denominator = in.le32();
    out.header_.frames = in.le32();
    if (out.header_.ticks_per_second == 0 || out.header_.ticks_denominator == 0)
        return FileFault{"the time base has a zero in it", 16};
    out.at_ = out.first_;
    return out;
}

FileResult<std::optional<IvfFrame>> IvfReader::next() {
    if (at_ >= file_.size()) return std::nullopt;
    ByteReader in(file_.subspan(at_));
    const std::uint32_t size = in.le32();
    IvfFrame out;
    out.timestamp = in.le64();
    if (!in.ok()) return FileFault{"a frame's header is cut short", at_};
    if (size > largest_frame)
        return FileFault{
            "a frame says to be " + std::to_string(size) + " bytes long: the limit is " + std::to_string(largest_frame), at_};
    if (size > in.left())
        return FileFault{"the last frame is cut short: " + std::to_string(in.left()) + " of " + std::to_string(size) + " bytes",
                         at_};
    out.offset = at_ + frame_header_bytes;
    out.data = in.bytes(size);
    at_ += frame_header_bytes + size;
    return out;
}

IvfWriter::IvfWriter(const IvfHeader& header) {
    out_.bytes(bytes_of("DKIF"));
    out_.le16(0);
    out_.le16(header_bytes);
    out_.bytes(bytes_of({header.codec.data(), header.codec.size()}));
    out_.le16(static_cast<std::uint16_t>(header.width));
    out_.le16(static_cast<std::uint16_t>(header.height));
    out_.le32(header.ticks_per_second);
    out_.le32(header.ticks_denominator);
    out_.zeros(8);
}

void IvfWriter::add(std::uint64_t timestamp, BytesView data) {
    out_.le32(static_cast<std::uint32_t>(data.size()));
    out_.le64(timestamp);
    out_.bytes(data);
    ++frames_;
}

Bytes IvfWriter::take() {
    Bytes out = out_.take();
    for (std::size_t i = 0; i < 4; ++i) out[frames_at + i] = static_cast<std::uint8_t>(frames_ >> (8 * i));
    return out;
}

}  // namespace volley::picture
