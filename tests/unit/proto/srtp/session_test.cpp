// Both directions of a call: what one side protects the other takes, once; what anybody else sends it does not.
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "proto/srtp/session.hpp"
#include "support/hex.hpp"
#include "support/rtp_packets.hpp"

namespace volley::proto::srtp {
namespace {

using Packet = std::vector<std::uint8_t>;
using test::rtp_packet;
using test::sender_report;

MasterKey master(Profile profile, std::uint8_t fill = 1) {
    const ExportedKeys keys = *split_exported(profile, Packet(exported_bytes(profile), fill));
    return keys.client;
}

// Protected, or empty where it is refused.
Packet protect_rtp(Sender& sender, Packet packet) {
    const std::size_t size = packet.size();
    packet.resize(size + 16);
    const auto done = sender.protect_rtp(packet, size);
    packet.resize(done ? *done : 0);
    return packet;
}
Packet protect_rtcp(Sender& sender, Packet packet, bool encrypts = true) {
    const std::size_t size = packet.size();
    packet.resize(size + 20);
    const auto done = sender.protect_rtcp(packet, size, encrypts);
    packet.resize(done ? *done : 0);
    return packet;
}
// What was in it, or empty; a copy of its exact size, so that the address sanitizer sees a read behind the end.
Packet unprotect_rtp(Receiver& receiver, Packet packet) {
    packet.shrink_to_fit();
    const auto done = receiver.unprotect_rtp(packet);
    packet.resize(done ? *done : 0);
    return packet;
}
Packet unprotect_rtcp(Receiver& receiver, Packet packet) {
    packet.shrink_to_fit();
    const auto done = receiver.unprotect_rtcp(packet);
    packet.resize(done ? *done : 0);
    return packet;
}
error_code rtp_error(Receiver& receiver, Packet packet) { return receiver.unprotect_rtp(packet).error(); }
error_code rtcp_error(Receiver& receiver, Packet packet) { return receiver.unprotect_rtcp(packet).error(); }

class Session : public testing::TestWithParam<Profile> {
protected:
    Sender sender{master(GetParam())};
    Receiver receiver{master(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Srtp, Session,
                         testing::Values(Profile::aes128_cm_sha1_80, Profile::aes128_cm_sha1_32, Profile::aead_aes128_gcm,
                                         Profile::aead_aes256_gcm));

TEST_P(Session, rtp_of_each_shape_comes_back) {
    std::uint16_t sequence = 100;
    for (const std::size_t payload : {0U, 1U, 15U, 16U, 17U, 160U, 1200U}) {
        const Packet plain = rtp_packet(++sequence, 7, payload);
        const Packet sealed = protect_rtp(sender, plain);
        EXPECT_EQ(sealed.size(), plain.size() + rtp_tag_bytes(GetParam()));
        EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 12, sealed.begin())) << "the header stays in clear";
        if (payload >= 15) {
            EXPECT_FALSE(std::equal(plain.begin() + 12, plain.end(), sealed.begin() + 12));
        }
        EXPECT_EQ(unprotect_rtp(receiver, sealed), plain);
    }
    const Packet extended = test::rtp_packet_with_extension(++sequence, 7);
    const Packet sealed = protect_rtp(sender, extended);
    EXPECT_TRUE(std::equal(extended.begin(), extended.begin() + 32, sealed.begin())) << "sources and extension stay in clear";
    EXPECT_FALSE(std::equal(extended.begin() + 32, extended.end(), sealed.begin() + 32));
    EXPECT_EQ(unprotect_rtp(receiver, sealed), extended);
}

TEST_P(Session, rtcp_comes_back_encrypted_or_in_clear) {
    for (const bool encrypts : {true, false, true}) {
        const Packet plain = sender_report(9);
        const Packet sealed = protect_rtcp(sender, plain, encrypts);
        EXPECT_EQ(sealed.size(), plain.size() + rtcp_tag_bytes(GetParam()) + 4);
        EXPECT_EQ(std::equal(plain.begin(), plain.end(), sealed.begin()), !encrypts);
        EXPECT_EQ(unprotect_rtcp(receiver, sealed), plain);
    }
}

TEST_P(Session, rtcp_indices_count_from_zero_for_each_source) {
    const auto trailer = [&](const Packet& packet) {
        const std::size_t behind = is_aead(GetParam()) ? 0 : 10;
        return ByteReader(BytesView(packet).subspan(packet.size() - behind - 4, 4)).u32();
    };
    EXPECT_EQ(trailer(protect_rtcp(sender, sender_report(1))), 0x80000000);
    EXPECT_EQ(trailer(protect_rtcp(sender, sender_report(1))), 0x80000001);
    EXPECT_EQ(trailer(protect_rtcp(sender, sender_report(2))), 0x80000000);
    EXPECT_EQ(trailer(protect_rtcp(sender, sender_report(1), false)), 2U);
}

TEST_P(Session, a_flipped_bit_anywhere_is_refused_and_does_no_harm) {
    const Packet plain = rtp_packet(1, 7, 40);
    const Packet sealed = protect_rtp(sender, plain);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Packet damaged = sealed;
        damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_TRUE(unprotect_rtp(receiver, damaged).empty()) << bit;
    }
    EXPECT_EQ(receiver.sources(), 0U);
    EXPECT_EQ(unprotect_rtp(receiver, sealed), plain);
    const Packet report = sender_report(9);
    const Packet sealed_report = protect_rtcp(sender, report);
    for (std::size_t bit = 0; bit < sealed_report.size() * 8; ++bit) {
        Packet damaged = sealed_report;
        damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_TRUE(unprotect_rtcp(receiver, damaged).empty()) << bit;
    }
    EXPECT_EQ(receiver.sources(), 1U);
    EXPECT_EQ(unprotect_rtcp(receiver, sealed_report), report);
}

TEST_P(Session, cut_packets_are_refused) {
    const Packet sealed = protect_rtp(sender, test::rtp_packet_with_extension(1, 7));
    for (std::size_t size = 0; size < sealed.size(); ++size)
        EXPECT_TRUE(unprotect_rtp(receiver, Packet(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size))).empty())
            << size;
    const Packet report = protect_rtcp(sender, sender_report(9));
    for (std::size_t size = 0; size < report.size(); ++size)
        EXPECT_TRUE(unprotect_rtcp(receiver, Packet(report.begin(), report.begin() + static_cast<std::ptrdiff_t>(size))).empty())
            << size;
}

