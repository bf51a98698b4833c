#include "sound/wav.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string>

#include <volley/error.hpp>

namespace volley::sound {
namespace {

constexpr std::size_t most_samples = 100'000'000;

// wFormatTag, as mmreg.h has them.
constexpr std::uint16_t tag_pcm = 1;
constexpr std::uint16_t tag_float = 3;
constexpr std::uint16_t tag_a_law = 6;
constexpr std::uint16_t tag_mu_law = 7;
constexpr std::uint16_t tag_extensible = 0xfffe;
/// What follows the tag in the subformat of the extensible format: the rest of KSDATAFORMAT_SUBTYPE_WAVEFORMATEX.
constexpr std::array<std::uint8_t, 14> subformat_tail = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};

struct Format {
    std::uint16_t tag = 0;
    int channels = 0;
    std::uint32_t rate = 0;
    int bits = 0;
    std::size_t frame_bytes = 0;
};

FileResult<Format> read_format(BytesView chunk, std::uint64_t offset) {
    ByteReader in(chunk);
    Format out;
    out.tag = in.le16();
    out.channels = in.le16();
    out.rate = in.le32();
    (void)in.le32();  // bytes in a second: follows from the others
    out.frame_bytes = in.le16();
    out.bits = in.le16();
    if (!in.ok()) return FileFault{"the fmt chunk is cut short", offset};
    if (out.tag == tag_extensible) {
        (void)in.bytes(8);  // size of what follows, valid bits, places of the speakers
        out.tag = in.le16();
        const BytesView tail = in.bytes(subformat_tail.size());
        if (!in.ok()) return FileFault{"the fmt chunk of the extensible format is cut short", offset};
        if (!std::equal(tail.begin(), tail.end(), subformat_tail.begin())) return FileFault{"the subformat is not known", offset};
    }
    if (out.channels < 1 || out.channels > most_channels)
        return FileFault{std::to_string(out.channels) + " channels: 1 to " + std::to_string(most_channels) + " are read",
                         offset + 2};
    if (out.rate < lowest_rate || out.rate > highest_rate)
        return FileFault{std::to_string(out.rate) + " samples per second: " + std::to_string(lowest_rate) + " to " +
                             std::to_string(highest_rate) + " are read",
                         offset + 4};
    const bool known = (out.tag == tag_pcm && (out.bits == 8 || out.bits == 16 || out.bits == 24 || out.bits == 32)) ||
                       (out.tag == tag_float && (out.bits == 32 || out.bits == 64)) ||
                       ((out.tag == tag_mu_law || out.tag == tag_a_law) && out.bits == 8);
    if (!known)
        return FileFault{"format " + std::to_string(out.tag) + " with " + std::to_string(out.bits) +
                             " bits is not read; convert to 16-bit PCM, with ffmpeg -c:a pcm_s16le",
                         offset};
    if (out.frame_bytes != static_cast<std::size_t>(out.channels) * static_cast<std::size_t>(out.bits / 8))
        return FileFault{"a frame says to be " + std::to_string(out.frame_bytes) + " bytes long, which its samples are not",
                         offset + 12};
    return out;
}

std::int16_t sample_of(const Format& format, ByteReader& in) {
    switch (format.tag) {
        case tag_mu_law:
            return from_mu_law(in.u8());
        case tag_a_law:
            return from_a_law(in.u8());
        case tag_float:
            return clipped((format.bits == 32 ? std::bit_cast<float>(in.le32()) : std::bit_cast<double>(in.le64())) * 32768);
        default:
            break;
    }
    switch (format.bits) {
        case 8:  // the only one without a sign
            return static_cast<std::int16_t>((in.u8() - 128) * 256);
        case 16:
            return static_cast<std::int16_t>(in.le16());
        case 24:
            (void)in.u8();
            return static_cast<std::int16_t>(in.le16());
        default:
            (void)in.le16();
            return static_cast<std::int16_t>(in.le16());
    }
}

}  // namespace

FileResult<Pcm> read_wav(BytesView file) {
    ByteReader in(file);
    const auto riff = text_of(in.bytes(4));
    (void)in.le32();  // size of the rest, which recorders that were cut off leave 0
    if (riff != "RIFF" || text_of(in.bytes(4)) != "WAVE")
        return FileFault{"this is no WAV file: it does not begin with RIFF and WAVE", 0};
    std::optional<Format> format;
    while (in.left() >= 8) {
        const auto name = text_of(in.bytes(4));
        const std::uint32_t size = in.le32();
        const std::uint64_t offset = file.size() - in.left();
        const std::size_t there = std::min<std::size_t>(size, in.left());
        if (name == "fmt ") {
            const auto found = read_format(in.rest().first(there), offset);
            if (!found) return found.error();
            format = *found;
        } else if (name == "data") {
            if (!format) return FileFault{"the data chunk comes before the fmt chunk", offset - 8};
            const std::size_t frames = there / format->frame_bytes;
            const std::size_t samples = frames * static_cast<std::size_t>(format->channels);
            if (samples > most_samples)
                return FileFault{std::to_string(samples) + " samples: at most " + std::to_string(most_samples) + " are read",
                                 offset};
            Pcm out{static_cast<int>(format->rate), format->channels, std::vector<std::int16_t>(samples)};
            for (std::int16_t& sample : out.samples) sample = sample_of(*format, in);
            return out;
        }
        (void)in.bytes(std::min<std::size_t>(there + (size & 1U), in.left()));  // chunks begin at even places
    }
    return FileFault{"the file has no data chunk", file.size()};
}

Bytes write_wav(const Pcm& sound) {
    const auto data_bytes = static_cast<std::uint32_t>(sound.samples.size() * 2);
    const auto frame_bytes = static_cast<std::uint16_t>(2 * sound.channels);
    ByteWriter out;
    out.bytes(bytes_of("RIFF"));
    out.le32(36 + data_bytes);
    out.bytes(bytes_of("WAVEfmt "));
    out.le32(16);
    out.le16(tag_pcm);
    out.le16(static_cast<std::uint16_t>(sound.channels));
    out.le32(static_cast<std::uint32_t>(sound.rate));
    out.le32(static_cast<std::uint32_t>(sound.rate) * frame_bytes);
    out.le16(frame_bytes);
    out.le16(16);
    out.bytes(bytes_of("data"));
    out.le32(data_bytes);
    for (const std::int16_t sample : sound.samples) out.le16(static_cast<std::uint16_t>(sample));
    return out.take();
}

std::int16_t from_mu_law(std::uint8_t code) noexcept {
    // ITU-T G.711 table 2: all bits inverted; sign, 3 bits of segment, 4 bits of step; on a scale of 14 bits, here of 16.
    const int inverted = ~code & 0xff;
    const int size = ((((inverted & 0x0f) << 3) + 0x84) << ((inverted >> 4) & 7)) - 0x84;
    return static_cast<std::int16_t>((inverted & 0x80) != 0 ? -size : size);
}

std::int16_t from_a_law(std::uint8_t code) noexcept {
    // ITU-T G.711 table 1: even bits inverted; the sign bit says positive; on a scale of 13 bits, here of 16.
    const int even = code ^ 0x55;
    const int segment = (even >> 4) & 7;
    int size = ((even & 0x0f) << 4) + 8;
    if (segment > 0) size = (size + 0x100) << (segment - 1);
    return static_cast<std::int16_t>((even & 0x80) != 0 ? size : -size);
}

}  // namespace volley::sound
