// libsrtp2 on the other side, in both directions: bytes that only we understand would pass every test of our own.
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include "proto/srtp/session.hpp"
#include "support/rtp_packets.hpp"

namespace volley::proto::srtp {
namespace {

using Packet = std::vector<std::uint8_t>;
using test::rtp_packet;
using test::sender_report;

// One direction of libsrtp's.
class Theirs {
public:
    enum class Use { protect, unprotect };

    Theirs(const MasterKey& master, Use use) {
        static const bool ready = srtp_init() == srtp_err_status_ok;
        EXPECT_TRUE(ready);
        const auto key = master.key.view();
        const auto salt = master.salt.view();
        key_.assign(key.begin(), key.end());
        key_.insert(key_.end(), salt.begin(), salt.end());
        srtp_policy_t policy{};
        switch (master.profile) {
            case Profile::aes128_cm_sha1_80:
                srtp_crypto_policy_set_rtp_default(&policy.rtp);
                srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
                break;
            case Profile::aes128_cm_sha1_32:
                srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
                srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
                break;
            case Profile::aead_aes128_gcm:
                srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
                srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
                break;
            case Profile::aead_aes256_gcm:
                srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
                srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
                break;
        }
        policy.ssrc.type = use == Use::protect ? ssrc_any_outbound : ssrc_any_inbound;
        policy.key = key_.data();
        policy.window_size = 1024;
        srtp_t session = nullptr;
        EXPECT_EQ(srtp_create(&session, &policy), srtp_err_status_ok);
        session_.reset(session);
    }

    // Each gives back an empty packet where it is refused.
    Packet protect_rtp(Packet packet) { return run(std::move(packet), SRTP_MAX_TRAILER_LEN, srtp_protect); }
    Packet protect_rtcp(Packet packet) { return run(std::move(packet), SRTP_MAX_TRAILER_LEN + 4, srtp_protect_rtcp); }
    Packet unprotect_rtp(Packet packet) { return run(std::move(packet), 0, srtp_unprotect); }
    Packet unprotect_rtcp(Packet packet) { return run(std::move(packet), 0, srtp_unprotect_rtcp); }

private:
    template <class Call>
    Packet run(Packet packet, std::size_t room, Call call) {
        int size = static_cast<int>(packet.size());
        packet.resize(packet.size() + room);
        packet.resize(call(session_.get(), packet.data(), &size) == srtp_err_status_ok ? static_cast<std::size_t>(size) : 0);
        return packet;
    }

