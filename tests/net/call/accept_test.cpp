// Offers that come to nothing in the middle of being accepted, and addresses behind a NAT.
#include <algorithm>
#include <new>

#include "net/call/fixture.hpp"
#include "net/call/stranger.hpp"
#include "support/allocations.hpp"
#include "support/seeded_random.hpp"

namespace volley::call {
namespace {

using namespace std::chrono_literals;
using test::address;
using test::run_until;
namespace stun = proto::stun;
using testing::HasSubstr;
using testing::Not;

using AcceptTest = test::CallsTest;

// --- what throws -----------------------------------------------------------------------------------------------------------------

thread_local int allocations_left = -1;

void refuse_at_last(std::size_t) {
    if (allocations_left-- > 0) return;
    test::on_allocation = nullptr;
    throw std::bad_alloc();
}

TEST_F(AcceptTest, whichever_allocation_fails_nothing_stays_of_the_call) {
    open_port();
    const auto caller = test::CallsTest::caller();
    const std::string text = offer(*caller);
    const IpAddress from = address("192.0.2.1");
    const std::size_t others = loop.calls();
    bool accepted = false;
    int failed = 0;
    for (; !accepted && failed < 100'000; ++failed) {
        auto handler = make_echo_handler();
        allocations_left = failed;
        test::on_allocation = refuse_at_last;
        try {
            accepted = port->accept(text, from, std::move(handler)).has_value();
        } catch (const std::bad_alloc&) {
        }
        test::on_allocation = nullptr;
        if (accepted) break;
        ASSERT_EQ(port->calls(), 0U) << "at allocation " << failed;
        ASSERT_EQ(port->registries(), ServerPort::Registries{}) << "at allocation " << failed;
        ASSERT_EQ(loop.calls(), others) << "at allocation " << failed;
    }
    EXPECT_TRUE(accepted);
    EXPECT_GT(failed, 50);
    EXPECT_EQ(port->calls(), 1U);
    port->hang_up_all();
    EXPECT_EQ(port->counts().accepted, port->counts().ended);
}

/// Cannot bear to hear that the call is in a state.
class Throwing final : public CallHandler {
public:
    explicit Throwing(webrtc::PeerState when) : when_(when) {}
    void handle(ServerCall&, TimePoint, webrtc::PeerEvent& event) override {
        const auto* const changed = std::get_if<webrtc::PeerStateChanged>(&event);
        if (changed != nullptr && changed->state == when_) throw std::bad_alloc();
    }

private:
    webrtc::PeerState when_;
};

TEST_F(AcceptTest, a_handler_that_throws_loses_its_call_and_no_other) {
    open_port();
    const auto bystander = connected();
    const auto caller = test::CallsTest::caller();
    const std::string text = offer(*caller);
    const auto before = port->registries();
    const std::size_t others = loop.calls();
    const auto look = [&] {
        EXPECT_EQ(port->calls(), 1U);
        EXPECT_EQ(port->registries(), before);
        EXPECT_EQ(loop.calls(), others);
    };
    const IpAddress from = address("192.0.2.1");
    EXPECT_THROW((void)port->accept(text, from, std::make_unique<Throwing>(webrtc::PeerState::connecting)), std::bad_alloc);
    look();
    const auto accepted = port->accept(text, from, std::make_unique<Throwing>(webrtc::PeerState::closed));
    ASSERT_TRUE(accepted.has_value());
    EXPECT_THROW((void)port->hang_up(accepted->id), std::bad_alloc);
    look();
    EXPECT_EQ(echo(*bystander, true, "ping"), "pong");
}

// --- behind a NAT ----------------------------------------------------------------------------------------------------------------

TEST_F(AcceptTest, checks_are_answered_from_the_address_that_they_came_to_whatever_is_advertised) {
    for (const std::vector<IpAddress>& advertised :
         {std::vector{address("127.0.0.9"), address("127.0.0.10")}, std::vector{address("127.0.0.9")}}) {
        auto config = port_config("0.0.0.0");
        config.advertised = advertised;
        open_port(std::move(config));
        const auto caller = test::CallsTest::caller();
        const std::string text = accept(offer(*caller)).answer;
        test::Stranger peer(io, loop.batch());
        test::SeededRandom random(3);
        // The translation: outside .9 and .10, inside .1 and .2, in either order.
        for (const std::string_view inside : {"127.0.0.2", "127.0.0.1", "127.0.0.3", "127.0.0.2"}) {
            const Endpoint to{address(inside), port->local_endpoint().port};
            peer.datagrams.clear();
            peer.send(to, test::check_of(random, test::value_of(text, "ice-ufrag"), test::value_of(text, "ice-pwd")));
            run_until(io, [&] { return !peer.from(stun::MessageClass::success).empty(); });
            EXPECT_THAT(peer.from(stun::MessageClass::success), testing::ElementsAre(to)) << inside;
        }
    }
}

TEST_F(AcceptTest, data_leaves_from_the_address_that_the_peer_has_chosen) {
    auto config = port_config("0.0.0.0");
    config.advertised = {address("127.0.0.9"), address("127.0.0.10")};
    open_port(std::move(config));
    auto patient = call_config();
    patient.peer.ice.reflexive_patience = 30s;  // the server's own checks come from elsewhere
    const auto caller = test::CallsTest::caller(std::move(patient));
    std::string text = accept(offer(*caller)).answer;
    for (std::size_t at = 0; (at = text.find("127.0.0.9", at)) != std::string::npos;) text.replace(at, 9, "203.0.113.1");
    for (std::size_t at = 0; (at = text.find("127.0.0.10", at)) != std::string::npos;) text.replace(at, 10, "127.0.0.2");
    answer(*caller, text);
    run_until(io, [&] { return caller->open || caller->ended(); });
    EXPECT_EQ(echo(*caller, true, "inside"), "inside");
    EXPECT_EQ(caller->peer().path()->remote.endpoint, (Endpoint{address("127.0.0.2"), port->local_endpoint().port}));
}

TEST_F(AcceptTest, an_advertised_address_of_the_other_family_is_not_named) {
    auto config = port_config("0.0.0.0");
    config.advertised = {address("203.0.113.7"), address("2001:db8::7")};
    open_port(std::move(config));
    const auto caller = test::CallsTest::caller();
    const std::string text = accept(offer(*caller)).answer;
    EXPECT_THAT(text, HasSubstr(" 203.0.113.7 "));
    EXPECT_THAT(text, Not(HasSubstr("2001:db8::7")));
}

TEST_F(AcceptTest, a_port_that_no_advertised_address_leads_to_is_not_opened) {
    for (const auto& [bind, advertised] : {std::pair{"0.0.0.0", "2001:db8::7"}, std::pair{"::1", "203.0.113.7"}}) {
        auto config = port_config(bind);
        config.advertised = {address(advertised)};
        try {
            open_port(std::move(config));
            ADD_FAILURE() << bind << " takes calls";
        } catch (const boost::system::system_error& e) {
            EXPECT_EQ(e.code(), boost::system::errc::address_not_available);
            EXPECT_THAT(e.what(), HasSubstr("none of the advertised addresses is of the kind that the port has"));
        }
    }
}

}  // namespace
}  // namespace volley::call
