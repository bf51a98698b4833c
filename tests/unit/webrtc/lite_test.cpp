// A call with an ICE-lite peer: it answers checks and makes none, so that finding the way is this side's alone.
#include <vector>

#include <gtest/gtest.h>

#include "proto/ice/agent.hpp"
#include "proto/stun/integrity.hpp"
#include "proto/stun/message.hpp"
#include "support/peer_node.hpp"

namespace volley::webrtc {
namespace {

using namespace std::chrono_literals;
using test::VirtualClock;
namespace ice = proto::ice;
namespace stun = proto::stun;

const Endpoint lite_at = *Endpoint::parse("192.0.2.1:4001");
const Endpoint full_at = *Endpoint::parse("192.0.2.2:4002");

class LiteEnd final : public test::VirtualNet::Node {
public:
    explicit LiteEnd(test::VirtualNet& net) : net_(net) { net_.attach(*this, lite_at.address); }
    ~LiteEnd() override { net_.detach(*this); }

    ice::Credentials credentials{"lite", "0123456789abcdefghijkl"};
    bool answers = true;
    struct Check {
        bool controlling;
        bool use_candidate;
    };
    std::vector<Check> checks;  ///< with these credentials
    int successes = 0;

    /// What a lite agent does not do.
    void check(const ice::Credentials& theirs) {
        stun::TransactionId id{1};
        out_.push_back(stun::MessageBuilder(stun::MessageClass::request, stun::Method::binding, id)
                           .text(stun::Attribute::username, theirs.ufrag + ':' + credentials.ufrag)
                           .u32(stun::Attribute::priority, 1 << 30)
                           .u64(stun::Attribute::ice_controlled, 5)
                           .integrity(bytes_of(theirs.password))
                           .fingerprint()
                           .finish());
        flush(net_.now());
    }
    /// Of the transport, as the lines of a section or a fragment.
    [[nodiscard]] std::string lines() const {
        return "a=ice-ufrag:" + credentials.ufrag + "\r\na=ice-pwd:" + credentials.password + "\r\n";
    }

    void handle_datagram(TimePoint, const Endpoint&, const Endpoint& from, BytesView bytes) override {
        const auto message = stun::MessageView::parse(bytes);
        if (!message || from != full_at) return;
        if (message->message_class() == stun::MessageClass::success) ++successes;
        const auto ufrag = ice::ufrag_of_check(*message);
        if (!ufrag || *ufrag != credentials.ufrag) return;
        if (stun::check_integrity(*message, bytes_of(credentials.password)) != stun::Integrity::right) return;
        checks.push_back({message->has(stun::Attribute::ice_controlling), message->has(stun::Attribute::use_candidate)});
        if (!answers) return;
        out_.push_back(stun::MessageBuilder(stun::MessageClass::success, stun::Method::binding, message->transaction_id())
                           .address(stun::Attribute::xor_mapped_address, from)
                           .integrity(bytes_of(credentials.password))
                           .fingerprint()
                           .finish());
    }
    void handle_timeout(TimePoint) override {}
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return std::nullopt; }
    void flush(TimePoint) override {
        for (const auto& bytes : std::exchange(out_, {})) net_.send(*this, lite_at, full_at, bytes);
    }

private:
    test::VirtualNet& net_;
    std::vector<Bytes> out_;
};

constexpr std::string_view media_line = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
constexpr std::string_view candidate_line = "a=candidate:1 1 udp 2130706431 192.0.2.1 4001 typ host\r\n";

class LiteTest : public testing::Test {
protected:
    LiteTest() {
        full.add_host("192.0.2.2:4002");
        full.peer().gather(net.now());
        const std::string offer = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE 0\r\n" +
                                  std::string(media_line) + "c=IN IP4 0.0.0.0\r\n" + lite.lines() + "a=fingerprint:" +
                                  to_string(test::the_identity().fingerprint(proto::dtls::HashFunction::sha_256)) +
                                  "\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n" + std::string(candidate_line);
        const auto refused = full.peer().take_offer(net.now(), offer);
        EXPECT_FALSE(refused) << format_source_error(*refused);
        EXPECT_TRUE(full.peer().create_answer(net.now()));
        full.flush(net.now());
        EXPECT_TRUE(until_chosen());
    }
    [[nodiscard]] bool until_chosen() {
        return net.run_until(
            [&] {
                return !lite.checks.empty() && lite.checks.back().use_candidate &&
                       full.peer().ice().state() == ice::State::completed;
            },
            10s);
    }
    /// New credentials of the lite one.
    void restart() {
        lite.credentials = {"again", "abcdefghijkl0123456789"};
        lite.checks.clear();
        const auto answer = full.peer().take_fragment(
            net.now(), lite.lines() + std::string(media_line) + "a=mid:0\r\n" + std::string(candidate_line));
        ASSERT_TRUE(answer) << format_source_error(answer.error());
        EXPECT_TRUE(*answer) << "a restart is answered";
        full.flush(net.now());
    }

    test::VirtualNet net{1, {}, VirtualClock::now()};
    LiteEnd lite{net};
    test::PeerNode full{net, {}, 2, 1};
};

TEST_F(LiteTest, the_way_is_found_and_chosen_by_us_again_after_a_restart) {
    EXPECT_EQ(full.peer().ice().role(), ice::Role::controlling);
    restart();
    EXPECT_NE(full.peer().ice().state(), ice::State::completed);
    ASSERT_TRUE(until_chosen());
    EXPECT_EQ(full.peer().ice().role(), ice::Role::controlling);
    for (const auto& check : lite.checks) EXPECT_TRUE(check.controlling);
}

TEST_F(LiteTest, what_is_known_of_it_outlives_a_restart) {
    lite.answers = false;
    restart();
    net.run_for(30ms);
    ASSERT_EQ(lite.checks.size(), 1U);
    // A lite peer makes no checks: one that comes all the same is answered, and draws none of ours.
    lite.check(full.peer().ice().local_credentials());
    net.run_for(50ms);
    EXPECT_EQ(lite.successes, 1);
    EXPECT_EQ(lite.checks.size(), 1U);
}

}  // namespace
}  // namespace volley::webrtc
