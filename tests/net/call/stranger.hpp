// One who sends a port what a test wants, and keeps what comes back.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "base/random.hpp"
#include "net/udp_socket.hpp"
#include "proto/stun/message.hpp"

namespace volley::test {

/// The value of a line of a description.
inline std::string value_of(const std::string& text, const std::string& name) {
    const std::size_t at = text.find("\na=" + name + ":");
    if (at == std::string::npos) return {};
    const std::size_t from = at + name.size() + 4;
    return text.substr(from, text.find('\r', from) - from);
}

/// A check of a controlling agent.
inline Bytes check_of(RandomSource& random, const std::string& ufrag, std::string_view password, bool with_fingerprint = true,
                      bool nominates = false) {
    namespace stun = proto::stun;
    stun::TransactionId id{};
    random.fill(id);
    stun::MessageBuilder out(stun::MessageClass::request, stun::Method::binding, id);
    out.text(stun::Attribute::username, ufrag + ":stranger").u32(stun::Attribute::priority, 1 << 30);
    out.u64(stun::Attribute::ice_controlling, ~std::uint64_t{0});
    if (nominates) out.flag(stun::Attribute::use_candidate);
    out.integrity(bytes_of(password));
    if (with_fingerprint) out.fingerprint();
    return out.finish();
}

class Stranger {
public:
    Stranger(boost::asio::io_context& io, net::UdpBatch& batch, std::string_view bind = "127.0.0.1")
        : socket(io.get_executor(), batch) {
        EXPECT_FALSE(socket.open({*IpAddress::parse(bind), 0}));
        socket.start([this](TimePoint, std::span<const net::UdpDatagram> came) {
            for (const auto& one : came) datagrams.emplace_back(one.remote, Bytes(one.bytes.begin(), one.bytes.end()));
        });
    }
    void send(const Endpoint& to, BytesView bytes) {
        const net::UdpDatagram datagram{{}, to, bytes};
        socket.send({&datagram, 1});
    }
    /// Where messages of a kind have come from.
    [[nodiscard]] std::vector<Endpoint> from(proto::stun::MessageClass kind) const {
        std::vector<Endpoint> out;
        for (const auto& [remote, bytes] : datagrams)
            if (const auto message = proto::stun::MessageView::parse(bytes); message && message->message_class() == kind)
                out.push_back(remote);
        return out;
    }
    [[nodiscard]] std::size_t checks() const { return from(proto::stun::MessageClass::request).size(); }

    net::UdpSocket socket;
    std::vector<std::pair<Endpoint, Bytes>> datagrams;  ///< and where they came from
};

}  // namespace volley::test
