// Makes one packet a protected one and back, given its index. What was sent before is not known here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "proto/srtp/evp.hpp"
#include "proto/srtp/keys.hpp"

namespace volley::proto::srtp {

/// The keys of one direction at work: those of RTP for RTP packets, those of RTCP for RTCP packets. Source: RFC 3711 sections 3.1, 3.4, 4.1.1, 4.2.1; RFC 7714 sections 8 and 9.
class Transform {
public:
    enum class Use : std::uint8_t { protect, unprotect };

    /// Throws std::bad_alloc where libcrypto cannot.
    Transform(Profile profile, const SessionKeys& keys, Use use);

    /// `packet` holds header and payload and, at its end, room for rtp_tag_bytes(). `header`: its bytes, extension included.
    [[nodiscard]] bool protect_rtp(std::span<std::uint8_t> packet, std::size_t header, std::uint64_t index) noexcept;
    /// @return false where the packet is not the peer's; with AEAD its payload is then lost.
    [[nodiscard]] bool unprotect_rtp(std::span<std::uint8_t> packet, std::size_t header, std::uint64_t index) noexcept;

    /// `packet` has room for rtcp_tag_bytes() and the index's four bytes at its end, which are written here.
    /// @param encrypts  the E flag; without it the packet is authenticated alone.
    [[nodiscard]] bool protect_rtcp(std::span<std::uint8_t> packet, std::uint32_t index, bool encrypts) noexcept;
    [[nodiscard]] bool unprotect_rtcp(std::span<std::uint8_t> packet) noexcept;
    /// Of a protected RTCP packet that is long enough: the word with the E flag and the index.
    [[nodiscard]] std::uint32_t rtcp_trailer(BytesView packet) const noexcept;

private:
    [[nodiscard]] Iv iv_of(std::uint32_t ssrc, std::uint64_t index) const noexcept;
    [[nodiscard]] bool tag_fits(BytesView bytes, BytesView more, BytesView tag) noexcept;

    Profile profile_;
    Secret salt_;
    CipherContext cipher_;
    std::optional<MacContext> mac_;
};

inline constexpr std::uint32_t encrypted_flag = 0x80000000;
inline constexpr std::size_t rtcp_header_bytes = 8;  ///< stay in clear (RFC 3711 section 3.4)
inline constexpr std::size_t rtcp_trailer_bytes = 4;

}  // namespace volley::proto::srtp
