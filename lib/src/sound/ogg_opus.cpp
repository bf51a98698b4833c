#include "sound/ogg_opus.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace volley::sound {
namespace {

// RFC 3533 section 6.
constexpr std::string_view capture_pattern = "OggS";
constexpr std::size_t header_bytes = 27;
constexpr std::size_t checksum_at = 22;
constexpr std::uint8_t flag_continued = 1;
constexpr std::uint8_t flag_first = 2;
constexpr std::uint8_t flag_last = 4;

/// The polynomial 0x04c11db7, highest bit first, nothing inverted.
constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i << 24;
        for (int bit = 0; bit < 8; ++bit) value = (value << 1) ^ ((value >> 31) != 0 ? 0x04c11db7U : 0U);
        table[i] = value;
    }
    return table;
}
constexpr auto crc_table = make_crc_table();

std::uint32_t add_to_crc(std::uint32_t crc, BytesView bytes) {
    for (const std::uint8_t byte : bytes) crc = (crc << 8) ^ crc_table[(crc >> 24) ^ byte];
    return crc;
}

/// The checksum of a page, its own field taken as zeros.
std::uint32_t checksum(BytesView page) {
    constexpr std::array<std::uint8_t, 4> zeros{};
    std::uint32_t crc = add_to_crc(0, page.first(checksum_at));
    crc = add_to_crc(crc, zeros);
    return add_to_crc(crc, page.subspan(checksum_at + zeros.size()));
}

FileResult<OpusHead> read_head(BytesView packet, std::uint64_t offset) {
    ByteReader in(packet);
    (void)in.bytes(8);
    const std::uint8_t version = in.u8();
    OpusHead out;
    out.channels = in.u8();
    out.pre_skip = in.le16();
    out.input_rate = in.le32();
    out.gain_q8 = static_cast<std::int16_t>(in.le16());
    out.mapping_family = in.u8();
    if (!in.ok()) return FileFault{"the Opus header is cut short", offset};
    // RFC 7845 section 5.1: versions with the same upper four bits are to be compatible.
    if ((version & 0xf0) != 0)
        return FileFault{"version " + std::to_string(version) + " of the Opus header is not known", offset};
    if (out.mapping_family != 0 || out.channels < 1 || out.channels > 2)
        return FileFault{std::to_string(out.channels) + " channels with mapping family " + std::to_string(out.mapping_family) +
                             ": only mono and stereo of family 0 are read",
                         offset};
    return out;
}

}  // namespace

std::optional<int> opus_samples(BytesView packet) noexcept {
    if (packet.empty()) return std::nullopt;
    // RFC 6716 section 3.1, table 2, at 48 kHz.
    constexpr std::array<int, 4> silk = {480, 960, 1920, 2880};
    constexpr std::array<int, 2> hybrid = {480, 960};
    constexpr std::array<int, 4> celt = {120, 240, 480, 960};
    constexpr int most = 5760;
    const unsigned config = packet[0] >> 3;
    const int frame = config < 12 ? silk[config & 3] : config < 16 ? hybrid[config & 1] : celt[config & 3];
    int frames = 2;
    switch (packet[0] & 3) {
        case 0:
            frames = 1;
            break;
        case 3:
            if (packet.size() < 2) return std::nullopt;
            frames = packet[1] & 0x3f;
            break;
        default:
            break;
    }
    if (frames == 0 || frames * frame > most) return std::nullopt;
    return frames * frame;
}

/// The next whole page with a right checksum, of whatever stream.
std::optional<OggOpusReader::Page> OggOpusReader::find_page() {
    std::size_t& at = place_.next_page;
    while (place_.damaged < most_damaged_pages) {
        const auto found = text_of(file_).find(capture_pattern, at);
        if (found == std::string_view::npos) break;
        at = found;
        const BytesView rest = file_.subspan(at);
        ByteReader in(rest);
        (void)in.bytes(capture_pattern.size());
        const std::uint8_t version = in.u8();
        Page page;
        page.offset = at;
        page.flags = in.u8();
        (void)in.le64();  // granule position
        page.serial = in.le32();
        page.sequence = in.le32();
        const std::uint32_t crc = in.le32();
        page.lacing = in.bytes(in.u8());
        std::size_t size = 0;
        for (const std::uint8_t value : page.lacing) size += value;
        page.body = in.bytes(size);
        const std::size_t whole = header_bytes + page.lacing.size() + size;
        if (version == 0 && in.ok() && checksum(rest.first(whole)) == crc) {
            at += whole;
            return page;
        }
        ++place_.damaged;
        at += capture_pattern.size();
    }
    at = file_.size();
    return std::nullopt;
}

