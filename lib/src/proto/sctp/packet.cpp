#include "proto/sctp/packet.hpp"

#include <array>

namespace volley::proto::sctp {
namespace {

// tables[k][b]: the effect of byte b with k bytes of zeros behind it, so that eight bytes are taken in one step.
constexpr std::array<std::array<std::uint32_t, 256>, 8> make_tables() {
    constexpr std::uint32_t reversed_polynomial = 0x82f63b78;
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? reversed_polynomial : 0);
        tables[0][byte] = crc;
    }
    for (std::size_t k = 1; k < tables.size(); ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t crc = tables[k - 1][byte];
            tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
        }
    }
    return tables;
}
constexpr auto tables = make_tables();

constexpr std::size_t checksum_at = 8;

std::uint32_t extended(std::uint32_t crc, BytesView bytes) noexcept {
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        const std::uint8_t* const p = bytes.data() + at;
        const std::uint32_t low = crc ^ (static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8 |
                                         static_cast<std::uint32_t>(p[2]) << 16 | static_cast<std::uint32_t>(p[3]) << 24);
        crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^ tables[4][low >> 24] ^
              tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
    }
    for (; at < bytes.size(); ++at) crc = (crc >> 8) ^ tables[0][(crc ^ bytes[at]) & 0xff];
    return crc;
}

// As if the four bytes of the checksum were zero.
std::uint32_t checksum_of(BytesView packet) noexcept {
    constexpr std::array<std::uint8_t, 4> zeros{};
    std::uint32_t crc = extended(0xffffffff, packet.first(checksum_at));
    crc = extended(crc, zeros);
    return ~extended(crc, packet.subspan(header_bytes));
}

}  // namespace

std::uint32_t crc32c_of(BytesView bytes) noexcept { return ~extended(0xffffffff, bytes); }

std::optional<Ports> ports_of_sound(BytesView packet) noexcept {
    constexpr std::size_t chunk_header_bytes = 4;
    if (packet.size() < header_bytes + chunk_header_bytes) return std::nullopt;
    // The one number of SCTP that goes out with its lowest byte first.
    std::uint32_t said = 0;
    for (std::size_t i = 4; i > 0; --i) said = said << 8 | packet[checksum_at + i - 1];
    if (said != checksum_of(packet)) return std::nullopt;
    ByteReader reader(packet);
    const std::uint16_t source = reader.u16();
    return Ports{source, reader.u16()};
}

void address(Bytes& packet, Ports ports) noexcept {
    packet[0] = static_cast<std::uint8_t>(ports.source >> 8);
    packet[1] = static_cast<std::uint8_t>(ports.source);
    packet[2] = static_cast<std::uint8_t>(ports.destination >> 8);
    packet[3] = static_cast<std::uint8_t>(ports.destination);
    std::uint32_t crc = checksum_of(packet);
    for (std::size_t i = 0; i < 4; ++i, crc >>= 8) packet[checksum_at + i] = static_cast<std::uint8_t>(crc);
}

}  // namespace volley::proto::sctp
