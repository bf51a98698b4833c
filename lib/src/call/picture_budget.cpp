#include "call/picture_budget.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "call/memory_limit.hpp"
#include "proto/h264/nal.hpp"
#include "proto/h264/parameter_sets.hpp"
#include "proto/vp8/frame_header.hpp"

namespace volley::call {

PictureLimits PictureLimits::of_this_machine(unsigned processes, std::size_t one) {
    constexpr std::size_t bytes_per_pixel = 58;
    constexpr std::size_t least_pictures = 10;
    PictureLimits out;
    if (const auto memory = usable_memory(); memory > 0) out.all = memory / 2 / bytes_per_pixel;
    out.all = std::max({out.all / processes, least_pictures * usual, one});
    out.one = one;
    return out;
}

bool PictureBudget::take(std::size_t pixels) noexcept {
    std::size_t before = taken_;
    do {
        if (pixels > limits_.all - std::min(limits_.all, before)) return false;
    } while (!taken_.compare_exchange_weak(before, before + pixels));
    return true;
}

std::optional<PictureSize> size_of_coded(media::VideoCodec codec, BytesView picture) {
    if (codec == media::VideoCodec::vp8) {
        const auto header = proto::vp8::read_frame_header(picture);
        if (!header || !header->key) return std::nullopt;
        return PictureSize{header->width, header->height};
    }
    const auto units = proto::h264::split_annex_b(picture);
    if (!units) return std::nullopt;
    std::optional<PictureSize> out;
    for (const BytesView unit : *units) {
        if (proto::h264::type_of(unit) != proto::h264::NalType::sequence_parameters) continue;
        const auto parameters = proto::h264::read_sequence_parameters(unit);
        if (!parameters) continue;
        const PictureSize size{parameters->coded_width, parameters->coded_height};
        if (!out || size.width * size.height > out->width * out->height) out = size;
    }
    return out;
}

media::Fault PictureShare::admit(const PictureSize& size) {
    const std::size_t pixels = size.width * size.height;
    if (pixels <= pixels_) return {};
    const PictureLimits& limits = budget_.limits();
    if (pixels > limits.one)
        return fmt::format(
            "a picture of {} x {} pixels: one may have {} pixels in all to be decoded here (--max-pixels of volley serve)",
            size.width, size.height, limits.one);
    if (!budget_.take(pixels - pixels_))
        return fmt::format(
            "a picture of {} x {} pixels: those of all calls have {} pixels already, and {} are what there is room for",
            size.width, size.height, budget_.taken(), limits.all);
    pixels_ = pixels;
    return {};
}

void PictureShare::release() noexcept {
    budget_.give_back(pixels_);
    pixels_ = 0;
}

}  // namespace volley::call