    struct Free {
        void operator()(srtp_ctx_t_* session) const { srtp_dealloc(session); }
    };
    Packet key_;
    std::unique_ptr<srtp_ctx_t_, Free> session_;
};

Packet ours_protect_rtp(Sender& sender, Packet packet) {
    const std::size_t size = packet.size();
    packet.resize(size + 16);
    const auto done = sender.protect_rtp(packet, size);
    packet.resize(done ? *done : 0);
    return packet;
}
Packet ours_protect_rtcp(Sender& sender, Packet packet) {
    const std::size_t size = packet.size();
    packet.resize(size + 20);
    const auto done = sender.protect_rtcp(packet, size);
    packet.resize(done ? *done : 0);
    return packet;
}
Packet ours_unprotect_rtp(Receiver& receiver, Packet packet) {
    const auto done = receiver.unprotect_rtp(packet);
    packet.resize(done ? *done : 0);
    return packet;
}
Packet ours_unprotect_rtcp(Receiver& receiver, Packet packet) {
    const auto done = receiver.unprotect_rtcp(packet);
    packet.resize(done ? *done : 0);
    return packet;
}

MasterKey random_master(Profile profile, unsigned seed) {
    std::mt19937 random(seed);
    Packet material(exported_bytes(profile));
    for (std::uint8_t& byte : material) byte = static_cast<std::uint8_t>(random());
    const ExportedKeys keys = *split_exported(profile, material);
    return seed % 2 == 0 ? keys.client : keys.server;
}

class BesideLibsrtp : public testing::TestWithParam<Profile> {
protected:
    MasterKey master = random_master(GetParam(), 11);
    Sender our_sender{master};
    Receiver our_receiver{master};
    Theirs their_sender{master, Theirs::Use::protect};
    Theirs their_receiver{master, Theirs::Use::unprotect};
};

INSTANTIATE_TEST_SUITE_P(Srtp, BesideLibsrtp,
                         testing::Values(Profile::aes128_cm_sha1_80, Profile::aes128_cm_sha1_32, Profile::aead_aes128_gcm,
                                         Profile::aead_aes256_gcm));

TEST_P(BesideLibsrtp, both_write_the_same_rtp_and_read_each_other_s) {
    std::mt19937 random(1);
    for (std::uint16_t i = 1; i < 300; ++i) {
        const auto ssrc = static_cast<std::uint32_t>(1 + random() % 4);
        const Packet plain = i % 3 == 0 ? test::rtp_packet_with_extension(i, ssrc) : rtp_packet(i, ssrc, random() % 1300);
        const Packet ours = ours_protect_rtp(our_sender, plain);
        EXPECT_EQ(ours, their_sender.protect_rtp(plain)) << i;
        EXPECT_EQ(their_receiver.unprotect_rtp(ours), plain) << i;
        EXPECT_EQ(ours_unprotect_rtp(our_receiver, ours), plain) << i;
    }
}

TEST_P(BesideLibsrtp, each_reads_the_other_s_rtcp) {
    for (std::uint32_t i = 0; i < 200; ++i) {
        Packet plain = sender_report(1 + i % 3, i);
        if (i % 2 == 0) {
            const Packet second = sender_report(99, i);  // a compound packet
            plain.insert(plain.end(), second.begin(), second.end());
        }
        EXPECT_EQ(their_receiver.unprotect_rtcp(ours_protect_rtcp(our_sender, plain)), plain) << i;
        EXPECT_EQ(ours_unprotect_rtcp(our_receiver, their_sender.protect_rtcp(plain)), plain) << i;
    }
}

TEST_P(BesideLibsrtp, rollovers_are_the_same) {
    for (std::uint32_t i = 64'000; i < 4 * 65536; i += 700) {
        const Packet plain = rtp_packet(static_cast<std::uint16_t>(i), 7, 30);
        const Packet ours = ours_protect_rtp(our_sender, plain);
        EXPECT_EQ(ours, their_sender.protect_rtp(plain)) << i;
        EXPECT_EQ(their_receiver.unprotect_rtp(ours), plain) << i;
        EXPECT_EQ(ours_unprotect_rtp(our_receiver, ours), plain) << i;
    }
}

TEST_P(BesideLibsrtp, losses_changed_places_and_replays_are_judged_alike) {
    // A stream over two rollovers with a tenth lost, packets up to some hundred places late, and some sent twice.
    std::mt19937 random(3);
    std::vector<Packet> sealed;
    for (std::uint32_t i = 30'000; i < 30'000 + 2 * 65536; i += 1 + static_cast<std::uint32_t>(random() % 40))
        sealed.push_back(their_sender.protect_rtp(rtp_packet(static_cast<std::uint16_t>(i), 7, 20)));
    std::size_t taken = 0;
    std::size_t refused = 0;
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        if (random() % 10 == 0) continue;
        const std::size_t back = random() % 4 == 0 ? random() % 60 : 0;
        const Packet& packet = sealed[i < back ? i : i - back];
        const Packet theirs = their_receiver.unprotect_rtp(packet);
        EXPECT_EQ(ours_unprotect_rtp(our_receiver, packet), theirs) << i;
        ++(theirs.empty() ? refused : taken);
    }
    EXPECT_GT(taken, 1000U);
    EXPECT_GT(refused, 100U);
}

TEST_P(BesideLibsrtp, damaged_packets_are_refused_by_both) {
    std::mt19937 random(5);
    for (std::uint16_t i = 1; i < 200; ++i) {
        Packet rtp = ours_protect_rtp(our_sender, rtp_packet(i, 7, 50));
        Packet rtcp = ours_protect_rtcp(our_sender, sender_report(7));
        rtp[random() % rtp.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
        rtcp[random() % rtcp.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
        EXPECT_TRUE(their_receiver.unprotect_rtp(rtp).empty());
        EXPECT_TRUE(ours_unprotect_rtp(our_receiver, rtp).empty());
        EXPECT_TRUE(their_receiver.unprotect_rtcp(rtcp).empty());
        EXPECT_TRUE(ours_unprotect_rtcp(our_receiver, rtcp).empty());
    }
}

TEST_P(BesideLibsrtp, other_keys_give_other_packets_in_the_same_way) {
    for (unsigned seed = 20; seed < 30; ++seed) {
        const MasterKey key = random_master(GetParam(), seed);
        Sender sender(key);
        Theirs theirs(key, Theirs::Use::protect);
        Theirs reader(key, Theirs::Use::unprotect);
        const Packet plain = rtp_packet(1, seed, 100);
        EXPECT_EQ(ours_protect_rtp(sender, plain), theirs.protect_rtp(plain));
        EXPECT_EQ(reader.unprotect_rtcp(ours_protect_rtcp(sender, sender_report(seed))), sender_report(seed));
    }
}

}  // namespace
}  // namespace volley::proto::srtp
