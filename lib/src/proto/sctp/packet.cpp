#include "proto/sctp/packet.hpp"

#include <algorithm>
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

// Chunk types: RFC 9260 section 3.2, RFC 6525, RFC 3758; those of extensions by the registry of IANA.
enum Chunk : std::uint8_t {
    data = 0,
    init = 1,
    init_ack = 2,
    sack = 3,
    heartbeat = 4,
    heartbeat_ack = 5,
    shutdown = 7,
    error = 9,
    ecn_echo = 12,
    congestion_window_reduced = 13,
    authentication = 15,
    nr_sack = 16,
    i_data = 64,
    address_change_ack = 128,
    packet_drop = 129,
    reconfiguration = 130,
    forward_tsn = 192,
    address_change = 193,
    i_forward_tsn = 194,
};

// Each has a type and a length, which counts both and is at least that.
bool are_parameters(ByteReader bytes) noexcept {
    while (bytes.left() != 0) {
        (void)bytes.u16();
        const std::uint16_t length = bytes.u16();
        if (!bytes.ok() || length < 4) return false;
        (void)bytes.bytes(length - 4U);
        if (!bytes.ok()) return false;
        // The last one's padding is not counted by the chunk's length.
        (void)bytes.bytes(std::min<std::size_t>((4U - length % 4U) % 4U, bytes.left()));
    }
    return true;
}

bool is_well_formed_chunk(std::uint8_t type, BytesView body, Phase phase, bool alone) noexcept {
    ByteReader reader(body);
    switch (type) {
        case data:
            return body.size() > 12;
        case init:
        case init_ack:
            // An association that stands has heard all that a late one could say, and one that begins anew has failed.
            if (phase == Phase::connected || !alone) return false;
            (void)reader.bytes(16);
            return reader.ok() && are_parameters(reader);
        case sack: {
            (void)reader.bytes(8);
            const std::size_t blocks = reader.u16();
            const std::size_t duplicates = reader.u16();
            return reader.ok() && reader.left() >= 4 * (blocks + duplicates);
        }
        case heartbeat:
        case heartbeat_ack:
        case error:
        case reconfiguration:
            return are_parameters(reader);
        case shutdown:
            return body.size() == 4;
        case forward_tsn:
            return body.size() >= 4 && body.size() % 4 == 0;
        case ecn_echo:
        case congestion_window_reduced:
        case authentication:
        case nr_sack:
        case i_data:
        case address_change_ack:
        case packet_drop:
        case address_change:
        case i_forward_tsn:
            return false;
        default:
            return true;
    }
}

}  // namespace

bool is_well_formed(BytesView packet, Phase phase) noexcept {
    ByteReader reader(packet);
    (void)reader.bytes(header_bytes);
    for (bool first = true; reader.left() != 0; first = false) {
        const std::uint8_t type = reader.u8();
        (void)reader.u8();
        const std::uint16_t length = reader.u16();
        if (!reader.ok() || length < 4) return false;
        const BytesView body = reader.bytes(length - 4U);
        if (!reader.ok()) return false;
        (void)reader.bytes(std::min<std::size_t>((4U - length % 4U) % 4U, reader.left()));
        if (!is_well_formed_chunk(type, body, phase, first && reader.left() == 0)) return false;
    }
    return reader.ok();
}

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