TEST_P(Session, another_key_opens_nothing) {
    Receiver other(master(GetParam(), 2));
    EXPECT_EQ(rtp_error(other, protect_rtp(sender, rtp_packet(1, 7))), make_error_code(Errc::not_authentic));
    EXPECT_EQ(rtcp_error(other, protect_rtcp(sender, sender_report(7))), make_error_code(Errc::not_authentic));
    EXPECT_EQ(other.sources(), 0U);
}

TEST_P(Session, a_packet_is_taken_once) {
    const Packet sealed = protect_rtp(sender, rtp_packet(1, 7));
    EXPECT_FALSE(unprotect_rtp(receiver, sealed).empty());
    EXPECT_EQ(rtp_error(receiver, sealed), make_error_code(Errc::replayed));
    const Packet report = protect_rtcp(sender, sender_report(7));
    EXPECT_FALSE(unprotect_rtcp(receiver, report).empty());
    EXPECT_EQ(rtcp_error(receiver, report), make_error_code(Errc::replayed));
}

TEST_P(Session, packets_in_any_order_within_the_window_are_taken) {
    std::vector<std::pair<Packet, Packet>> packets;
    for (std::uint16_t i = 0; i < 1000; ++i) {
        const auto sequence = static_cast<std::uint16_t>(65000 + i);  // over a rollover
        packets.emplace_back(rtp_packet(sequence, 7, 20), protect_rtp(sender, rtp_packet(sequence, 7, 20)));
    }
    std::shuffle(packets.begin() + 1, packets.end(), std::mt19937(4));
    for (const auto& [plain, sealed] : packets) EXPECT_EQ(unprotect_rtp(receiver, sealed), plain);
    for (const auto& [plain, sealed] : packets) EXPECT_EQ(rtp_error(receiver, sealed), make_error_code(Errc::replayed));
}

TEST_P(Session, rollovers_are_followed) {
    // Every 1,000th packet over three periods arrives.
    for (std::uint32_t i = 0; i < 3 * 65536; i += 1000) {
        const Packet plain = rtp_packet(static_cast<std::uint16_t>(i), 7, 20);
        EXPECT_EQ(unprotect_rtp(receiver, protect_rtp(sender, plain)), plain) << i;
    }
}

// Where the peer has no RTX, a packet that it asks for goes out once more as it was; anything else would show what the keystream hides.
TEST_P(Session, the_same_packet_is_protected_again_where_the_caller_answers_for_it) {
    const auto again = [&](Packet packet) {
        const std::size_t size = packet.size();
        packet.resize(size + 16);
        const auto done = sender.protect_rtp(packet, size, true);
        packet.resize(done ? *done : 0);
        return packet;
    };
    const Packet plain = rtp_packet(5, 7);
    const Packet sealed = protect_rtp(sender, plain);
    for (std::uint16_t i = 6; i < 900; ++i) EXPECT_FALSE(protect_rtp(sender, rtp_packet(i, 7)).empty());
    EXPECT_EQ(again(plain), sealed);
    EXPECT_EQ(again(plain), sealed);
    EXPECT_EQ(unprotect_rtp(receiver, sealed), plain);
    for (std::uint16_t i = 900; i < 1100; ++i) EXPECT_FALSE(protect_rtp(sender, rtp_packet(i, 7)).empty());
    EXPECT_TRUE(again(plain).empty());  // so old that nobody knows
}