/// Goes to the next page of the stream.
bool OggOpusReader::turn_page() {
    if (place_.next_sequence && (place_.page.flags & flag_last) != 0) return false;
    while (const auto page = find_page()) {
        if (page->serial != serial_) continue;
        const bool gap = place_.next_sequence && page->sequence != *place_.next_sequence;
        if (gap) ++place_.damaged;
        const bool continued = (page->flags & flag_continued) != 0;
        if (gap || !continued) place_.joining = false;
        place_.page = *page;
        place_.lace = place_.body_at = 0;
        place_.next_sequence = page->sequence + 1;
        // What remains of a packet whose beginning is lost.
        if (continued && !place_.joining) {
            while (place_.lace < page->lacing.size()) {
                const std::uint8_t value = page->lacing[place_.lace++];
                place_.body_at += value;
                if (value < 255) break;
            }
        }
        return true;
    }
    return false;
}

std::optional<OggOpusReader::RawPacket> OggOpusReader::next_raw() {
    std::size_t size = 0;  // of what was gathered before this page
    while (true) {
        if (place_.lace >= place_.page.lacing.size()) {
            if (!turn_page()) return std::nullopt;
            if (!place_.joining) size = 0;
            continue;
        }
        if (size == 0) packet_.clear();
        const Page& page = place_.page;
        std::size_t here = 0;
        bool whole = false;
        while (place_.lace < page.lacing.size() && !whole) {
            const std::uint8_t value = page.lacing[place_.lace++];
            here += value;
            whole = value < 255;
        }
        const BytesView part = page.body.subspan(place_.body_at, here);
        place_.body_at += here;
        if (whole && size == 0) {
            place_.joining = false;
            return RawPacket{part.first(std::min(here, largest_packet)), here, page.offset};
        }
        const BytesView kept = part.first(std::min(here, largest_packet - packet_.size()));
        packet_.insert(packet_.end(), kept.begin(), kept.end());
        size += here;
        place_.joining = !whole;
        if (whole) return RawPacket{packet_, size, page.offset};
    }
}

FileResult<OggOpusReader> OggOpusReader::open(BytesView file) {
    OggOpusReader out;
    out.file_ = file;
    // RFC 3533 section 4: the first pages of all streams come before any other page.
    while (true) {
        const auto page = out.find_page();
        if (!page) return FileFault{"this is no Ogg file, or none of its pages is whole", 0};
        if ((page->flags & flag_first) == 0) return FileFault{"the file has no Opus stream", page->offset};
        if (!text_of(page->body).starts_with("OpusHead")) continue;
        const auto head = read_head(page->body, page->offset);
        if (!head) return head.error();
        out.head_ = *head;
        out.serial_ = page->serial;
        // Nothing else stands on that page.
        out.place_.next_sequence = page->sequence + 1;
        break;
    }
    const auto tags = out.next_raw();
    if (!tags || !text_of(tags->data).starts_with("OpusTags"))
        return FileFault{"the second Opus header, OpusTags, is missing", tags ? tags->offset : file.size()};
    out.packet_.clear();
    out.start_ = out.place_;
    return out;
}

FileResult<std::optional<OggOpusPacket>> OggOpusReader::next() {
    const auto raw = next_raw();
    if (!raw) return std::nullopt;
    if (raw->size > largest_packet)
        return FileFault{
            "a packet is " + std::to_string(raw->size) + " bytes long: the limit is " + std::to_string(largest_packet),
            raw->offset};
    const auto samples = opus_samples(raw->data);
    if (!samples) return FileFault{"a packet is no Opus packet", raw->offset};
    return OggOpusPacket{raw->data, *samples, raw->offset};
}

}  // namespace volley::sound
