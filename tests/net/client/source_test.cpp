// Loopback addresses to connect from, once the ports of the first are used up.
#include <gtest/gtest.h>

#include <set>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "client/http1_connection.hpp"
#include "net/client/probe_call.hpp"
#include "support/raw_server.hpp"

namespace volley::client {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::ProbeCall;
using test::RawConnection;
using test::RawServer;

std::string peer_of(int descriptor) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size);
    return ::inet_ntoa(peer.sin_addr);
}

/// Connects one after the other, as a pool would.
struct Connector final : Http1Connection::Owner {
    Connector(Http1Surroundings& with, std::uint16_t port) : around(with) {
        to = std::make_shared<const Endpoints>(Endpoints{{asio::ip::address_v4::loopback(), port}});
    }
    ~Connector() {
        for (const auto& one : all) one->close();
    }
    bool connect(asio::io_context& io) {
        told = false;
        all.emplace_back(new Http1Connection(around, *this, 0));
        around.readiness.resume();
        all.back()->open_until(Clock::now() + 20s);
        all.back()->connect(to);
        test::run_until(io, [&] { return told; });
        return told && !error;
    }
    void on_connected(Http1Connection&, error_code with) override {
        error = with;
        told = true;
    }
    void on_finished(Http1Connection&, Call&, error_code) override {}
    void on_lost(Http1Connection&) override {}

    Http1Surroundings& around;
    std::shared_ptr<const Endpoints> to;
    std::vector<Http1ConnectionPtr> all;
    bool told = false;
    error_code error;
};

TEST(Sources, the_server_sees_the_address_that_is_the_turn) {
    std::mutex mutex;
    std::vector<std::string> peers;
    RawServer server([&](RawConnection& c, int) {
        {
            const std::lock_guard lock(mutex);
            peers.push_back(peer_of(c.descriptor()));
        }
        c.wait_for_close();
    });
    asio::io_context io;
    Http1Surroundings around(io.get_executor(), {});
    Connector connector(around, server.port());
    for (const unsigned source : {0U, 1U, 9U, 250U}) {
        around.source = source;
        const auto before = static_cast<int>(connector.all.size());
        ASSERT_TRUE(connector.connect(io)) << connector.error.message();
        ASSERT_TRUE(test::run_until(io, [&] {
            const std::lock_guard lock(mutex);
            return static_cast<int>(peers.size()) == before + 1;
        }));
    }
    const std::lock_guard lock(mutex);
    EXPECT_EQ(peers, (std::vector<std::string>{"127.0.0.1", "127.0.0.2", "127.0.0.10", "127.0.0.251"}));
}

}  // namespace
}  // namespace volley::client
