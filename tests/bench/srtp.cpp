// How long one packet takes to protect and to take, and beside it libsrtp2's on the same packets. A ratio, since times differ from machine
// to machine; the best of several interleaved rounds, since what disturbs a round only makes it longer.
//   bench_srtp [PACKETS_PER_ROUND [SESSIONS]]       SESSIONS: live at the same time, taken in turn
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include <srtp2/srtp.h>

#include "proto/srtp/session.hpp"
#include "support/rtp_packets.hpp"

namespace {

using namespace volley::proto::srtp;
using Packet = std::vector<std::uint8_t>;

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "bench_srtp: %s\n", what);
    std::exit(1);
}

MasterKey master_of(Profile profile) {
    const auto keys = split_exported(profile, Packet(exported_bytes(profile), 5));
    if (!keys) give_up("no keys");
    return keys->client;
}

// Both have the same face: one direction's packets go in, in place.
class Ours {
public:
    explicit Ours(const MasterKey& master) : sender_(master), receiver_(master) {}
    std::size_t protect(Packet& buffer, std::size_t size) {
        const auto done = sender_.protect_rtp(buffer, size);
        return done ? *done : 0;
    }
    std::size_t take(Packet& buffer, std::size_t size) {
        const auto done = receiver_.unprotect_rtp(std::span(buffer).first(size));
        return done ? *done : 0;
    }

private:
    Sender sender_;
    Receiver receiver_;
};

class Theirs {
public:
    explicit Theirs(const MasterKey& master) {
        const auto key = master.key.view();
        const auto salt = master.salt.view();
        key_.assign(key.begin(), key.end());
        key_.insert(key_.end(), salt.begin(), salt.end());
        sender_ = make(master.profile, ssrc_any_outbound);
        receiver_ = make(master.profile, ssrc_any_inbound);
    }
    ~Theirs() {
        srtp_dealloc(sender_);
        srtp_dealloc(receiver_);
    }
    Theirs(const Theirs&) = delete;
    Theirs& operator=(const Theirs&) = delete;

    std::size_t protect(Packet& buffer, std::size_t size) { return run(srtp_protect, sender_, buffer, size); }
    std::size_t take(Packet& buffer, std::size_t size) { return run(srtp_unprotect, receiver_, buffer, size); }

private:
    template <class Call>
    static std::size_t run(Call call, srtp_t session, Packet& buffer, std::size_t size) {
        int length = static_cast<int>(size);
        return call(session, buffer.data(), &length) == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0;
    }

    srtp_t make(Profile profile, srtp_ssrc_type_t direction) {
        srtp_policy_t policy{};
        if (profile == Profile::aead_aes128_gcm) {
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        } else {
            srtp_crypto_policy_set_rtp_default(&policy.rtp);
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
        }
        policy.ssrc.type = direction;
        policy.key = key_.data();
        policy.window_size = 1024;
        srtp_t session = nullptr;
        if (srtp_create(&session, &policy) != srtp_err_status_ok) give_up("libsrtp2 makes no session");
        return session;
    }

    Packet key_;
    srtp_t sender_ = nullptr;
    srtp_t receiver_ = nullptr;
};

struct Times {
    double protect = 1e18;  // ns a packet
    double take = 1e18;
};

template <class Side>
class Runner {
public:
    Runner(Profile profile, std::size_t sessions) {
        const MasterKey master = master_of(profile);
        for (std::size_t i = 0; i < sessions; ++i) sides_.push_back(std::make_unique<Side>(master));
    }

    void round(std::size_t packets, std::size_t payload) {
        using Clock = std::chrono::steady_clock;
        // All are protected, then all taken: enough of them to leave the cache as those of a call do.
        buffers_.resize(packets);
        sizes_.resize(packets);
        for (std::size_t i = 0; i < packets; ++i) {
            const auto sequence = static_cast<std::uint16_t>((sent_ + i) / sides_.size());
            buffers_[i] = volley::test::rtp_packet(sequence, 7, payload);
            sizes_[i] = buffers_[i].size();
            buffers_[i].resize(sizes_[i] + SRTP_MAX_TRAILER_LEN);
        }
        const auto begin = Clock::now();
        for (std::size_t i = 0; i < packets; ++i)
            sizes_[i] = sides_[(sent_ + i) % sides_.size()]->protect(buffers_[i], sizes_[i]);
        const auto middle = Clock::now();
        for (std::size_t i = 0; i < packets; ++i) sizes_[i] = sides_[(sent_ + i) % sides_.size()]->take(buffers_[i], sizes_[i]);
        const auto end = Clock::now();
        for (const std::size_t size : sizes_)
            if (size != payload + 12) give_up("a packet did not come back");
        sent_ += packets;
        const auto each = [&](auto from, auto to) {
            return std::chrono::duration<double, std::nano>(to - from).count() / static_cast<double>(packets);
        };
        best.protect = std::min(best.protect, each(begin, middle));
        best.take = std::min(best.take, each(middle, end));
    }

    Times best;

private:
    std::vector<std::unique_ptr<Side>> sides_;
    std::vector<Packet> buffers_;
    std::vector<std::size_t> sizes_;
    std::size_t sent_ = 0;
};

void compare(Profile profile, const char* name, std::size_t payload, std::size_t packets, std::size_t sessions) {
    constexpr int rounds = 9;
    Runner<Ours> ours(profile, sessions);
    Runner<Theirs> theirs(profile, sessions);
    for (int i = 0; i < rounds; ++i) {
        ours.round(packets, payload);
        theirs.round(packets, payload);
    }
    std::printf("%-18s %4zu B, %4zu live: protect %4.0f ns, libsrtp2 takes %.1f times as long; take %4.0f ns, %.1f times\n", name,
                payload, sessions, ours.best.protect, theirs.best.protect / ours.best.protect, ours.best.take,
                theirs.best.take / ours.best.take);
}

}  // namespace

int main(int argc, char** argv) {
    const auto packets = static_cast<std::size_t>(argc > 1 ? std::max(1L, std::atol(argv[1])) : 5000L);
    const auto live = static_cast<std::size_t>(argc > 2 ? std::max(1L, std::atol(argv[2])) : 500L);
    if (srtp_init() != srtp_err_status_ok) give_up("libsrtp2 does not begin");
    for (const std::size_t sessions : {std::size_t{1}, live})
        for (const std::size_t payload : {148U, 1148U}) {
            compare(Profile::aes128_cm_sha1_80, "AES-CM, HMAC-SHA1", payload, packets, sessions);
            compare(Profile::aead_aes128_gcm, "AES-128-GCM", payload, packets, sessions);
        }
}
