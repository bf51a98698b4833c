// The system's sendmmsg(2) says that there is no room when a test wants it to.
#include "net/udp_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include <dlfcn.h>

#include <boost/asio/io_context.hpp>

#include "net/interfaces.hpp"
#include "support/descriptors.hpp"

namespace {
int refusals = 0;  // calls that are still to be refused
int refuse_with = EAGAIN;
}  // namespace

/// Stands before the C library's.
extern "C" int sendmmsg(int descriptor, mmsghdr* headers, unsigned count, int flags) {
    static const auto real = reinterpret_cast<decltype(&sendmmsg)>(::dlsym(RTLD_NEXT, "sendmmsg"));
    if (refusals == 0) return real(descriptor, headers, count, flags);
    --refusals;
    errno = refuse_with;
    return -1;
}

namespace volley::net {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

struct Came {
    Endpoint local;
    Endpoint remote;
    std::string text;
};

class UdpSocketTest : public testing::Test {
protected:
    /// A socket whose datagrams are kept.
    struct Node {
        Node(boost::asio::io_context& io, UdpBatch& batch) : socket(io.get_executor(), batch) {}
        UdpSocket socket;
        std::vector<Came> came;
        std::vector<std::size_t> batches;

        [[nodiscard]] Endpoint at(std::string_view text) const { return {address(text), socket.local_endpoint().port}; }
        void send(const Endpoint& local, const Endpoint& remote, std::string_view text) {
            const UdpDatagram datagram{local, remote, bytes_of(text)};
            socket.send({&datagram, 1});
        }
        [[nodiscard]] std::vector<std::string> texts() const {
            std::vector<std::string> out;
            for (const auto& one : came) out.push_back(one.text);
            return out;
        }
    };

    std::unique_ptr<Node> node(std::string_view bind) {
        auto out = std::make_unique<Node>(io, batch);
        const error_code error = out->socket.open({address(bind), 0});
        EXPECT_FALSE(error) << error.message();
        EXPECT_NE(out->socket.local_endpoint().port, 0);
        out->socket.start([node = out.get()](TimePoint at, std::span<const UdpDatagram> datagrams) {
            EXPECT_LE(at, Clock::now());
            node->batches.push_back(datagrams.size());
            for (const auto& d : datagrams) node->came.push_back({d.local, d.remote, std::string(text_of(d.bytes))});
        });
        return out;
    }

    void run_until(const std::function<bool()>& condition) {
        const TimePoint until = Clock::now() + 20s;
        while (!condition() && Clock::now() < until) io.run_one_for(100ms);
        ASSERT_TRUE(condition());
    }
    void receive(Node& node, std::size_t count) {
        run_until([&] { return node.came.size() >= count; });
    }

