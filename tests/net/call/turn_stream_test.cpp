#include "call/turn_stream.hpp"

#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "net/call/fixture.hpp"
#include "proto/turn/framing.hpp"
#include "support/descriptors.hpp"

namespace volley::call {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using test::run_until;
using testing::ElementsAre;
using testing::HasSubstr;

class TurnStreamTest : public testing::Test {
protected:
    Endpoint server() const { return {IpAddress::v4(0x7f000001), acceptor.local_endpoint().port()}; }
    std::unique_ptr<TurnStream> stream() { return stream(server()); }
    std::unique_ptr<TurnStream> stream(const Endpoint& to) {
        return std::make_unique<TurnStream>(
            io.get_executor(), to,
            [this](TimePoint at, BytesView frame) {
                EXPECT_LE(at, Clock::now());
                frames.emplace_back(frame.begin(), frame.end());
                if (on_frame) on_frame();
            },
            [this](std::string why) { reasons.push_back(std::move(why)); });
    }
    void accept() {
        bool accepted = false;
        acceptor.async_accept(peer, [&](error_code error) {
            EXPECT_FALSE(error);
            accepted = true;
        });
        run_until(io, [&] { return accepted; });
    }
    static Bytes frame(std::uint16_t channel, std::string_view text) {
        return proto::turn::make_channel_data(channel, bytes_of(text), true);
    }

    boost::asio::io_context io{1};
    tcp::acceptor acceptor{io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
    tcp::socket peer{io};
    std::vector<Bytes> frames;
    std::vector<std::string> reasons;
    std::function<void()> on_frame;
};

TEST_F(TurnStreamTest, what_is_sent_before_it_is_connected_leaves_then_and_frames_come_one_by_one) {
    const auto stream = TurnStreamTest::stream();
    const Bytes one = frame(0x4000, "one");
    const Bytes two = frame(0x4001, "three and four");
    stream->send(one);
    stream->send(two);
    accept();
    run_until(io, [&] { return peer.available() >= one.size() + two.size(); });
    Bytes came(one.size() + two.size());
    boost::asio::read(peer, boost::asio::buffer(came));
    Bytes both = one;
    both.insert(both.end(), two.begin(), two.end());
    EXPECT_EQ(came, both);

    // Back, cut in the middle.
    boost::asio::write(peer, boost::asio::buffer(both.data(), one.size() + 3));
    run_until(io, [&] { return frames.size() == 1; });
    boost::asio::write(peer, boost::asio::buffer(both.data() + one.size() + 3, two.size() - 3));
    run_until(io, [&] { return frames.size() == 2; });
    EXPECT_EQ(proto::turn::parse_channel_data(frames[1])->number, 0x4001);
    EXPECT_THAT(reasons, ElementsAre());
}

TEST_F(TurnStreamTest, its_end_is_told_once_with_the_reason) {
    const auto closed = stream();
    accept();
    peer.close();
    run_until(io, [&] { return !reasons.empty(); });
    EXPECT_THAT(reasons, ElementsAre(HasSubstr("closed the connection")));
    closed->send(frame(0x4000, "late"));
    io.restart();
    io.run_for(20ms);
    EXPECT_EQ(reasons.size(), 1U);

    const auto broken = stream();
    accept();
    boost::asio::write(peer, boost::asio::buffer(std::string("SSH-2.0-no channel, no STUN\r\n")));
    run_until(io, [&] { return reasons.size() == 2; });
    ASSERT_EQ(reasons.size(), 2U);
    EXPECT_THAT(reasons[1], HasSubstr("no TURN"));

    const Endpoint nobody = server();
    acceptor.close();
    const auto refused = stream(nobody);
    run_until(io, [&] { return reasons.size() == 3; });
    ASSERT_EQ(reasons.size(), 3U);
    EXPECT_THAT(reasons[2], HasSubstr("refused"));
}

TEST_F(TurnStreamTest, what_waits_is_bounded_and_cut_between_frames) {
    const auto stream = TurnStreamTest::stream();
    const Bytes one = frame(0x4000, std::string(1000, 'x'));
    for (int i = 0; i < 1000; ++i) stream->send(one);
    accept();
    std::size_t came = 0;
    run_until(io, [&] {
        Bytes room(1 << 20);
        error_code error;
        peer.non_blocking(true);
        came += peer.read_some(boost::asio::buffer(room), error);
        return came >= TurnStream::most_unsent - one.size();
    });
    io.restart();
    io.run_for(20ms);
    EXPECT_EQ(peer.available(), 0U);
    EXPECT_LE(came, TurnStream::most_unsent);
    EXPECT_EQ(came % one.size(), 0U);
}

TEST_F(TurnStreamTest, it_may_be_destroyed_at_any_time) {
    const std::size_t before = test::open_descriptors();
    { const auto connecting = stream(); }
    auto reading = stream();
    peer = tcp::socket(io);
    accept();
    on_frame = [&] { reading.reset(); };
    Bytes two = frame(0x4000, "one");
    const Bytes more = frame(0x4000, "two");
    two.insert(two.end(), more.begin(), more.end());
    boost::asio::write(peer, boost::asio::buffer(two));
    // The first connection is the one that was given up, where the system has completed it.
    for (int i = 0; i < 50 && frames.empty(); ++i) {
        io.restart();
        io.run_for(20ms);
        if (frames.empty() && reading != nullptr && acceptor.is_open()) {
            acceptor.non_blocking(true);
            error_code none;
            tcp::socket next(io);
            acceptor.accept(next, none);
            if (!none) {
                peer = std::move(next);
                boost::asio::write(peer, boost::asio::buffer(two));
            }
        }
    }
    EXPECT_EQ(frames.size(), 1U);
    peer.close();
    io.restart();
    io.run_for(20ms);
    EXPECT_EQ(test::open_descriptors(), before);
    EXPECT_THAT(reasons, ElementsAre());
}

using TurnCallsTest = test::CallsTest;

TEST_F(TurnCallsTest, a_turn_server_over_tcp_that_is_not_there_costs_no_call) {
    open_port();
    tcp::acceptor nobody(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    const std::uint16_t port_of_nobody = nobody.local_endpoint().port();
    nobody.close();
    auto config = call_config();
    config.peer.ice.gathering.turn_servers.push_back(
        {{test::address("127.0.0.1"), port_of_nobody}, proto::ice::Protocol::tcp, "user", "secret"});
    const auto caller = connected(std::move(config));
    EXPECT_EQ(echo(*caller, true, "ping"), "pong");
    ASSERT_NE(caller->peer().ice().turn_failure(0), nullptr);
}

}  // namespace
}  // namespace volley::call
