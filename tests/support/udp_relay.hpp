// A way over UDP that loses, delays and reorders, and that a test can record and send from.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/udp_socket.hpp"
#include "support/lossy_link.hpp"

namespace volley::test {

/// Stands before one port: what comes to endpoint() goes there, from a port of its own for each client, and what comes back goes back.
/// On the executor's thread.
class UdpRelay {
public:
    UdpRelay(const boost::asio::any_io_executor& executor, net::UdpBatch& batch, const Endpoint& target, LinkModel model = {},
             std::uint64_t seed = 1)
        : executor_(executor),
          batch_(batch),
          target_(target),
          model_(model),
          seed_(seed),
          front_(executor, batch),
          timer_(executor) {
        open(front_);
        front_.start([this](TimePoint at, std::span<const net::UdpDatagram> datagrams) {
            for (const auto& d : datagrams) take(at, client(d.remote).up, d.bytes);
            move(at);
        });
    }
    UdpRelay(const UdpRelay&) = delete;
    UdpRelay& operator=(const UdpRelay&) = delete;
    ~UdpRelay() { *alive_ = false; }

    [[nodiscard]] const Endpoint& endpoint() const { return front_.local_endpoint(); }
    /// To the target, as if that client had sent it.
    void send_as(const Endpoint& from, BytesView bytes) { send(client(from).back, target_, bytes); }
    /// All that has come, once more, in both directions.
    void replay() {
        for (auto& [from, client] : clients_) {
            for (const auto& bytes : client->up.seen) send(client->back, target_, bytes);
            for (const auto& bytes : client->down.seen) send(front_, from, bytes);
        }
    }
    [[nodiscard]] std::size_t seen() const {
        std::size_t out = 0;
        for (const auto& [from, client] : clients_) out += client->up.seen.size() + client->down.seen.size();
        return out;
    }

private:
    struct Direction {
        LossyLink link;
        std::vector<Bytes> seen;
    };
    struct Client {
        Client(const boost::asio::any_io_executor& executor, net::UdpBatch& batch, LinkModel model, std::uint64_t seed)
            : back(executor, batch), up{{model, seed}, {}}, down{{model, seed + 1}, {}} {}
        net::UdpSocket back;
        Direction up;
        Direction down;
    };

    static void open(net::UdpSocket& socket) {
        if (const error_code error = socket.open({IpAddress::v4(0x7f000001), 0}))
            throw std::runtime_error("a relay cannot open a socket: " + error.message());
    }
    static void send(net::UdpSocket& from, const Endpoint& to, BytesView bytes) {
        const net::UdpDatagram datagram{{}, to, bytes};
        from.send({&datagram, 1});
    }
    static void take(TimePoint at, Direction& direction, BytesView bytes) {
        direction.seen.emplace_back(bytes.begin(), bytes.end());
        direction.link.send(at, Bytes(bytes.begin(), bytes.end()));
    }

    Client& client(const Endpoint& from) {
        auto& found = clients_[from];
        if (found != nullptr) return *found;
        found = std::make_unique<Client>(executor_, batch_, model_, seed_ += 2);
        open(found->back);
        found->back.start([this, &client = *found](TimePoint at, std::span<const net::UdpDatagram> datagrams) {
            for (const auto& d : datagrams) take(at, client.down, d.bytes);
            move(at);
        });
        return *found;
    }

    void move(TimePoint now) {
        std::optional<TimePoint> next;
        for (auto& [from, client] : clients_) {
            while (const auto bytes = client->up.link.receive(now)) send(client->back, target_, *bytes);
            while (const auto bytes = client->down.link.receive(now)) send(front_, from, *bytes);
            next = earlier(next, earlier(client->up.link.next(), client->down.link.next()));
        }
        if (!next) return;
        timer_.expires_at(*next);
        timer_.async_wait([this, alive = alive_](boost::system::error_code error) {
            if (!error && *alive) move(Clock::now());
        });
    }

    boost::asio::any_io_executor executor_;
    net::UdpBatch& batch_;
    Endpoint target_;
    LinkModel model_;
    std::uint64_t seed_;
    net::UdpSocket front_;
    boost::asio::steady_timer timer_;
    std::map<Endpoint, std::unique_ptr<Client>> clients_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace volley::test
