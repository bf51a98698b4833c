// Packets for tests of what carries RTP and RTCP.
#pragma once

#include <cstdint>
#include <vector>

namespace volley::test {

inline void put_u32(std::vector<std::uint8_t>& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

/// A packet of payload type 96 whose payload counts up from `fill`.
[[nodiscard]] inline std::vector<std::uint8_t> rtp_packet(std::uint16_t sequence, std::uint32_t ssrc, std::size_t payload = 160,
                                                          std::uint8_t fill = 0) {
    std::vector<std::uint8_t> out = {0x80, 96, static_cast<std::uint8_t>(sequence >> 8), static_cast<std::uint8_t>(sequence)};
    put_u32(out, 1000U + sequence);
    put_u32(out, ssrc);
    for (std::size_t i = 0; i < payload; ++i) out.push_back(static_cast<std::uint8_t>(fill + i));
    return out;
}

/// The same with two contributing sources and an extension of two words.
[[nodiscard]] inline std::vector<std::uint8_t> rtp_packet_with_extension(std::uint16_t sequence, std::uint32_t ssrc) {
    std::vector<std::uint8_t> out = rtp_packet(sequence, ssrc, 0);
    out[0] = 0x92;
    put_u32(out, 0x11111111);
    put_u32(out, 0x22222222);
    put_u32(out, 0xbede0002);
    put_u32(out, 0x10aa0000);
    put_u32(out, 0x30cc0000);
    for (int i = 0; i < 50; ++i) out.push_back(static_cast<std::uint8_t>(i));
    return out;
}

/// A sender report without report blocks.
[[nodiscard]] inline std::vector<std::uint8_t> sender_report(std::uint32_t ssrc, std::uint32_t packets = 7) {
    std::vector<std::uint8_t> out;
    put_u32(out, 0x80c80006);
    put_u32(out, ssrc);
    for (const std::uint32_t word : {0x83aa7e80U, 0U, 1000U, packets, 7000U}) put_u32(out, word);
    return out;
}

}  // namespace volley::test
