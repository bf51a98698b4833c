// Views as classes, asynchronous and not: an endpoint that sleeps, in the forms that it can be written in.
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <volley/server/server.hpp>
#include <volley/view.hpp>

using volley::view::awaitable;
using volley::view::Request;
using volley::view::Response;

constexpr auto nap = std::chrono::milliseconds(200);

awaitable<void> sleep_a_while() {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, nap);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

struct Offer {
    awaitable<Response> post(const Request&) {
        co_await sleep_a_while();
        co_return Response::json("{\"slept\": 0.2}\n");
    }
};

/// The same, written without a thought for the event loop. It runs on the thread that all such views share.
struct SyncOffer {
    Response post(const Request&) {
        std::this_thread::sleep_for(nap);
        return Response::json("{\"slept\": 0.2}\n");
    }
};

/// One function for every method.
struct CallOffer {
    awaitable<Response> operator()(const Request& request) {
        co_await sleep_a_while();
        co_return Response::text(request.method + " slept\n");
    }
};

int main(int argc, char** argv) {
    volley::view::Routes routes;
    routes.add("/offer", Offer{}).add("/sync", SyncOffer{}).add("/call", CallOffer{});
    volley::server::Options options;
    options.port = argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : std::uint16_t{8000};
    return volley::server::run(std::move(routes), options);
}
