#include "proto/h264/parameter_sets.hpp"

#include <algorithm>
#include <array>

#include "proto/h264/nal.hpp"

namespace volley::proto::h264 {
namespace {

// No set that means anything is longer; what lies behind the fields that are read is not looked at.
constexpr std::size_t most_read_bytes = 4096;
constexpr std::uint32_t macroblock_side = 16;
constexpr std::uint32_t most_macroblocks_a_side = 4096;

// Without the 03 that stands in for each third zero's sake (section 7.4.1: emulation_prevention_three_byte).
Bytes unescape(BytesView unit) {
    Bytes out;
    out.reserve(std::min(unit.size(), most_read_bytes));
    int zeros = 0;
    for (const std::uint8_t byte : unit.first(std::min(unit.size(), most_read_bytes))) {
        if (zeros >= 2 && byte == 3) {
            zeros = 0;
            continue;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        out.push_back(byte);
    }
    return out;
}

/// Bits and Exp-Golomb codes (section 9.1). Behind the end it gives zeros and remembers it; so it does with a value above what is allowed.
class BitReader {
public:
    explicit BitReader(BytesView bytes) noexcept : bytes_(bytes) {}

    std::uint32_t bits(unsigned count) noexcept {
        std::uint32_t value = 0;
        for (unsigned i = 0; i < count; ++i) value = (value << 1) | bit();
        return value;
    }
    bool flag() noexcept { return bit() != 0; }
    /// ue(v)
    std::uint32_t number(std::uint32_t most = most_number) noexcept {
        constexpr unsigned most_zeros = 31;
        unsigned zeros = 0;
        while (zeros <= most_zeros && !short_ && bit() == 0) ++zeros;
        if (short_) return 0;
        const std::uint32_t value = zeros > most_zeros ? most_number : (std::uint32_t{1} << zeros) - 1 + bits(zeros);
        if (value > most || zeros > most_zeros) {
            bad_ = true;
            return 0;
        }
        return value;
    }
    /// se(v)
    std::int64_t signed_number() noexcept {
        const std::int64_t code = number();
        return (code & 1) != 0 ? (code + 1) / 2 : -(code / 2);
    }
    [[nodiscard]] bool is_short() const noexcept { return short_; }
    [[nodiscard]] bool is_bad() const noexcept { return bad_; }
    [[nodiscard]] bool ok() const noexcept { return !short_ && !bad_; }

private:
    static constexpr std::uint32_t most_number = 0xfffffffe;

    std::uint32_t bit() noexcept {
        if (at_ >= bytes_.size() * 8) {
            short_ = true;
            return 0;
        }
        const std::uint32_t value = (bytes_[at_ / 8] >> (7 - at_ % 8)) & 1U;
        ++at_;
        return value;
    }

    BytesView bytes_;
    std::size_t at_ = 0;
    bool short_ = false;
    bool bad_ = false;
};

// Section 7.3.2.1.1.1. Only its length is of interest.
void skip_scaling_list(BitReader& in, int size) noexcept {
    std::int64_t last = 8;
    std::int64_t next = 8;
    for (int i = 0; i < size && in.ok(); ++i) {
        if (next != 0) next = (last + in.signed_number() + 256) % 256;
        if (next != 0) last = next;
    }
}

bool has_chroma_fields(std::uint8_t profile_idc) noexcept {
    constexpr std::array<std::uint8_t, 13> profiles{100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    return std::find(profiles.begin(), profiles.end(), profile_idc) != profiles.end();
}

/// How many luma samples one step of cropping is.
struct CropUnit {
    std::uint32_t x = 2;
    std::uint32_t y = 2;
};

CropUnit read_chroma_fields(BitReader& in) noexcept {
    constexpr std::uint32_t most_extra_depth = 6;
    const std::uint32_t format = in.number(3);
    const bool separate_planes = format == 3 && in.flag();
    (void)in.number(most_extra_depth);
    (void)in.number(most_extra_depth);
    (void)in.flag();  // qpprime_y_zero_transform_bypass_flag
    if (in.flag()) {
        const int lists = format == 3 ? 12 : 8;
        for (int i = 0; i < lists && in.ok(); ++i)
            if (in.flag()) skip_scaling_list(in, i < 6 ? 16 : 64);
    }
    if (format == 0 || separate_planes) return {1, 1};
    return {format == 3 ? 1U : 2U, format == 1 ? 2U : 1U};
}

void skip_picture_order(BitReader& in) noexcept {
    constexpr std::uint32_t most_log = 12;
    const std::uint32_t type = in.number(2);
    if (type == 0) {
        (void)in.number(most_log);
    } else if (type == 1) {
        (void)in.flag();
        (void)in.signed_number();
        (void)in.signed_number();
        const std::uint32_t count = in.number(255);
        for (std::uint32_t i = 0; i < count && in.ok(); ++i) (void)in.signed_number();
    }
}

}  // namespace

Result<SequenceParameters> read_sequence_parameters(BytesView unit) {
    constexpr std::uint32_t most_id = 31;
    constexpr std::uint32_t most_log = 12;
    constexpr std::uint32_t most_references = 16;
    if (unit.empty()) return Errc::truncated;
    if (type_of(unit) != NalType::sequence_parameters) return Errc::not_h264;
    const Bytes plain = unescape(unit.subspan(1));
    BitReader in(plain);
    SequenceParameters out;
    out.profile.profile_idc = static_cast<std::uint8_t>(in.bits(8));
    out.profile.constraints = static_cast<std::uint8_t>(in.bits(8));
    out.profile.level_idc = static_cast<std::uint8_t>(in.bits(8));
    out.id = in.number(most_id);
    CropUnit crop;
    if (has_chroma_fields(out.profile.profile_idc)) crop = read_chroma_fields(in);
    (void)in.number(most_log);  // log2_max_frame_num_minus4
    skip_picture_order(in);
    out.reference_frames = in.number(most_references);
    (void)in.flag();  // gaps_in_frame_num_value_allowed_flag
    const std::uint32_t columns = in.number(most_macroblocks_a_side - 1) + 1;
    std::uint32_t rows = in.number(most_macroblocks_a_side - 1) + 1;
    if (!in.flag()) {  // frame_mbs_only_flag: without it rows are of pairs
        rows *= 2;
        crop.y *= 2;
        (void)in.flag();
    }
    (void)in.flag();  // direct_8x8_inference_flag
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::uint64_t top = 0;
    std::uint64_t bottom = 0;
    if (in.flag()) {
        left = in.number();
        right = in.number();
        top = in.number();
        bottom = in.number();
    }
    if (in.is_short()) return Errc::truncated;
    if (in.is_bad() || rows > most_macroblocks_a_side) return Errc::not_h264;
    out.coded_width = columns * macroblock_side;
    out.coded_height = rows * macroblock_side;
    const std::uint64_t cut_x = (left + right) * crop.x;
    const std::uint64_t cut_y = (top + bottom) * crop.y;
    if (cut_x >= out.coded_width || cut_y >= out.coded_height) return Errc::not_h264;
    out.width = static_cast<std::uint32_t>(out.coded_width - cut_x);
    out.height = static_cast<std::uint32_t>(out.coded_height - cut_y);
    return out;
}

}  // namespace volley::proto::h264
