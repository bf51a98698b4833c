#include <gtest/gtest.h>

#include <string>

#include "picture/ivf.hpp"
#include "picture/scene.hpp"
#include "picture/y4m.hpp"

namespace volley::picture {
namespace {

std::string text_of_frame(const Picture& picture) {
    return std::string(y4m_frame_header) + std::string(text_of(picture.bytes()));
}

TEST(Y4m, frames_are_read_as_they_were_written) {
    for (const auto& [width, height] : {std::pair{64, 48}, {5, 3}, {1, 1}}) {
        const Scene scene(width, height, 2);
        std::string file = y4m_header(width, height, {30000, 1001});
        std::vector<Picture> frames(3);
        for (std::size_t i = 0; i < frames.size(); ++i) {
            scene.paint(frames[i], i * 10);
            file += text_of_frame(frames[i]);
        }
        auto reader = Y4mReader::open(bytes_of(file));
        ASSERT_TRUE(reader) << to_string(reader.error());
        EXPECT_EQ(reader->width(), width);
        EXPECT_EQ(reader->height(), height);
        EXPECT_EQ(reader->rate(), (FrameRate{30000, 1001}));
        for (int round = 0; round < 2; ++round) {
            for (const Picture& frame : frames) {
                const auto next = reader->next();
                ASSERT_TRUE(next && *next);
                EXPECT_EQ(Picture(**next), frame);
            }
            const auto end = reader->next();
            ASSERT_TRUE(end);
            EXPECT_FALSE(*end);
            reader->rewind();
        }
    }
}

TEST(Y4m, takes_what_other_programs_write) {
    for (const char* header : {"YUV4MPEG2 W2 H2\n", "YUV4MPEG2 H2 W2 F25:1 Ip A0:0 C420mpeg2 XYSCSS=420MPEG2\n",
                               "YUV4MPEG2 W2 H2 F0:0 I? A128:117 C420 XCOLORRANGE=LIMITED\n", "YUV4MPEG2  W2  H2 \n"}) {
        const std::string file = std::string(header) + "FRAME Ippp XWHATEVER\nyyyyuv";
        auto reader = Y4mReader::open(bytes_of(file));
        ASSERT_TRUE(reader) << header << to_string(reader.error());
        const auto next = reader->next();
        ASSERT_TRUE(next && *next) << header;
        EXPECT_EQ((**next).plane(plane_v).row(0)[0], 'v');
    }
}

TEST(Y4m, what_is_wrong_is_said_with_its_place) {
    struct Case {
        std::string file;
        std::uint64_t offset;
        const char* words;
    };
    const std::vector<Case> cases = {
        {"", 0, "no Y4M file"},
        {"RIFFxxxx", 0, "no Y4M file"},
        {"YUV4MPEG2 W2 H2", 0, "does not end"},
        {"YUV4MPEG2 W2 H2" + std::string(300, ' ') + "\n", 0, "does not end"},
        {"YUV4MPEG2W2 H2\n", 9, "blank is missing"},
        {"YUV4MPEG2 W2\n", 0, "lacks a width or height"},
        {"YUV4MPEG2 W2 Hx\n", 0, "lacks a width or height"},
        {"YUV4MPEG2 W-2 H2\n", 0, "lacks a width or height"},
        {"YUV4MPEG2 W99999999999 H2\n", 0, "lacks a width or height"},
        {"YUV4MPEG2 W4097 H2\n", 0, "4097 x 2"},
        {"YUV4MPEG2 W0 H2\n", 0, "0 x 2"},
        {"YUV4MPEG2 W2 H2 F25\n", 16, "'F25' is no frame rate"},
        {"YUV4MPEG2 W2 H2 F1001:1\n", 16, "no frame rate"},
        {"YUV4MPEG2 W2 H2 F25:0\n", 16, "no frame rate"},
        {"YUV4MPEG2 W2 H2 It\n", 16, "interlaced"},
        {"YUV4MPEG2 W2 H2 C444\n", 16, "'C444': only 8-bit 4:2:0"},
        {"YUV4MPEG2 W2 H2 C420p10\n", 16, "only 8-bit 4:2:0"},
        {"YUV4MPEG2 W2 H2 C\x1b[31m\n", 16, "\\x1b[31m"},
    };
    for (const Case& c : cases) {
        const auto reader = Y4mReader::open(bytes_of(c.file));
        ASSERT_FALSE(reader) << c.file;
        EXPECT_EQ(reader.error().offset, c.offset) << c.file;
        EXPECT_NE(to_string(reader.error()).find(c.words), std::string::npos) << to_string(reader.error());
    }
}

TEST(Y4m, a_bad_frame_is_said_again_and_again) {
    const std::string header = "YUV4MPEG2 W2 H2\n";
    for (const auto& [rest, offset, words] : {std::tuple{std::string("FRAME\nyyyyu"), 22U, "cut short: 5 of 6 bytes"},
                                              {std::string("FRAM"), 16U, "word FRAME"},
                                              {std::string("FRAMES\nyyyyuv"), 16U, "word FRAME"},
                                              {"FRAME " + std::string(300, 'x') + "\nyyyyuv", 16U, "word FRAME"}}) {
        const std::string file = header + rest;
        auto reader = Y4mReader::open(bytes_of(file));
        ASSERT_TRUE(reader);
        for (int i = 0; i < 2; ++i) {
            const auto next = reader->next();
            ASSERT_FALSE(next) << rest;
            EXPECT_EQ(next.error().offset, offset);
            EXPECT_NE(next.error().text.find(words), std::string::npos) << next.error().text;
        }
    }
}

IvfHeader vp8_header() {
    IvfHeader header;
    header.codec = {'V', 'P', '8', '0'};
    header.width = 640;
    header.height = 480;
    header.ticks_per_second = 30000;
    header.ticks_denominator = 1001;
    return header;
}

TEST(Ivf, frames_are_read_as_they_were_written) {
    IvfWriter writer(vp8_header());
    const Bytes frame = {1, 2, 3};
    writer.add(0, frame);
    writer.add(5, {});
    writer.add(std::uint64_t{1} << 40, frame);
    const Bytes file = writer.take();
    EXPECT_EQ(file.size(), 32U + 3 * 12 + 6);
    auto reader = IvfReader::open(file);
    ASSERT_TRUE(reader) << to_string(reader.error());
    const IvfHeader& header = reader->header();
    EXPECT_EQ(text_of({reinterpret_cast<const std::uint8_t*>(header.codec.data()), 4}), "VP80");
    EXPECT_EQ(header.width, 640);
    EXPECT_EQ(header.height, 480);
    EXPECT_EQ(header.ticks_per_second, 30000U);
    EXPECT_EQ(header.ticks_denominator, 1001U);
    EXPECT_EQ(header.frames, 3U);
    for (int round = 0; round < 2; ++round) {
        auto next = reader->next();
        ASSERT_TRUE(next && *next);
        EXPECT_EQ((**next).offset, 44U);
        EXPECT_EQ(Bytes((**next).data.begin(), (**next).data.end()), frame);
        next = reader->next();
        ASSERT_TRUE(next && *next);
        EXPECT_EQ((**next).timestamp, 5U);
        EXPECT_TRUE((**next).data.empty());
        next = reader->next();
        ASSERT_TRUE(next && *next);
        EXPECT_EQ((**next).timestamp, std::uint64_t{1} << 40);
        next = reader->next();
        ASSERT_TRUE(next);
        EXPECT_FALSE(*next);
        reader->rewind();
    }
}

TEST(Ivf, is_laid_out_as_libvpx_has_it) {
    IvfWriter writer(vp8_header());
    writer.add(0x0102, Bytes{0xaa});
    EXPECT_EQ(writer.take(),
              (Bytes{'D', 'K', 'I', 'F', 0, 0, 32, 0, 'V', 'P', '8', '0', 0x80, 2, 0xe0, 1, 0x30, 0x75, 0, 0, 0xe9, 3,   0,
                     0,   1,   0,   0,   0, 0, 0,  0, 0,   1,   0,   0,   0,    2, 1,    0, 0,    0,    0, 0, 0,    0xaa}));
}

TEST(Ivf, what_is_wrong_is_said_with_its_place) {
    IvfWriter writer(vp8_header());
    writer.add(0, Bytes{1, 2, 3});
    const Bytes good = writer.take();
    const auto opened = [&good](std::size_t at, std::uint8_t value) {
        Bytes bad = good;
        bad[at] = value;
        const auto reader = IvfReader::open(bad);
        return reader ? std::string() : to_string(reader.error());
    };
    EXPECT_EQ(opened(0, 'X'), "at byte 0: this is no IVF file: it does not begin with DKIF");
    EXPECT_EQ(opened(4, 1), "at byte 4: version 1 of IVF is not known");
    EXPECT_EQ(opened(6, 31), "at byte 6: the header says to be 31 bytes long");
    EXPECT_EQ(opened(7, 1), "at byte 6: the header says to be 288 bytes long");
    Bytes zero = good;
    std::fill_n(zero.begin() + 16, 4, std::uint8_t{0});
    EXPECT_EQ(IvfReader::open(zero).error().offset, 16U);
    EXPECT_FALSE(IvfReader::open(BytesView(good).first(31)));
    EXPECT_FALSE(IvfReader::open({}));

    const auto first = [](const Bytes& file) {
        auto reader = IvfReader::open(file);
        const auto next = reader->next();
        return next ? std::string() : to_string(next.error());
    };
    EXPECT_EQ(first(Bytes(good.begin(), good.end() - 1)), "at byte 32: the last frame is cut short: 2 of 3 bytes");
    EXPECT_EQ(first(Bytes(good.begin(), good.begin() + 40)), "at byte 32: a frame's header is cut short");
    Bytes huge = good;
    huge[35] = 0xff;
    EXPECT_EQ(first(huge), "at byte 32: a frame says to be 4278190083 bytes long: the limit is 8388608");
}

}  // namespace
}  // namespace volley::picture
