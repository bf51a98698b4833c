// What is asked about calls over HTTP, without the HTTP.
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "app/call_sessions.hpp"
#include "net/app/caller.hpp"

namespace volley::test {
namespace {

using namespace std::chrono_literals;

const IpAddress local = IpAddress::v4(0x7f000001);

class CallSessionsTest : public testing::Test {
protected:
    static call::ServerPortConfig config() {
        call::ServerPortConfig out;
        out.bind = {local, 0};
        return out;
    }
    /// The parts of a fragment for the call of lone_offer().
    static std::string fragment(std::string_view more) {
        return "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n" +
               std::string(more);
    }

    boost::asio::io_context io{1};
    call::Loop loop{io.get_executor()};
};

TEST_F(CallSessionsTest, a_call_that_ends_within_its_patch_is_gone) {
    auto impatient = config();
    impatient.peer.ice.patience = 20ms;
    app::CallSessions sessions(loop, impatient);
    const auto begun = sessions.answer(lone_offer(), local);
    ASSERT_TRUE(std::holds_alternative<app::CallAnswer>(begun));
    const std::string id = std::get<app::CallAnswer>(begun).id;
    // The time for finding a way is over, and the timer that would end the call has not run yet: that there are no more candidates ends it.
    std::this_thread::sleep_for(60ms);
    EXPECT_TRUE(sessions.knows(id));
    const auto patched = sessions.patch(id, "*", fragment("a=end-of-candidates\r\n"));
    ASSERT_TRUE(std::holds_alternative<app::CallRefusal>(patched));
    EXPECT_EQ(std::get<app::CallRefusal>(patched).status, 404);
    EXPECT_FALSE(sessions.knows(id));
    EXPECT_EQ(sessions.names(), 0U);
    EXPECT_EQ(sessions.port().calls(), 0U);
    EXPECT_EQ(loop.calls(), 0U);
}

TEST_F(CallSessionsTest, an_offer_that_is_refused_leaves_no_name) {
    auto few = config();
    few.limits.calls = 1;
    app::CallSessions sessions(loop, few);
    EXPECT_EQ(std::get<app::CallRefusal>(sessions.answer("v=0\r\n", local)).status, 400);
    EXPECT_EQ(sessions.names(), 0U);
    const auto begun = sessions.answer(lone_offer(), local);
    EXPECT_EQ(std::get<app::CallRefusal>(sessions.answer(lone_offer(), local)).status, 503);
    EXPECT_EQ(sessions.names(), 1U);
    EXPECT_TRUE(sessions.hang_up(std::get<app::CallAnswer>(begun).id));
    EXPECT_FALSE(sessions.hang_up(std::get<app::CallAnswer>(begun).id));
    EXPECT_EQ(sessions.names(), 0U);
}

}  // namespace
}  // namespace volley::test
