#include "client/resolve.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace volley::client {
namespace asio = boost::asio;
using asio::ip::tcp;

asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port) {
    std::vector<tcp::endpoint> endpoints;
    if (host == "localhost" || host.ends_with(".localhost")) {
        endpoints.emplace_back(asio::ip::address_v6::loopback(), port);
        endpoints.emplace_back(asio::ip::address_v4::loopback(), port);
        co_return endpoints;
    }
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(host, ec);
    if (!ec) {
        endpoints.emplace_back(address, port);
        co_return endpoints;
    }
    tcp::resolver resolver(co_await asio::this_coro::executor);
    auto [error, results] = co_await resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                                                            asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return NetErrc::cancelled;
    if (error || results.empty()) co_return NetErrc::not_resolved;
    for (const auto& entry : results) endpoints.push_back(entry.endpoint());
    co_return endpoints;
}

}  // namespace volley::client
