// What strangers send, and what peers repeat.
#include "net/call/fixture.hpp"
#include "net/call/stranger.hpp"

#include "call/routes.hpp"
#include "proto/ice/candidate.hpp"
#include "proto/stun/message.hpp"
#include "support/seeded_random.hpp"

namespace volley::call {
namespace {

using namespace std::chrono_literals;
using test::address;
using test::run_until;
using test::Stranger;
using test::value_of;

namespace stun = proto::stun;

class HostileTest : public test::CallsTest {
protected:
    Bytes check(const std::string& ufrag, std::string_view password, bool with_fingerprint = true, bool nominates = false) {
        return test::check_of(random, ufrag, password, with_fingerprint, nominates);
    }
    Bytes garbage() {
        // A tenth of what it could be, and every kind of first byte that means something.
        Bytes out(random.below(random.below(10) == 0 ? 1500 : 100));
        random.fill(out);
        if (!out.empty() && random.below(2) == 0) out[0] = static_cast<std::uint8_t>(random.below(4));
        if (out.size() >= 20 && random.below(2) == 0) {
            ByteWriter cookie;
            cookie.u32(stun::magic_cookie);
            std::copy(cookie.view().begin(), cookie.view().end(), out.begin() + 4);
        }
        return out;
    }
    /// Lets everything be read that was sent, in portions that no buffer is too small for.
    template <class Send>
    void flood(int count, Send send_one) {
        for (int i = 0; i < count; ++i) {
            send_one(i);
            if (i % 50 == 49) run_for(2ms);
        }
        run_for(20ms);
    }

