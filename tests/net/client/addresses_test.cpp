// Hosts with several addresses: which is tried, for how long, and which is remembered.
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>

#include "client/http1_connection.hpp"
#include "net/client/probe_call.hpp"
#include "support/raw_server.hpp"

namespace volley::client {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using Tcp = asio::ip::tcp;
using test::RawConnection;
using test::RawServer;

Carrier::Prepared prepare(asio::io_context& io, Carrier& carrier, std::size_t n) {
    std::optional<Carrier::Prepared> prepared;
    carrier.prepare(n, Clock::now() + 20s, [&](Carrier::Prepared result) { prepared = std::move(result); });
    EXPECT_TRUE(test::run_until(io, [&] { return prepared.has_value(); }));
    return prepared.value_or(Carrier::Prepared{});
}

// The place of the address that had worked was a place in the list that the connection had been given. When a second connection said so
// too, the list had changed already, and changed back.
TEST(Addresses, the_one_that_works_goes_first_however_many_found_it_at_once) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    asio::io_context io{1};
    Target target;
    target.host = "localhost";  // ::1, where nobody listens yet, then 127.0.0.1
    target.port = server.port();
    const auto carrier = make_fast_carrier(io.get_executor(), target);
    EXPECT_EQ(prepare(io, *carrier, 2).held, 2U);
    Tcp::acceptor other(io, Tcp::endpoint(asio::ip::address_v6::loopback(), server.port()), false);
    other.non_blocking(true);
    EXPECT_EQ(prepare(io, *carrier, 1).held, 3U);
    boost::system::error_code ec;
    const auto socket = other.accept(ec);
    EXPECT_EQ(ec, asio::error::would_block) << "it came by ::1";
    EXPECT_TRUE(test::run_until(io, [&] { return server.accepted() == 3; }));
}

/// Takes a connection no more: what comes is dropped, as by a firewall.
class BlackHole {
public:
    BlackHole() {
        const Tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
        full_.open(any.protocol());
        full_.bind(any);
        full_.listen(0);
        for (auto& socket : fill_) {
            socket.open(any.protocol());
            socket.native_non_blocking(true);  // Asio's own connect waits even then
            const Tcp::endpoint to = full_.local_endpoint();
            ::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size()));
        }
    }
    [[nodiscard]] Tcp::endpoint endpoint() const { return full_.local_endpoint(); }

private:
    asio::io_context io_;
    Tcp::acceptor full_{io_};
    std::array<Tcp::socket, 3> fill_{Tcp::socket(io_), Tcp::socket(io_), Tcp::socket(io_)};
};

struct Opening final : Http1Connection::Owner {
    explicit Opening(asio::io_context& io) : around(io.get_executor(), {}) {}
    ~Opening() { connection->close(); }
    void open(Endpoints to, TimePoint deadline) {
        connection = new Http1Connection(around, *this, 0);
        around.readiness.resume();
        connection->open_until(deadline);
        connection->connect(std::make_shared<const Endpoints>(std::move(to)));
    }
    void on_connected(Http1Connection& one, error_code with) override {
        EXPECT_FALSE(told);
        told = true;
        error = with;
        used = one.used_endpoint();
    }
    void on_finished(Http1Connection&, Call&, error_code) override {}
    void on_lost(Http1Connection&) override {}

    Http1Surroundings around;
    Http1ConnectionPtr connection;
    bool told = false;
    error_code error;
    std::size_t used = 0;
};

// The first address had all the time there was.
TEST(Addresses, one_that_never_answers_leaves_the_others_their_share_of_the_time) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    const BlackHole hole;
    const Tcp::endpoint good(asio::ip::address_v4::loopback(), server.port());
    asio::io_context io{1};
    for (const bool two : {false, true}) {
        Opening opening(io);
        Endpoints to{hole.endpoint(), good};
        if (two) to.insert(to.begin(), hole.endpoint());
        const TimePoint start = Clock::now();
        opening.open(to, start + 3s);
        ASSERT_TRUE(test::run_until(io, [&] { return opening.told; }));
        EXPECT_FALSE(opening.error) << opening.error.message();
        EXPECT_EQ(opening.used, to.size() - 1);
        EXPECT_GE(Clock::now() - start, two ? 2s : 1500ms);
    }
}

TEST(Addresses, the_last_one_has_what_is_left_and_then_it_is_a_timeout) {
    const BlackHole hole;
    asio::io_context io{1};
    Opening opening(io);
    const TimePoint deadline = Clock::now() + 300ms;
    opening.open({hole.endpoint(), hole.endpoint(), hole.endpoint()}, deadline);
    ASSERT_TRUE(test::run_until(io, [&] { return opening.told; }));
    EXPECT_EQ(opening.error, Condition::timeout) << opening.error.message();
    EXPECT_GE(Clock::now(), deadline);
}

// What follows the connect is not a matter of addresses.
TEST(Addresses, a_handshake_has_all_the_time_that_is_left) {
    RawServer silent([](RawConnection& c, int) { c.wait_for_close(); });
    const Tcp::endpoint there(asio::ip::address_v4::loopback(), silent.port());
    asio::io_context io{1};
    Opening opening(io);
    opening.around.tls = std::make_unique<TlsClient>(Target{});
    const TimePoint deadline = Clock::now() + 400ms;
    opening.open({there, there}, deadline);
    ASSERT_TRUE(test::run_until(io, [&] { return opening.told; }));
    EXPECT_EQ(opening.error, Condition::timeout) << opening.error.message();
    EXPECT_GE(Clock::now(), deadline);
    EXPECT_EQ(silent.accepted(), 1);
}

}  // namespace
}  // namespace volley::client
