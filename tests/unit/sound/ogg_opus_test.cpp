#include "sound/ogg_opus.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace volley::sound {
namespace {

/// As RFC 3533 section 6 says, one bit at a time.
std::uint32_t slow_checksum(const Bytes& page) {
    std::uint32_t crc = 0;
    for (const std::uint8_t byte : page)
        for (int bit = 7; bit >= 0; --bit) {
            const bool high = (crc >> 31) != 0;
            crc = (crc << 1) ^ ((high != (((byte >> bit) & 1) != 0)) ? 0x04c11db7U : 0U);
        }
    return crc;
}

struct PageOf {
    std::uint8_t flags = 0;
    std::uint32_t serial = 7;
    std::uint32_t sequence = 0;
    Bytes lacing;
    Bytes body;
};

Bytes bytes_of_page(const PageOf& page) {
    ByteWriter out;
    out.bytes(volley::bytes_of("OggS"));
    out.u8(0);
    out.u8(page.flags);
    out.le64(0);
    out.le32(page.serial);
    out.le32(page.sequence);
    out.le32(0);
    out.u8(static_cast<std::uint8_t>(page.lacing.size()));
    out.bytes(page.lacing);
    out.bytes(page.body);
    Bytes bytes = out.take();
    const std::uint32_t crc = slow_checksum(bytes);
    for (std::size_t i = 0; i < 4; ++i) bytes[22 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    return bytes;
}

/// A page with whole packets on it.
PageOf page_of(std::uint32_t sequence, const std::vector<Bytes>& packets, std::uint8_t flags = 0) {
    PageOf page;
    page.flags = flags;
    page.sequence = sequence;
    for (const Bytes& packet : packets) {
        page.lacing.insert(page.lacing.end(), packet.size() / 255, 255);
        page.lacing.push_back(static_cast<std::uint8_t>(packet.size() % 255));
        page.body.insert(page.body.end(), packet.begin(), packet.end());
    }
    return page;
}

Bytes head_packet(std::uint8_t version = 1, std::uint8_t channels = 2, std::uint8_t family = 0) {
    ByteWriter out;
    out.bytes(bytes_of("OpusHead"));
    out.u8(version);
    out.u8(channels);
    out.le16(312);
    out.le32(44'100);
    out.le16(0xff00);
    out.u8(family);
    return out.take();
}
Bytes tags_packet(std::size_t size = 16) {
    const std::string text = "OpusTags" + std::string(size - 8, '\0');
    return {text.begin(), text.end()};
}
/// 20 ms of CELT, `size` bytes, each of them `fill`.
Bytes sound_packet(std::size_t size, std::uint8_t fill) {
    Bytes out(size, fill);
    out[0] = 31 << 3;
    return out;
}

Bytes joined(const std::vector<PageOf>& pages) {
    Bytes out;
    for (const PageOf& page : pages) {
        const Bytes bytes = bytes_of_page(page);
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return out;
}

std::vector<PageOf> headers() { return {page_of(0, {head_packet()}, 2), page_of(1, {tags_packet()})}; }

/// The second byte of each packet, until the end or a fault.
std::string fills(OggOpusReader& reader) {
    std::string out;
    while (true) {
        const auto next = reader.next();
        if (!next) return out + "!";
        if (!*next) return out;
        out += static_cast<char>((**next).data[1]);
    }
}

TEST(OggOpus, packets_are_read_in_their_order) {
    auto pages = headers();
    pages.push_back(page_of(2, {sound_packet(60, 'a'), sound_packet(255, 'b')}));
    pages.push_back(page_of(3, {sound_packet(510, 'c'), sound_packet(2, 'd')}, 4));
    const Bytes file = joined(pages);
    auto reader = OggOpusReader::open(file);
    ASSERT_TRUE(reader) << to_string(reader.error());
    EXPECT_EQ(reader->head().channels, 2);
    EXPECT_EQ(reader->head().pre_skip, 312);
    EXPECT_EQ(reader->head().input_rate, 44'100U);
    EXPECT_EQ(reader->head().gain_q8, -256);
    const auto first = reader->next();
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((**first).data.size(), 60U);
    EXPECT_EQ((**first).samples, 960);
    EXPECT_EQ(fills(*reader), "bcd");
    EXPECT_EQ(fills(*reader), "") << "the end stays the end";
    reader->rewind();
    EXPECT_EQ(fills(*reader), "abcd");
    EXPECT_EQ(reader->damaged_pages(), 0U);
}

TEST(OggOpus, a_packet_may_lie_on_several_pages) {
    auto pages = headers();
    const Bytes large = sound_packet(1000, 'x');
    pages.push_back({0, 7, 2, {255, 255}, Bytes(large.begin(), large.begin() + 510)});
    pages.push_back({1, 7, 3, {255}, Bytes(large.begin() + 510, large.begin() + 765)});
    pages.push_back({1, 7, 4, {235, 2}, Bytes(large.begin() + 765, large.end())});
    pages.back().body.insert(pages.back().body.end(), {31 << 3, 'y'});
    const Bytes file = joined(pages);
    auto reader = OggOpusReader::open(file);
    ASSERT_TRUE(reader);
    const auto first = reader->next();
    ASSERT_TRUE(first && *first);
    EXPECT_EQ(Bytes((**first).data.begin(), (**first).data.end()), large);
    EXPECT_EQ(fills(*reader), "y");
}

TEST(OggOpus, pages_of_other_streams_and_what_is_no_page_are_passed_over) {
    auto pages = headers();
    pages.insert(pages.begin(), page_of(0, {{'v', 'i', 'd', 'e', 'o'}}, 2));
    pages[0].serial = 99;
    pages.push_back(page_of(2, {sound_packet(60, 'a')}));
    pages.push_back(page_of(1, {sound_packet(60, 'X')}));
    pages.back().serial = 99;
    Bytes file = joined(pages);
    const std::string rubbish = "OggOggSOggS";
    file.insert(file.end(), rubbish.begin(), rubbish.end());
    const Bytes rest = joined({page_of(3, {sound_packet(60, 'b')}, 4), page_of(4, {sound_packet(60, 'Y')})});
    file.insert(file.end(), rest.begin(), rest.end());
    auto reader = OggOpusReader::open(file);
    ASSERT_TRUE(reader) << to_string(reader.error());
    EXPECT_EQ(fills(*reader), "ab") << "the page that says to be the last is";
}

TEST(OggOpus, a_damaged_page_takes_its_packets_along_and_no_others) {
    auto pages = headers();
    pages.push_back(page_of(2, {sound_packet(60, 'a')}));
    pages.push_back({0, 7, 3, {60, 255}, sound_packet(60, 'b')});
    pages.back().body.resize(315, 'c');
    pages.push_back({1, 7, 4, {10, 60}, Bytes(10, 'c')});
    const Bytes d = sound_packet(60, 'd');
    pages.back().body.insert(pages.back().body.end(), d.begin(), d.end());
    const Bytes good = joined(pages);
    Bytes bad = good;
    bad[good.size() - 28 - 71 - 20] ^= 1;  // within the page before the last
    auto reader = OggOpusReader::open(bad);
    ASSERT_TRUE(reader);
    EXPECT_EQ(fills(*reader), "ad") << "what is left of c begins in the middle";
    EXPECT_EQ(reader->damaged_pages(), 2U) << "seen by its checksum, and by its number lacking";
}

TEST(OggOpus, what_is_wrong_with_the_headers_is_said) {
    struct Case {
        std::vector<PageOf> pages;
        const char* words;
    };
    for (const Case& c :
         {Case{{}, "at byte 0: this is no Ogg file"},
          Case{{page_of(0, {{'x'}}, 2), page_of(1, {{'x'}})}, "at byte 29: the file has no Opus stream"},
          Case{{page_of(0, {head_packet(16)}, 2)}, "version 16"}, Case{{page_of(0, {head_packet(1, 0)}, 2)}, "0 channels"},
          Case{{page_of(0, {head_packet(1, 6, 1)}, 2)}, "6 channels with mapping family 1"},
          Case{{page_of(0, {{'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 2}}, 2)}, "header is cut short"},
          Case{{page_of(0, {head_packet()}, 2)}, "OpusTags, is missing"},
          Case{{page_of(0, {head_packet()}, 2), page_of(1, {sound_packet(20, 'a')})}, "OpusTags, is missing"}}) {
        const Bytes file = joined(c.pages);
        const auto reader = OggOpusReader::open(file);
        ASSERT_FALSE(reader) << c.words;
        EXPECT_NE(to_string(reader.error()).find(c.words), std::string::npos) << to_string(reader.error());
    }
    const std::string text = "OggS";
    EXPECT_FALSE(OggOpusReader::open(bytes_of(text)));
}

TEST(OggOpus, large_tags_are_passed_over) {
    std::vector<PageOf> pages = {page_of(0, {head_packet()}, 2)};
    const Bytes tags = tags_packet(200'000);
    std::uint32_t sequence = 1;
    for (std::size_t i = 0; i < tags.size(); i += 65'025) {
        const std::size_t size = std::min<std::size_t>(65'025, tags.size() - i);
        const auto begin = tags.begin() + static_cast<std::ptrdiff_t>(i);
        PageOf page = page_of(sequence++, {Bytes(begin, begin + static_cast<std::ptrdiff_t>(size))}, i == 0 ? 0 : 1);
        if (size == 65'025) page.lacing.pop_back();  // it goes on
        pages.push_back(page);
    }
    pages.push_back(page_of(sequence, {sound_packet(60, 'a')}));
    const Bytes file = joined(pages);
    auto reader = OggOpusReader::open(file);
    ASSERT_TRUE(reader) << to_string(reader.error());
    EXPECT_EQ(fills(*reader), "a");
}

TEST(OggOpus, a_packet_that_is_none_is_said_and_left_out) {
    auto pages = headers();
    pages.push_back(page_of(2, {sound_packet(60, 'a'), {}, {3}, sound_packet(60, 'b')}));
    const Bytes large = sound_packet(65'025, 'c');
    pages.push_back(page_of(3, {large}));
    pages.back().lacing.pop_back();
    pages.push_back(page_of(4, {large}, 1));
    pages.back().lacing.pop_back();
    pages.push_back(page_of(5, {{1}, sound_packet(60, 'd')}, 1));
    const Bytes file = joined(pages);
    auto reader = OggOpusReader::open(file);
    ASSERT_TRUE(reader);
    EXPECT_EQ(fills(*reader), "a!");
    EXPECT_EQ(fills(*reader), "!");
    EXPECT_EQ(fills(*reader), "b!");
    EXPECT_EQ(fills(*reader), "d");
    reader->rewind();
    for (int i = 0; i < 4; ++i) (void)reader->next();
    const auto huge = reader->next();
    ASSERT_FALSE(huge);
    EXPECT_NE(huge.error().text.find("130051 bytes long: the limit is 65536"), std::string::npos) << huge.error().text;
}

TEST(OggOpus, a_file_of_damaged_pages_is_given_up) {
    Bytes file = joined(headers());
    std::string rubbish;
    for (int i = 0; i < 5000; ++i) rubbish += "OggS";
    file.insert(file.end(), rubbish.begin(), rubbish.end());
    const Bytes rest = joined({page_of(2, {sound_packet(60, 'a')})});
    file.insert(file.end(), rest.begin(), rest.end());
    auto reader = OggOpusReader::open(file);
    ASSERT_TRUE(reader);
    EXPECT_EQ(fills(*reader), "");
    EXPECT_EQ(reader->damaged_pages(), OggOpusReader::most_damaged_pages);
}

TEST(OggOpus, a_packet_says_how_long_it_is) {
    // RFC 6716 section 3.1, table 2.
    const auto samples = [](int config, int code, std::uint8_t count = 0) {
        return opus_samples(Bytes{static_cast<std::uint8_t>(config << 3 | code), count});
    };
    EXPECT_EQ(samples(0, 0), 480);
    EXPECT_EQ(samples(3, 0), 2880);
    EXPECT_EQ(samples(11, 1), 5760);
    EXPECT_EQ(samples(12, 0), 480);
    EXPECT_EQ(samples(15, 2), 1920);
    EXPECT_EQ(samples(16, 0), 120);
    EXPECT_EQ(samples(31, 0), 960);
    EXPECT_EQ(samples(31, 3, 6), 5760);
    EXPECT_EQ(samples(31, 3, 7), std::nullopt) << "over 120 ms";
    EXPECT_EQ(samples(31, 3, 0x40), std::nullopt) << "no frame";
    EXPECT_EQ(opus_samples({}), std::nullopt);
    EXPECT_EQ(opus_samples(Bytes{3}), std::nullopt);
}

}  // namespace
}  // namespace volley::sound
