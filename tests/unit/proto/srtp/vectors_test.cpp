// The RFCs' own packets and keys.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "proto/srtp/keys.hpp"
#include "proto/srtp/transform.hpp"
#include "support/hex.hpp"

namespace volley::proto::srtp {
namespace {

using test::unhex;
using Packet = std::vector<std::uint8_t>;

Packet bytes_of(const Secret& secret) { return {secret.view().begin(), secret.view().end()}; }

TEST(SrtpVectors, rfc_3711_b_2_keystream) {
    // Session key and salt are given; a payload of zeros shows the keystream. Its last blocks are 65,282 later, more than a packet has.
    SessionKeys keys;
    keys.cipher = Secret(unhex("2b7e151628aed2a6abf7158809cf4f3c"));
    keys.salt = Secret(unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfd"));
    keys.authentication = Secret(Packet(20, 0));
    Transform transform(Profile::aes128_cm_sha1_80, keys, Transform::Use::protect);
    Packet packet(12 + 48 + 10, 0);  // SSRC and sequence number 0
    packet[0] = 0x80;
    ASSERT_TRUE(transform.protect_rtp(packet, 12, 0));
    EXPECT_EQ(Packet(packet.begin() + 12, packet.begin() + 60),
              unhex("e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab 41e95b3bb0a2e8dd477901e4fca894c0"));
    CipherContext cipher(CipherContext::Mode::ctr_128, keys.cipher.view(), true);
    Iv iv{};
    const auto counter = unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    std::copy(counter.begin(), counter.end(), iv.begin());
    Packet last(48, 0);
    ASSERT_TRUE(cipher.apply(iv, last));
    EXPECT_EQ(last, unhex("ec8cdf7398607cb0f2d21675ea9ea1e4 362b7c3c6773516318a077d7fc5073ae 6a2cc3787889374fbeb4c81b17ba6c44"));
}

TEST(SrtpVectors, rfc_3711_b_3_key_derivation) {
    const MasterKey master{Profile::aes128_cm_sha1_80, Secret(unhex("e1f97a0d3e018be0d64fa32c06de4139")),
                           Secret(unhex("0ec675ad498afeebb6960b3aabe6"))};
    const SessionKeys keys = derive(master, Kind::rtp);
    EXPECT_EQ(bytes_of(keys.cipher), unhex("c61e7a93744f39ee10734afe3ff7a087"));
    EXPECT_EQ(bytes_of(keys.salt), unhex("30cbbc08863d8c85d49db34a9ae1"));
    EXPECT_EQ(bytes_of(keys.authentication), unhex("cebe321f6ff7716b6fd4ab49af256a156d38baa4"));
}

// RFC 7714 sections 16 and 17.
constexpr std::string_view salt = "517569642070726f2071756f";
constexpr std::string_view key_128 = "000102030405060708090a0b0c0d0e0f";
constexpr std::string_view key_256 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr std::string_view rtp =
    "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573";
constexpr std::string_view rtcp =
    "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef";
constexpr std::uint64_t rtp_index = 0xf17b;
constexpr std::uint32_t rtcp_index = 0x5d4;

SessionKeys aead_keys(std::string_view key) { return {Secret(unhex(key)), {}, Secret(unhex(salt))}; }

void expect_rtp(Profile profile, std::string_view key, std::string_view expected) {
    Transform sender(profile, aead_keys(key), Transform::Use::protect);
    Packet packet = unhex(rtp);
    packet.resize(packet.size() + 16);
    ASSERT_TRUE(sender.protect_rtp(packet, 12, rtp_index));
    EXPECT_EQ(packet, unhex(expected));
    Transform receiver(profile, aead_keys(key), Transform::Use::unprotect);
    ASSERT_TRUE(receiver.unprotect_rtp(packet, 12, rtp_index));
    packet.resize(packet.size() - 16);
    EXPECT_EQ(packet, unhex(rtp));
}

void expect_rtcp(Profile profile, std::string_view key, bool encrypts, std::string_view expected) {
    Transform sender(profile, aead_keys(key), Transform::Use::protect);
    Packet packet = unhex(rtcp);
    packet.resize(packet.size() + 20);
    ASSERT_TRUE(sender.protect_rtcp(packet, rtcp_index, encrypts));
    EXPECT_EQ(packet, unhex(expected));
    Transform receiver(profile, aead_keys(key), Transform::Use::unprotect);
    EXPECT_EQ(receiver.rtcp_trailer(packet), rtcp_index | (encrypts ? 0x80000000 : 0));
    ASSERT_TRUE(receiver.unprotect_rtcp(packet));
    packet.resize(packet.size() - 20);
    EXPECT_EQ(packet, unhex(rtcp));
}

TEST(SrtpVectors, rfc_7714_16_1_rtp_with_128_bits) {
    expect_rtp(Profile::aead_aes128_gcm, key_128,
               "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833"
               "899d7f27 beb16a91 52cf765e e4390cce");
}

TEST(SrtpVectors, rfc_7714_16_2_rtp_with_256_bits) {
    expect_rtp(Profile::aead_aes256_gcm, key_256,
               "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b"
               "7aa3db36 dfffd6b0 f9bb7878 d7a76c13");
}

TEST(SrtpVectors, rfc_7714_17_1_rtcp_with_128_bits) {
    expect_rtcp(
        Profile::aead_aes128_gcm, key_128, true,
        "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b"
        "c84aa458 96cf4d2f c5abf872 45d9eade 800005d4");
}

TEST(SrtpVectors, rfc_7714_17_2_rtcp_with_256_bits) {
    expect_rtcp(
        Profile::aead_aes256_gcm, key_256, true,
        "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad"
        "1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4");
}

TEST(SrtpVectors, rfc_7714_17_3_rtcp_tagged_with_128_bits) {
    expect_rtcp(
        Profile::aead_aes128_gcm, key_128, false,
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef"
        "841dd968 3dd78ec9 2ae58790 125f62b3 000005d4");
}

TEST(SrtpVectors, rfc_7714_17_4_rtcp_tagged_with_256_bits) {
    expect_rtcp(
        Profile::aead_aes256_gcm, key_256, false,
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef"
        "91db4afb feee5a97 8fab4393 ed2615fe 000005d4");
}

TEST(SrtpVectors, profiles_have_the_numbers_of_use_srtp) {
    EXPECT_EQ(profile_of(0x0001), Profile::aes128_cm_sha1_80);
    EXPECT_EQ(profile_of(0x0002), Profile::aes128_cm_sha1_32);
    EXPECT_EQ(profile_of(0x0007), Profile::aead_aes128_gcm);
    EXPECT_EQ(profile_of(0x0008), Profile::aead_aes256_gcm);
    EXPECT_EQ(profile_of(0x0005), std::nullopt);  // NULL_SHA1_80: authenticated, in clear
    EXPECT_EQ(profile_of(0), std::nullopt);
}

TEST(SrtpVectors, exported_keys_are_split_as_rfc_5764_4_2_says) {
    for (const Profile profile :
         {Profile::aes128_cm_sha1_80, Profile::aes128_cm_sha1_32, Profile::aead_aes128_gcm, Profile::aead_aes256_gcm}) {
        const std::size_t key = key_bytes(profile);
        const std::size_t salt_size = salt_bytes(profile);
        Packet material;
        for (const auto& [size, value] : {std::pair{key, 1}, {key, 2}, {salt_size, 3}, {salt_size, 4}})
            material.insert(material.end(), size, static_cast<std::uint8_t>(value));
        ASSERT_EQ(material.size(), exported_bytes(profile));
        const auto keys = split_exported(profile, material);
        ASSERT_TRUE(keys);
        EXPECT_EQ(bytes_of(keys->client.key), Packet(key, 1));
        EXPECT_EQ(bytes_of(keys->server.key), Packet(key, 2));
        EXPECT_EQ(bytes_of(keys->client.salt), Packet(salt_size, 3));
        EXPECT_EQ(bytes_of(keys->server.salt), Packet(salt_size, 4));
        material.pop_back();
        EXPECT_FALSE(split_exported(profile, material));
    }
    EXPECT_EQ(exported_bytes(Profile::aes128_cm_sha1_80), 60U);
    EXPECT_EQ(exported_bytes(Profile::aead_aes256_gcm), 88U);
}

}  // namespace
}  // namespace volley::proto::srtp