    test::SeededRandom random{7};
};

TEST_F(HostileTest, garbage_to_the_port_and_to_a_caller_is_dropped_unanswered_and_keeps_nothing) {
    open_port();
    const auto caller = connected();
    const auto before = port->registries();
    const Endpoint theirs = caller->peer().path()->local.endpoint;
    Stranger stranger(io, loop.batch());
    int sent = 0;
    flood(5000, [&](int i) {
        const Bytes bytes = garbage();
        sent += i % 2 == 0 ? 1 : 0;
        stranger.send(i % 2 == 0 ? port->local_endpoint() : theirs, bytes);
    });
    EXPECT_EQ(stranger.datagrams.size(), 0U);
    EXPECT_GT(port->counts().strays, 0U);
    EXPECT_LE(port->counts().strays, static_cast<std::uint64_t>(sent));
    EXPECT_EQ(port->registries().addresses, before.addresses);
    EXPECT_EQ(echo(*caller, true, "ping"), "pong");
}

TEST_F(HostileTest, checks_with_a_wrong_password_claim_no_address) {
    open_port();
    const auto caller = connected();
    const auto before = port->registries();
    const std::string ufrag = value_of(last_answer, "ice-ufrag");
    Stranger stranger(io, loop.batch());
    flood(2000, [&](int i) {
        stranger.send(port->local_endpoint(),
                      check(i % 3 == 0 ? ufrag.substr(0, 6) + "other" : ufrag, "0123456789abcdefghijkl", i % 2 == 0));
        // As if it were data, from an address that only a genuine check would have claimed.
        stranger.send(port->local_endpoint(), Bytes{22, 254, 253, 0, 0});
    });
    EXPECT_EQ(port->registries().addresses, before.addresses);
    EXPECT_LE(stranger.datagrams.size(), 2000U);  // told that it is not authorized, where it asks in the right form
    EXPECT_EQ(echo(*caller, true, "ping"), "pong");
}

TEST_F(HostileTest, genuine_checks_from_ever_new_addresses_are_bounded) {
    open_port();
    const auto caller = connected();
    const std::string ufrag = value_of(last_answer, "ice-ufrag");
    const std::string password = value_of(last_answer, "ice-pwd");
    for (int i = 0; i < 300; ++i) {
        Stranger stranger(io, loop.batch());
        stranger.send(port->local_endpoint(), check(ufrag, password));
        run_until(io, [&] { return !stranger.datagrams.empty(); });
    }
    EXPECT_LE(port->registries().addresses, Routes::most_claims);
    EXPECT_LE(port->registries().requests, Routes::most_requests);
    EXPECT_EQ(echo(*caller, true, "ping"), "pong");
    port->hang_up_all();
    EXPECT_EQ(port->registries(), ServerPort::Registries{});
}

TEST_F(HostileTest, a_check_for_one_call_from_the_address_of_another_takes_it_from_nobody) {
    open_port();
    // Calls of an attacker, who knows their passwords, and can forge where datagrams come from.
    std::vector<std::unique_ptr<test::Caller>> attackers;
    std::vector<std::string> answers;
    for (int i = 0; i < 6; ++i) {
        attackers.push_back(connected());
        answers.push_back(last_answer);
    }
    const auto relay = make_relay();
    const auto victim = caller();
    begin_through(*victim, *relay);
    run_until(io, [&] { return victim->open || victim->ended(); });
    ASSERT_TRUE(victim->open);
    const Endpoint here = victim->peer().path()->local.endpoint;
    for (int round = 0; round < 3; ++round)
        for (const auto& text : answers)
            relay->send_as(here, check(value_of(text, "ice-ufrag"), value_of(text, "ice-pwd"), true, round == 2));
    run_for(20ms);
    EXPECT_EQ(echo(*victim, true, "ping"), "pong");
    for (const auto& attacker : attackers) EXPECT_EQ(echo(*attacker, true, "ping"), "pong");
}

TEST_F(HostileTest, such_checks_before_the_victim_comes_do_not_lock_it_out) {
    open_port();
    std::vector<std::unique_ptr<test::Caller>> attackers;
    std::vector<std::string> answers;
    for (int i = 0; i < 6; ++i) {
        attackers.push_back(connected());
        answers.push_back(last_answer);
    }
    const auto relay = make_relay();
    const auto victim = caller();
    const std::string text = offer(*victim);
    const auto candidate = proto::ice::parse_candidate("candidate:" + value_of(text, "candidate"));
    ASSERT_TRUE(candidate.has_value());
    for (const auto& known : answers)
        relay->send_as(candidate->endpoint, check(value_of(known, "ice-ufrag"), value_of(known, "ice-pwd")));
    run_until(io, [&] { return port->registries().addresses == 7; });
    begin_through(*victim, *relay, text);
    run_until(io, [&] { return victim->open || victim->ended(); });
    EXPECT_EQ(echo(*victim, true, "ping"), "pong");
}

TEST_F(HostileTest, datagrams_that_come_again_change_nothing) {
    open_port();
    const auto relay = make_relay();
    const auto caller = test::CallsTest::caller();
    begin_through(*caller, *relay);
    run_until(io, [&] { return caller->open || caller->ended(); });
    for (int i = 0; i < 20; ++i) EXPECT_EQ(echo(*caller, true, "ping " + std::to_string(i)), "pong " + std::to_string(i));
    caller->messages.clear();
    const auto before = port->registries();
    const std::size_t seen = relay->seen();
    EXPECT_GT(seen, 40U);
    for (int round = 0; round < 3; ++round) {
        relay->replay();
        run_for(50ms);
    }
    EXPECT_TRUE(caller->messages.empty());
    EXPECT_EQ(echo(*caller, true, "ping"), "pong");
    EXPECT_EQ(port->registries().addresses, before.addresses);
    EXPECT_EQ(port->calls(), 1U);
    // What was a call's is nobody's once that is gone.
    caller->call->hang_up();
    run_until(io, [&] { return port->calls() == 0; });
    const std::uint64_t strays = port->counts().strays;
    relay->replay();
    run_until(io, [&] { return port->counts().strays > strays; });
    EXPECT_EQ(port->registries(), ServerPort::Registries{});
}

TEST_F(HostileTest, an_offer_that_names_the_addresses_of_others_has_few_checks_sent_there) {
    open_port();
    const auto caller = test::CallsTest::caller();
    std::string text = offer(*caller);
    const std::size_t first = text.find("a=candidate:");
    text.erase(first, text.find("\r\n", first) + 2 - first);
    // Others, whom the system gives one socket: every address of 127.0.0.0/8 is this machine's.
    Stranger others(io, loop.batch(), "0.0.0.0");
    std::string named;
    for (int i = 1; i <= 64; ++i)
        named += "a=candidate:" + std::to_string(i) + " 1 udp " + std::to_string(2'130'706'431 - i) + " 127.0.1." +
                 std::to_string(i) + ' ' + std::to_string(others.socket.local_endpoint().port) + " typ host\r\n";
    text.insert(first, named);
    const auto accepted = accept(text);
    run_until(io, [&] { return others.checks() >= 16; });
    run_for(2s);  // several would be repeated, and forty more begun
    EXPECT_EQ(others.checks(), 16U);
    // Whoever shows that the offer is his gets the call all the same.
    answer(*caller, accepted.answer);
    run_until(io, [&] { return caller->open || caller->ended(); });
    EXPECT_EQ(echo(*caller, true, "ping"), "pong");
}

}  // namespace
}  // namespace volley::call
