// The profiles of SRTP that WebRTC knows, and the keys of each. Source: RFC 3711 section 4.3, RFC 5764 section 4, RFC 7714 sections 11, 12.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <volley/error.hpp>

#include "base/bytes.hpp"

namespace volley::proto::srtp {

/// By their numbers in the extension use_srtp of DTLS (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
enum class Profile : std::uint16_t { aes128_cm_sha1_80 = 1, aes128_cm_sha1_32 = 2, aead_aes128_gcm = 7, aead_aes256_gcm = 8 };

/// What DTLS has agreed on; nothing for a profile that is not spoken here.
[[nodiscard]] constexpr std::optional<Profile> profile_of(std::uint16_t number) noexcept {
    for (const Profile profile :
         {Profile::aes128_cm_sha1_80, Profile::aes128_cm_sha1_32, Profile::aead_aes128_gcm, Profile::aead_aes256_gcm})
        if (static_cast<std::uint16_t>(profile) == number) return profile;
    return std::nullopt;
}

[[nodiscard]] constexpr bool is_aead(Profile profile) noexcept {
    return profile == Profile::aead_aes128_gcm || profile == Profile::aead_aes256_gcm;
}
[[nodiscard]] constexpr std::size_t key_bytes(Profile profile) noexcept { return profile == Profile::aead_aes256_gcm ? 32 : 16; }
[[nodiscard]] constexpr std::size_t salt_bytes(Profile profile) noexcept { return is_aead(profile) ? 12 : 14; }
[[nodiscard]] constexpr std::size_t rtp_tag_bytes(Profile profile) noexcept {
    if (is_aead(profile)) return 16;
    return profile == Profile::aes128_cm_sha1_32 ? 4 : 10;
}
/// Of SRTCP it is ten bytes whatever that of SRTP is (RFC 5764 section 4.1.2).
[[nodiscard]] constexpr std::size_t rtcp_tag_bytes(Profile profile) noexcept { return is_aead(profile) ? 16 : 10; }

/// Key material, which is wiped when it goes.
class Secret {
public:
    static constexpr std::size_t most = 32;

    Secret() = default;
    /// At most `most` bytes; what is more is not taken.
    explicit Secret(BytesView bytes) noexcept;
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret();

    [[nodiscard]] BytesView view() const noexcept { return BytesView(bytes_).first(size_); }

private:
    std::array<std::uint8_t, most> bytes_{};
    std::size_t size_ = 0;
};

/// What both sides of one direction share.
struct MasterKey {
    Profile profile = Profile::aes128_cm_sha1_80;
    Secret key;
    Secret salt;
};

/// The label and the length of what DTLS exports (RFC 5764 section 4.2).
inline constexpr std::string_view exporter_label = "EXTRACTOR-dtls_srtp";
[[nodiscard]] constexpr std::size_t exported_bytes(Profile profile) noexcept {
    return 2 * (key_bytes(profile) + salt_bytes(profile));
}

struct ExportedKeys {
    MasterKey client;  ///< what the DTLS client writes with
    MasterKey server;
};
/// @return nothing where the material has not exported_bytes().
[[nodiscard]] std::optional<ExportedKeys> split_exported(Profile profile, BytesView material);

/// What the packets of one direction are made with, those of RTP or those of RTCP.
struct SessionKeys {
    Secret cipher;
    Secret authentication;  ///< none with AEAD
    Secret salt;
};
enum class Kind : std::uint8_t { rtp, rtcp };
/// RFC 3711 section 4.3.1 with a key derivation rate of zero. Throws std::bad_alloc where libcrypto cannot.
[[nodiscard]] SessionKeys derive(const MasterKey& master, Kind kind);

}  // namespace volley::proto::srtp