    boost::asio::io_context io{1};
    UdpBatch batch;
};

TEST_F(UdpSocketTest, a_socket_on_all_addresses_says_which_of_them_a_datagram_came_to) {
    const auto server = node("0.0.0.0");
    const auto client = node("127.0.0.1");
    for (const auto* const to : {"127.0.0.1", "127.0.0.2", "127.7.7.7"}) client->send({}, server->at(to), to);
    receive(*server, 3);
    for (const auto& came : server->came) {
        EXPECT_EQ(came.local, server->at(came.text));
        EXPECT_EQ(came.remote, client->socket.local_endpoint());
    }
}

TEST_F(UdpSocketTest, it_sends_from_the_address_that_it_is_told) {
    const auto server = node("0.0.0.0");
    const auto client = node("127.0.0.1");
    server->send(server->at("127.0.0.3"), client->socket.local_endpoint(), "chosen");
    server->send({}, client->socket.local_endpoint(), "left to the system");
    receive(*client, 2);
    EXPECT_EQ(client->came[0].remote, server->at("127.0.0.3"));
    EXPECT_EQ(client->came[1].remote, server->at("127.0.0.1"));
    EXPECT_EQ(client->came[0].local, client->socket.local_endpoint());
}

TEST_F(UdpSocketTest, one_socket_serves_both_families_and_shows_ipv4_as_such) {
    const auto server = node("::");
    const auto v4 = node("127.0.0.1");
    const auto v6 = node("::1");
    v4->send({}, server->at("127.0.0.5"), "four");
    receive(*server, 1);
    v6->send({}, server->at("::1"), "six");
    receive(*server, 2);
    EXPECT_EQ(server->came[0].local, server->at("127.0.0.5"));
    EXPECT_EQ(server->came[0].remote, v4->socket.local_endpoint());
    EXPECT_EQ(server->came[1].local, server->at("::1"));
    EXPECT_EQ(server->came[1].remote, v6->socket.local_endpoint());

    server->send(server->at("127.0.0.5"), v4->socket.local_endpoint(), "four");
    server->send(server->at("::1"), v6->socket.local_endpoint(), "six");
    receive(*v4, 1);
    receive(*v6, 1);
    EXPECT_EQ(v4->came[0].remote, server->at("127.0.0.5"));
    EXPECT_EQ(v6->came[0].remote, server->at("::1"));
}

TEST_F(UdpSocketTest, many_are_sent_and_read_in_batches_in_their_order_with_nothing_and_a_lot_inside) {
    const auto server = node("::");
    const auto client = node("127.0.0.1");
    std::vector<std::string> texts;
    for (int i = 0; i < 100; ++i) texts.push_back(std::string(static_cast<std::size_t>(i), 'x') + std::to_string(i));
    texts[3] = "";
    texts[4] = std::string(60'000, 'y');
    std::vector<UdpDatagram> datagrams;
    for (const auto& text : texts) datagrams.push_back({{}, server->at("127.0.0.1"), bytes_of(text)});
    client->socket.send(datagrams);
    receive(*server, texts.size());
    EXPECT_EQ(server->texts(), texts);
    EXPECT_EQ(server->batches.front(), UdpBatch::most);
    EXPECT_EQ(client->socket.dropped(), 0U);
}

TEST_F(UdpSocketTest, what_the_system_takes_no_more_of_waits_and_leaves_in_its_order) {
    const auto server = node("127.0.0.1");
    const auto client = node("127.0.0.1");
    refuse_with = EAGAIN;
    refusals = 1;
    client->send({}, server->socket.local_endpoint(), "1");
    client->send({}, server->socket.local_endpoint(), "2");
    EXPECT_EQ(refusals, 0);
    receive(*server, 2);
    client->send({}, server->socket.local_endpoint(), "3");
    receive(*server, 3);
    EXPECT_THAT(server->texts(), ElementsAre("1", "2", "3"));
    EXPECT_EQ(client->socket.dropped(), 0U);
}

TEST_F(UdpSocketTest, what_waits_is_bounded) {
    const auto server = node("127.0.0.1");
    const auto client = node("127.0.0.1");
    refuse_with = EAGAIN;
    refusals = 1;
    std::vector<UdpDatagram> datagrams(UdpSocket::most_unsent + 10, {{}, server->socket.local_endpoint(), bytes_of("x")});
    client->socket.send(datagrams);
    EXPECT_EQ(client->socket.dropped(), 10U);
}

TEST_F(UdpSocketTest, one_that_cannot_be_sent_is_lost_and_the_next_ones_are_not) {
    const auto server = node("127.0.0.1");
    const auto client = node("0.0.0.0");
    const std::string too_long(66'000, 'x');
    const std::vector<UdpDatagram> datagrams{
        {{}, server->socket.local_endpoint(), bytes_of(too_long)},
        {client->at("192.0.2.77"), server->socket.local_endpoint(), bytes_of("from an address that is not ours")},
        {{}, server->socket.local_endpoint(), bytes_of("good")},
    };
    client->socket.send(datagrams);
    receive(*server, 1);
    EXPECT_THAT(server->texts(), ElementsAre("good"));
    EXPECT_EQ(client->socket.dropped(), 2U);
}

TEST_F(UdpSocketTest, a_datagram_to_a_port_where_nobody_is_breaks_nothing) {
    const auto client = node("0.0.0.0");
    Endpoint gone;
    {
        const auto other = node("127.0.0.1");
        gone = other->socket.local_endpoint();
    }
    const auto server = node("127.0.0.1");
    for (int i = 0; i < 3; ++i) {
        client->send({}, gone, "x");
        client->send({}, server->socket.local_endpoint(), "y");
    }
    receive(*server, 3);
    server->send({}, client->at("127.0.0.1"), "z");
    receive(*client, 1);
    EXPECT_EQ(client->came[0].text, "z");
}

TEST_F(UdpSocketTest, a_port_that_is_taken_is_refused_and_nothing_stays_open) {
    const auto server = node("127.0.0.1");
    const std::size_t before = test::open_descriptors();
    UdpSocket other(io.get_executor(), batch);
    EXPECT_EQ(other.open(server->socket.local_endpoint()), boost::system::errc::address_in_use);
    EXPECT_FALSE(other.is_open());
    EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(UdpSocketTest, its_receiver_may_destroy_it_in_the_middle_of_a_batch) {
    const auto client = node("127.0.0.1");
    auto server = std::make_unique<UdpSocket>(io.get_executor(), batch);
    ASSERT_FALSE(server->open({address("127.0.0.1"), 0}));
    const Endpoint there = server->local_endpoint();
    int calls = 0;
    const auto witness = std::make_shared<int>(0);
    server->start([&, witness](TimePoint, std::span<const UdpDatagram>) {
        ++calls;
        server.reset();
        ++*witness;  // what the receiver holds is still there
    });
    for (int i = 0; i < 100; ++i) client->send({}, there, "x");
    run_until([&] { return calls > 0; });
    io.run_for(20ms);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(witness.use_count(), 1);
}

TEST_F(UdpSocketTest, the_loop_ends_once_all_sockets_are_closed) {
    {
        const auto server = node("127.0.0.1");
        const auto client = node("127.0.0.1");
        refuse_with = EAGAIN;
        refusals = 1;
        client->send({}, server->socket.local_endpoint(), "never sent");
        client->socket.close();
        server->socket.close();
        EXPECT_FALSE(client->socket.is_open());
    }
    io.run();
    EXPECT_TRUE(io.stopped());
}

TEST(InterfaceAddresses, have_loopback_at_the_end_and_nothing_link_local) {
    const auto addresses = interface_addresses();
    ASSERT_FALSE(addresses.empty());
    EXPECT_THAT(addresses, testing::Contains(address("127.0.0.1")));
    bool loopback = false;
    for (const auto& one : addresses) {
        EXPECT_FALSE(one.is_link_local());
        EXPECT_TRUE(one.is_loopback() || !loopback) << one.to_string();
        loopback = loopback || one.is_loopback();
    }
}

}  // namespace
}  // namespace volley::net