TEST_P(Session, a_sequence_number_is_used_once) {
    EXPECT_FALSE(protect_rtp(sender, rtp_packet(5, 7)).empty());
    Packet again = rtp_packet(5, 7, 160, 99);
    again.resize(again.size() + 16);
    EXPECT_EQ(sender.protect_rtp(again, again.size() - 16).error(), make_error_code(Errc::replayed));
    EXPECT_FALSE(protect_rtp(sender, rtp_packet(4, 7)).empty());
    EXPECT_FALSE(protect_rtp(sender, rtp_packet(5, 8)).empty());
}

TEST_P(Session, forged_sources_take_no_room_and_real_ones_are_bounded) {
    Receiver small(master(GetParam()), 3);
    for (std::uint32_t ssrc = 100; ssrc < 200; ++ssrc) {
        Packet forged = rtp_packet(1, ssrc);
        forged.resize(forged.size() + 16);
        EXPECT_EQ(rtp_error(small, forged), make_error_code(Errc::not_authentic));
    }
    for (std::uint32_t ssrc = 1; ssrc <= 3; ++ssrc)
        EXPECT_FALSE(unprotect_rtp(small, protect_rtp(sender, rtp_packet(1, ssrc))).empty());
    EXPECT_EQ(rtp_error(small, protect_rtp(sender, rtp_packet(1, 4))), make_error_code(Errc::too_many_sources));
    EXPECT_EQ(small.sources(), 3U);
    for (std::uint32_t ssrc = 1; ssrc <= 3; ++ssrc)
        EXPECT_FALSE(unprotect_rtp(small, protect_rtp(sender, rtp_packet(2, ssrc))).empty());
    Sender small_sender(master(GetParam()), 1);
    EXPECT_FALSE(protect_rtp(small_sender, rtp_packet(1, 1)).empty());
    EXPECT_TRUE(protect_rtp(small_sender, rtp_packet(1, 2)).empty());
    EXPECT_FALSE(protect_rtcp(small_sender, sender_report(1)).empty());
    EXPECT_TRUE(protect_rtcp(small_sender, sender_report(2)).empty());
}

TEST_P(Session, what_is_no_packet_is_refused) {
    Packet buffer(2000, 0);
    EXPECT_EQ(sender.protect_rtp(buffer, 100).error(), make_error_code(Errc::malformed));  // version 0
    buffer[0] = 0x80;
    EXPECT_EQ(sender.protect_rtp(buffer, 11).error(), make_error_code(Errc::malformed));
    EXPECT_EQ(sender.protect_rtp(buffer, 2000).error(), make_error_code(Errc::no_room));
    EXPECT_EQ(sender.protect_rtp(buffer, SIZE_MAX).error(), make_error_code(Errc::no_room));
    EXPECT_EQ(sender.protect_rtcp(buffer, SIZE_MAX - 3).error(), make_error_code(Errc::no_room));
    EXPECT_EQ(sender.protect_rtcp(buffer, 7).error(), make_error_code(Errc::malformed));
    buffer[0] = 0x8f;  // fifteen sources
    EXPECT_EQ(sender.protect_rtp(buffer, 71).error(), make_error_code(Errc::malformed));
    EXPECT_TRUE(sender.protect_rtp(buffer, 72));
    buffer.assign(2000, 0xff);
    buffer[0] = 0x90;  // an extension that is longer than the packet
    EXPECT_EQ(sender.protect_rtp(buffer, 1900).error(), make_error_code(Errc::malformed));
    EXPECT_EQ(rtp_error(receiver, buffer), make_error_code(Errc::malformed));
    EXPECT_EQ(rtp_error(receiver, {}), make_error_code(Errc::malformed));
    EXPECT_EQ(rtcp_error(receiver, {}), make_error_code(Errc::malformed));
}

TEST_P(Session, random_bytes_are_refused) {
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        Packet noise(random() % 100);
        for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random());
        if (!noise.empty() && i % 2 == 0) noise[0] = static_cast<std::uint8_t>(0x80 | (noise[0] & 0x3f));
        EXPECT_TRUE(unprotect_rtp(receiver, noise).empty());
        EXPECT_TRUE(unprotect_rtcp(receiver, noise).empty());
    }
    EXPECT_EQ(receiver.sources(), 0U);
}

TEST(SrtpErrors, have_words) {
    EXPECT_EQ(make_error_code(Errc::replayed).message(), "a packet that was there before");
    EXPECT_STREQ(category().name(), "volley.srtp");
}

}  // namespace
}  // namespace volley::proto::srtp
