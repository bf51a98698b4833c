#include "client/resolve.hpp"

#include <memory>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace volley::client {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct Lookup {
    Lookup(const asio::any_io_executor& executor, TimePoint deadline) : resolver(executor), wait(executor, deadline) {}
    tcp::resolver resolver;
    asio::steady_timer wait;
    boost::system::error_code error;
    tcp::resolver::results_type results;
    bool done = false;
};

}  // namespace

asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port, TimePoint deadline) {
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
    // getaddrinfo() can be neither cancelled nor given a time limit: it runs on Asio's own thread, and after the deadline nobody
    // waits for it any more. That is why the answer goes to a place that outlives this coroutine.
    const auto executor = co_await asio::this_coro::executor;
    const auto lookup = std::make_shared<Lookup>(executor, deadline);
    lookup->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                                   [lookup](boost::system::error_code e, tcp::resolver::results_type results) {
                                       lookup->error = e;
                                       lookup->results = std::move(results);
                                       lookup->done = true;
                                       lookup->wait.cancel();
                                   });
    const auto [waited] = co_await lookup->wait.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!lookup->done) {
        lookup->resolver.cancel();
        co_return waited ? NetErrc::cancelled : NetErrc::timed_out;
    }
    if (lookup->error || lookup->results.empty()) co_return NetErrc::not_resolved;
    for (const auto& entry : lookup->results) endpoints.push_back(entry.endpoint());
    co_return endpoints;
}

}  // namespace volley::client
