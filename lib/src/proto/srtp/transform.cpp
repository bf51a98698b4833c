#include "proto/srtp/transform.hpp"

#include <algorithm>
#include <array>

#include <openssl/crypto.h>

namespace volley::proto::srtp {
namespace {

CipherContext::Mode mode_of(Profile profile) noexcept {
    switch (profile) {
        case Profile::aead_aes128_gcm:
            return CipherContext::Mode::gcm_128;
        case Profile::aead_aes256_gcm:
            return CipherContext::Mode::gcm_256;
        case Profile::aes128_cm_sha1_80:
        case Profile::aes128_cm_sha1_32:
            break;
    }
    return CipherContext::Mode::ctr_128;
}

using Word = std::array<std::uint8_t, 4>;
Word word_of(std::uint32_t value) noexcept {
    return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
            static_cast<std::uint8_t>(value)};
}

std::uint32_t word_at(BytesView bytes, std::size_t at) noexcept { return ByteReader(bytes.subspan(at, 4)).u32(); }

constexpr std::size_t rtp_ssrc_at = 8;
constexpr std::size_t rtcp_ssrc_at = 4;

std::uint32_t rollover_of(std::uint64_t index) noexcept { return static_cast<std::uint32_t>(index >> 16); }

}  // namespace

Transform::Transform(Profile profile, const SessionKeys& keys, Use use)
    : profile_(profile), salt_(keys.salt), cipher_(mode_of(profile), keys.cipher.view(), use == Use::protect) {
    if (!is_aead(profile)) mac_.emplace(keys.authentication.view());
}

// Counter mode: salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16 (RFC 3711 section 4.1.1).
// GCM: salt XOR 00 00 | SSRC | index, of six bytes (RFC 7714 sections 8.1 and 9.1: for SRTCP 00 00 and the index's 31 bits).
Iv Transform::iv_of(std::uint32_t ssrc, std::uint64_t index) const noexcept {
    Iv iv{};
    const BytesView salt = salt_.view();
    std::copy(salt.begin(), salt.end(), iv.begin());
    const std::size_t at = is_aead(profile_) ? 2 : 4;
    const Word source = word_of(ssrc);
    for (std::size_t i = 0; i < source.size(); ++i) iv[at + i] ^= source[i];
    for (std::size_t i = 0; i < 6; ++i) iv[at + 4 + i] ^= static_cast<std::uint8_t>(index >> (8 * (5 - i)));
    return iv;
}

bool Transform::tag_fits(BytesView bytes, BytesView more, BytesView tag) noexcept {
    MacContext::Digest digest{};
    return mac_->digest(bytes, more, digest) && CRYPTO_memcmp(digest.data(), tag.data(), tag.size()) == 0;
}

// --- RTP: header | ciphertext | tag ----------------------------------------------------------------------------------

bool Transform::protect_rtp(std::span<std::uint8_t> packet, std::size_t header, std::uint64_t index) noexcept {
    const std::size_t tag_size = rtp_tag_bytes(profile_);
    const std::span<std::uint8_t> plain = packet.first(packet.size() - tag_size);
    const std::span<std::uint8_t> tag = packet.last(tag_size);
    const Iv iv = iv_of(word_at(plain, rtp_ssrc_at), index);
    if (is_aead(profile_))
        return cipher_.seal(iv, plain.first(header), {}, plain.subspan(header), tag.first<CipherContext::tag_bytes>());
    MacContext::Digest digest{};
    if (!cipher_.apply(iv, plain.subspan(header)) || !mac_->digest(plain, word_of(rollover_of(index)), digest)) return false;
    std::copy_n(digest.begin(), tag_size, tag.begin());
    return true;
}

bool Transform::unprotect_rtp(std::span<std::uint8_t> packet, std::size_t header, std::uint64_t index) noexcept {
    const std::size_t tag_size = rtp_tag_bytes(profile_);
    const std::span<std::uint8_t> sealed = packet.first(packet.size() - tag_size);
    const std::span<std::uint8_t> tag = packet.last(tag_size);
    const Iv iv = iv_of(word_at(sealed, rtp_ssrc_at), index);
    if (is_aead(profile_))
        return cipher_.open(iv, sealed.first(header), {}, sealed.subspan(header), tag.first<CipherContext::tag_bytes>());
    return tag_fits(sealed, word_of(rollover_of(index)), tag) && cipher_.apply(iv, sealed.subspan(header));
}

// --- RTCP: header | ciphertext | E, index | tag; with AEAD the tag comes before the index ----------------------------

bool Transform::protect_rtcp(std::span<std::uint8_t> packet, std::uint32_t index, bool encrypts) noexcept {
    const std::size_t tag_size = rtcp_tag_bytes(profile_);
    const std::span<std::uint8_t> plain = packet.first(packet.size() - tag_size - rtcp_trailer_bytes);
    const Word trailer = word_of(index | (encrypts ? encrypted_flag : 0));
    const Iv iv = iv_of(word_at(plain, rtcp_ssrc_at), index);
    const std::span<std::uint8_t> body = plain.subspan(rtcp_header_bytes);
    if (is_aead(profile_)) {
        std::copy(trailer.begin(), trailer.end(), packet.end() - rtcp_trailer_bytes);
        const auto tag = packet.subspan(plain.size()).first<CipherContext::tag_bytes>();
        return encrypts ? cipher_.seal(iv, plain.first(rtcp_header_bytes), trailer, body, tag)
                        : cipher_.seal(iv, plain, trailer, {}, tag);
    }
    if (encrypts && !cipher_.apply(iv, body)) return false;
    std::copy(trailer.begin(), trailer.end(), packet.begin() + static_cast<std::ptrdiff_t>(plain.size()));
    MacContext::Digest digest{};
    if (!mac_->digest(packet.first(packet.size() - tag_size), {}, digest)) return false;
    std::copy_n(digest.begin(), tag_size, packet.end() - static_cast<std::ptrdiff_t>(tag_size));
    return true;
}

std::uint32_t Transform::rtcp_trailer(BytesView packet) const noexcept {
    const std::size_t behind = is_aead(profile_) ? 0 : rtcp_tag_bytes(profile_);
    return word_at(packet, packet.size() - behind - rtcp_trailer_bytes);
}

bool Transform::unprotect_rtcp(std::span<std::uint8_t> packet) noexcept {
    const std::size_t tag_size = rtcp_tag_bytes(profile_);
    const std::uint32_t trailer = rtcp_trailer(packet);
    const bool encrypted = (trailer & encrypted_flag) != 0;
    const std::span<std::uint8_t> sealed = packet.first(packet.size() - tag_size - rtcp_trailer_bytes);
    const std::span<std::uint8_t> body = sealed.subspan(rtcp_header_bytes);
    const Iv iv = iv_of(word_at(sealed, rtcp_ssrc_at), trailer & ~encrypted_flag);
    if (is_aead(profile_)) {
        const auto tag = packet.subspan(sealed.size()).first<CipherContext::tag_bytes>();
        return encrypted ? cipher_.open(iv, sealed.first(rtcp_header_bytes), word_of(trailer), body, tag)
                         : cipher_.open(iv, sealed, word_of(trailer), {}, tag);
    }
    return tag_fits(packet.first(packet.size() - tag_size), {}, packet.last(tag_size)) && (!encrypted || cipher_.apply(iv, body));
}

}  // namespace volley::proto::srtp
