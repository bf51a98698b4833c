#include "server/listener.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <boost/asio/ip/v6_only.hpp>

#include <volley/http/message.hpp>

namespace volley::server {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

Result<tcp::acceptor> open_one(const asio::any_io_executor& executor, const tcp::endpoint& endpoint, int backlog) {
    tcp::acceptor acceptor(executor);
    error_code ec;
    acceptor.open(endpoint.protocol(), ec);
    // On Linux this allows a port whose old connections linger, not one that somebody listens on.
    if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec && endpoint.address().is_v6() && !endpoint.address().is_unspecified())
        acceptor.set_option(asio::ip::v6_only(true), ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(backlog, ec);
    if (ec) return ec;
    return acceptor;
}

Result<std::vector<asio::ip::address>> addresses_of(const asio::any_io_executor& executor, const std::string& host,
                                                    Diagnostics& why) {
    if (http::iequals(host, "localhost"))
        return std::vector<asio::ip::address>{asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
    error_code ec;
    if (const auto address = asio::ip::make_address(host, ec); !ec) return std::vector{address};
    tcp::resolver resolver(executor);
    const auto found = resolver.resolve(host, "", tcp::resolver::passive, ec);
    std::vector<asio::ip::address> addresses;
    for (const auto& entry : found) {
        const auto address = entry.endpoint().address();
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
    }
    if (ec || addresses.empty()) {
        why.message = fmt::format("cannot listen on '{}': this machine has no such name or address", escape_for_terminal(host));
        return make_error_code(NetErrc::not_resolved);
    }
    return addresses;
}

std::string explain(const tcp::endpoint& endpoint, const error_code& ec) {
    const auto text = endpoint.address().is_v6() ? fmt::format("[{}]:{}", endpoint.address().to_string(), endpoint.port())
                                                 : fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
    if (ec == asio::error::address_in_use)
        return fmt::format(
            "cannot listen on {}: another program has this port; end it, choose another port, or 0 to have a free one picked",
            text);
    if (ec == asio::error::access_denied)
        return fmt::format("cannot listen on {}: ports below 1024 are for the administrator; choose one above, or 0", text);
    if (ec == boost::system::errc::address_not_available)
        return fmt::format("cannot listen on {}: this machine does not have that address", text);
    return fmt::format("cannot listen on {}: {}", text, ec.message());
}

}  // namespace

Result<std::vector<tcp::acceptor>> open_listeners(const asio::any_io_executor& executor, const std::string& host,
                                                  std::uint16_t port, int backlog, Diagnostics& why) {
    const auto addresses = addresses_of(executor, host, why);
    if (!addresses) return addresses.error();
    // A port picked on the first address may be taken on the second: then the pick was bad luck, not an error.
    for (int tries = port == 0 ? 16 : 1;; --tries) {
        std::vector<tcp::acceptor> acceptors;
        std::uint16_t picked = port;
        error_code failed;
        for (const auto& address : *addresses) {
            auto acceptor = open_one(executor, {address, picked}, backlog);
            if (!acceptor) {
                const bool no_ipv6 = address.is_v6() && !acceptors.empty() &&
                                     (acceptor.error() == boost::system::errc::address_not_available ||
                                      acceptor.error() == boost::system::errc::address_family_not_supported);
                if (no_ipv6) continue;
                failed = acceptor.error();
                why.message = explain({address, picked}, failed);
                break;
            }
            error_code ec;
            picked = acceptor->local_endpoint(ec).port();
            acceptors.push_back(std::move(*acceptor));
        }
        if (!failed) return acceptors;
        if (tries <= 1 || failed != asio::error::address_in_use) return failed;
    }
}

}  // namespace volley::server
