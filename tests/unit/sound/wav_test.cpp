#include "sound/wav.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "unit/sound/signals.hpp"

namespace volley::sound {
namespace {

/// A file with one format, `data` behind it, and whatever goes between.
Bytes file_of(std::uint16_t tag, std::uint16_t channels, std::uint32_t rate, std::uint16_t bits, const Bytes& data,
              const Bytes& between = {}) {
    ByteWriter out;
    out.bytes(bytes_of("RIFF"));
    out.le32(static_cast<std::uint32_t>(36 + data.size() + between.size()));
    out.bytes(bytes_of("WAVEfmt "));
    out.le32(16);
    out.le16(tag);
    out.le16(channels);
    out.le32(rate);
    out.le32(rate * channels * bits / 8);
    out.le16(static_cast<std::uint16_t>(channels * bits / 8));
    out.le16(bits);
    out.bytes(between);
    out.bytes(bytes_of("data"));
    out.le32(static_cast<std::uint32_t>(data.size()));
    out.bytes(data);
    return out.take();
}

Samples samples_of(std::uint16_t tag, std::uint16_t bits, const Bytes& data) {
    const auto read = read_wav(file_of(tag, 1, 8000, bits, data));
    EXPECT_TRUE(read) << to_string(read.error());
    return read ? read->samples : Samples();
}

TEST(Wav, sound_is_read_as_it_was_written) {
    for (const Pcm& sound : {Pcm{48'000, 2, noise(200, 5000, 1)}, Pcm{8000, 1, {0, 1, -1, 32767, -32768}}, Pcm{16'000, 1, {}}}) {
        const auto read = read_wav(write_wav(sound));
        ASSERT_TRUE(read) << to_string(read.error());
        EXPECT_EQ(*read, sound);
    }
}

TEST(Wav, is_laid_out_as_others_have_it) {
    EXPECT_EQ(text_of(write_wav({8000, 1, {0x0102}})),
              std::string_view("RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\2\0\0\0\2\1", 46));
}

TEST(Wav, every_width_of_sample_is_read) {
    EXPECT_EQ(samples_of(1, 8, {0, 128, 255}), (Samples{-32768, 0, 32512}));
    EXPECT_EQ(samples_of(1, 16, {0x34, 0x12, 0xff, 0xff}), (Samples{0x1234, -1}));
    EXPECT_EQ(samples_of(1, 24, {0x99, 0x34, 0x12, 0, 0, 0x80}), (Samples{0x1234, -32768}));
    EXPECT_EQ(samples_of(1, 32, {0x88, 0x99, 0x34, 0x12}), (Samples{0x1234}));
    ByteWriter floats;
    for (const float value : {0.0F, 0.5F, -1.0F, 7.0F, std::numeric_limits<float>::quiet_NaN()})
        floats.le32(std::bit_cast<std::uint32_t>(value));
    EXPECT_EQ(samples_of(3, 32, floats.take()), (Samples{0, 16384, -32768, 32767, 0}));
    ByteWriter doubles;
    doubles.le64(std::bit_cast<std::uint64_t>(-0.25));
    EXPECT_EQ(samples_of(3, 64, doubles.take()), (Samples{-8192}));
}

TEST(Wav, mu_law_and_a_law_are_those_of_g711) {
    // The ends of the tables of ITU-T G.711, times 4 and 8.
    EXPECT_EQ(samples_of(7, 8, {0xff, 0x7f, 0x80, 0x00, 0xfe}), (Samples{0, 0, 32124, -32124, 8}));
    EXPECT_EQ(samples_of(6, 8, {0xd5, 0x55, 0xaa, 0x2a, 0xd4}), (Samples{8, -8, 32256, -32256, 24}));
    // Both rise all the way, once the bits are put right.
    for (int i = 1; i < 128; ++i) {
        EXPECT_GT(from_mu_law(static_cast<std::uint8_t>(255 - i)), from_mu_law(static_cast<std::uint8_t>(256 - i)));
        EXPECT_GT(from_a_law(static_cast<std::uint8_t>((0x80 + i) ^ 0x55)),
                  from_a_law(static_cast<std::uint8_t>((0x7f + i) ^ 0x55 ^ (i == 1 ? 0xff : 0))));
    }
}

TEST(Wav, the_extensible_format_and_other_chunks_are_gone_through) {
    ByteWriter out;
    out.bytes(bytes_of("RIFF"));
    out.le32(0);
    out.bytes(bytes_of("WAVELIST"));
    out.le32(3);
    out.bytes(bytes_of("abc"));
    out.u8(0);  // chunks begin at even places
    out.bytes(bytes_of("fmt "));
    out.le32(40);
    out.le16(0xfffe);
    out.le16(2);
    out.le32(44'100);
    out.le32(44'100 * 4);
    out.le16(4);
    out.le16(16);
    out.le16(22);
    out.le16(16);
    out.le32(3);
    out.le16(1);
    out.bytes(Bytes{0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71});
    out.bytes(bytes_of("data"));
    out.le32(0xffffffff);  // the recorder was cut off
    out.bytes(Bytes{1, 0, 2, 0, 3});
    const auto read = read_wav(out.take());
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(*read, (Pcm{44'100, 2, {1, 2}}));
}

TEST(Wav, what_is_wrong_is_said_with_its_place) {
    struct Case {
        Bytes file;
        const char* words;
    };
    const Bytes data(8);
    Bytes no_data = file_of(1, 1, 8000, 16, data);
    no_data.resize(36);
    Bytes bad_frame = file_of(1, 1, 8000, 16, data);
    bad_frame[32] = 3;
    const std::string early("RIFF....WAVEdata\4\0\0\0abcd", 24);
    for (const Case& c :
         {Case{{}, "at byte 0: this is no WAV file"}, Case{Bytes{'R', 'I', 'F', 'F'}, "at byte 0: this is no WAV file"},
          Case{file_of(1, 0, 8000, 16, data), "at byte 22: 0 channels"},
          Case{file_of(1, 9, 8000, 16, data), "at byte 22: 9 channels"},
          Case{file_of(1, 1, 999, 16, data), "at byte 24: 999 samples per second"},
          Case{file_of(1, 1, 0xffffffff, 16, data), "at byte 24: 4294967295 samples per second"},
          Case{file_of(1, 1, 8000, 12, data), "at byte 20: format 1 with 12 bits is not read"},
          Case{file_of(3, 1, 8000, 16, data), "format 3 with 16 bits"},
          Case{file_of(85, 1, 8000, 16, data), "format 85 with 16 bits"},
          Case{file_of(0xfffe, 1, 8000, 16, data), "extensible format is cut short"},
          Case{bad_frame, "at byte 32: a frame says to be 3 bytes long"}, Case{no_data, "at byte 36: the file has no data chunk"},
          Case{Bytes(early.begin(), early.end()), "at byte 12: the data chunk comes before"}}) {
        const auto read = read_wav(c.file);
        ASSERT_FALSE(read) << c.words;
        EXPECT_NE(to_string(read.error()).find(c.words), std::string::npos) << to_string(read.error());
    }
}

}  // namespace
}  // namespace volley::sound
