// Addresses of packets as Asio has them, and back.
#pragma once

#include <algorithm>

#include <boost/asio/ip/address.hpp>

#include "base/endpoint.hpp"

namespace volley::net {

/// Without its zone, if it has one.
[[nodiscard]] inline IpAddress to_address(const boost::asio::ip::address& address) {
    if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
    const auto bytes = address.to_v6().to_bytes();
    return IpAddress::from_bytes(bytes).value_or(IpAddress());
}

[[nodiscard]] inline boost::asio::ip::address to_asio(const IpAddress& address) {
    namespace ip = boost::asio::ip;
    const BytesView bytes = address.bytes();
    if (address.is_v4()) {
        ip::address_v4::bytes_type v4{};
        std::copy(bytes.begin(), bytes.end(), v4.begin());
        return ip::address_v4(v4);
    }
    ip::address_v6::bytes_type v6{};
    std::copy(bytes.begin(), bytes.end(), v6.begin());
    return ip::address_v6(v6);
}

}  // namespace volley::net
