// Loopback addresses to connect from, once the ports of the first are used up.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/http1_connection.hpp"
#include "net/client/probe_call.hpp"
#include "support/raw_server.hpp"
#include "support/require_or_skip.hpp"

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

constexpr int not_permitted = 77;
constexpr unsigned ports = 4;

/// Has a network of its own, whose clients have four ports to go out from. @return false where that is not permitted.
bool enter_small_network() {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    const bool up = ::ioctl(socket, SIOCSIFFLAGS, &loopback) == 0;
    ::close(socket);
    return up;
}
bool leave_few_ports() {
    std::ofstream range("/proc/sys/net/ipv4/ip_local_port_range");
    range << "40000 " << 40000 + ports - 1 << std::flush;
    return range.good();
}

/// In a process of its own. @return what it ends with: 0 where all is as it should be.
int connect_with_few_ports() {
    if (!enter_small_network()) return not_permitted;
    std::mutex mutex;
    std::map<std::string, unsigned> peers;
    RawServer server([&](RawConnection& c, int) {
        {
            const std::lock_guard lock(mutex);
            ++peers[peer_of(c.descriptor())];
        }
        c.wait_for_close();
    });
    if (!leave_few_ports()) return not_permitted;
    asio::io_context io;

    // As a run does: with no more ports it goes on from the next address.
    constexpr std::size_t wanted = 5 * ports;
    Target target;
    target.host = "127.0.0.1";
    target.port = server.port();
    auto carrier = make_fast_carrier(io.get_executor(), target);
    std::optional<Carrier::Prepared> prepared;
    carrier->prepare(wanted, Clock::now() + 20s, [&](Carrier::Prepared result) { prepared = std::move(result); });
    if (!test::run_until(io, [&] { return prepared.has_value(); })) return 1;
    if (prepared->held != wanted) return 2;
    if (!test::run_until(io, [&] { return server.accepted() == static_cast<int>(wanted); })) return 3;
    const auto all_seen = [&] {
        const std::lock_guard lock(mutex);
        std::size_t seen = 0;
        for (const auto& [peer, count] : peers) seen += count;
        return seen == wanted;
    };
    if (!test::run_until(io, all_seen)) return 4;
    const std::lock_guard lock(mutex);
    if (peers.size() < 5) return 5;
    for (const auto& [peer, count] : peers)
        if (count > ports) return 6;

    // Behind the last address it says so, and begins with the first again.
    Http1Surroundings around(io.get_executor(), {});
    Connector connector(around, server.port());
    around.source = 250;
    for (unsigned i = 0; i < ports; ++i)
        if (!connector.connect(io)) return 7;
    if (connector.connect(io) || connector.error != Condition::exhausted) return 8;
    carrier.reset();
    return connector.connect(io) ? 0 : 9;
}

TEST(Sources, the_next_address_is_used_once_the_ports_of_one_are_used_up) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(connect_with_few_ports());
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    VOLLEY_REQUIRE_OR_SKIP(WEXITSTATUS(status) != not_permitted,
                           "a network of its own: user and network namespaces for this user (kernel.unprivileged_userns_clone, "
                           "user.max_net_namespaces), and /proc/sys/net writable in them");
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace volley::client
