#include "picture/y4m.hpp"

#include <algorithm>
#include <charconv>

#include <volley/error.hpp>

namespace volley::picture {
namespace {

constexpr std::string_view magic = "YUV4MPEG2";
constexpr std::size_t longest_line = 256;  // as mjpegtools has it
constexpr double fastest = 1000;           // frames per second

/// The line that begins at an offset, without its end; none where it has none in time.
std::optional<std::string_view> line_at(BytesView file, std::size_t at) {
    const auto text = text_of(file.subspan(at, std::min(file.size() - at, longest_line)));
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    return text.substr(0, end);
}

std::optional<std::uint32_t> number_of(std::string_view text) {
    std::uint32_t value = 0;
    const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (bad != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

/// `25:1`; 0:0 stands for a rate that nobody knows.
std::optional<FrameRate> rate_of(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto numerator = number_of(text.substr(0, colon));
    const auto denominator = number_of(text.substr(colon + 1));
    if (!numerator || !denominator) return std::nullopt;
    if (*numerator == 0 && *denominator == 0) return FrameRate{};
    const FrameRate rate{*numerator, *denominator};
    if (rate.numerator == 0 || rate.denominator == 0 || rate.per_second() > fastest) return std::nullopt;
    return rate;
}

/// The picture formats with 8 bits and half the chroma in both directions; they differ in where a chroma sample lies between pixels alone.
bool is_420(std::string_view format) {
    return format == "420" || format == "420jpeg" || format == "420mpeg2" || format == "420paldv";
}

std::string quoted(std::string_view text) { return "'" + escape_for_terminal(text.substr(0, 40)) + "'"; }

}  // namespace

FileResult<Y4mReader> Y4mReader::open(BytesView file) {
    if (!text_of(file).starts_with(magic)) return FileFault{"this is no Y4M file: it does not begin with YUV4MPEG2", 0};
    const auto line = line_at(file, 0);
    if (!line) return FileFault{"the header's line does not end within 256 bytes", 0};
    Y4mReader out;
    out.file_ = file;
    std::optional<std::uint32_t> width;
    std::optional<std::uint32_t> height;
    for (std::size_t at = magic.size(); at < line->size();) {
        if ((*line)[at] != ' ') return FileFault{"a blank is missing between the header's fields", at};
        const auto end = std::min(line->find(' ', at + 1), line->size());
        const auto field = line->substr(at + 1, end - at - 1);
        const std::size_t offset = at + 1;
        at = end;
        if (field.empty()) continue;
        const auto value = field.substr(1);
        switch (field[0]) {
            case 'W':
                width = number_of(value);
                break;
            case 'H':
                height = number_of(value);
                break;
            case 'F': {
                const auto rate = rate_of(value);
                if (!rate) return FileFault{quoted(field) + " is no frame rate up to 1,000 per second", offset};
                out.rate_ = *rate;
                break;
            }
            case 'I':
                if (value != "p" && value != "?")
                    return FileFault{quoted(field) + ": interlaced video is not read; make it progressive first", offset};
                break;
            case 'C':
                if (!is_420(value))
                    return FileFault{quoted(field) + ": only 8-bit 4:2:0 is read; convert with ffmpeg -pix_fmt yuv420p", offset};
                break;
            default:  // the pixels' shape, comments, and what is not known yet
                break;
        }
    }
    if (!width || !height) return FileFault{"the header lacks a width or height that is a number", 0};
    if (*width > largest_side || *height > largest_side || *width == 0 || *height == 0)
        return FileFault{"the picture is " + std::to_string(*width) + " x " + std::to_string(*height) +
                             ": each side is to be from 1 to " + std::to_string(largest_side),
                         0};
    out.width_ = static_cast<int>(*width);
    out.height_ = static_cast<int>(*height);
    out.first_ = out.at_ = line->size() + 1;
    return out;
}

FileResult<std::optional<PictureView>> Y4mReader::next() {
    if (at_ >= file_.size()) return std::nullopt;
    const auto line = line_at(file_, at_);
    if (!line || !(*line == "FRAME" || line->starts_with("FRAME ")))
        return FileFault{"here a frame should begin, with the word FRAME", at_};
    const std::size_t data = at_ + line->size() + 1;
    const std::size_t size = i420_bytes(width_, height_);
    if (file_.size() - data < size)
        return FileFault{
            "the last frame is cut short: " + std::to_string(file_.size() - data) + " of " + std::to_string(size) + " bytes",
            data};
    PictureView out;
    out.width = width_;
    out.height = height_;
    const std::size_t luma = static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_);
    const std::uint8_t* at = file_.data() + data;
    out.data = {at, at + luma, at + luma + (size - luma) / 2};
    out.stride = {width_, chroma_side(width_), chroma_side(width_)};
    at_ = data + size;
    return out;
}

std::string y4m_header(int width, int height, FrameRate rate) {
    return "YUV4MPEG2 W" + std::to_string(width) + " H" + std::to_string(height) + " F" + std::to_string(rate.numerator) + ":" +
           std::to_string(rate.denominator) + " Ip A1:1 C420jpeg\n";
}

}  // namespace volley::picture
