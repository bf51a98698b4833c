#include <iostream>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <volley/app/app.hpp>
#include <volley/http/url.hpp>
#include <volley/server/server.hpp>
#include <volley/verify.hpp>

namespace asio = boost::asio;

/// Its own server, on a thread of its own, verified by itself.
static volley::verify::Result verified() {
    asio::io_context loop{1};
    asio::cancellation_signal stop;
    volley::server::Server server(loop.get_executor(), volley::app::make_routes(), {});
    volley::Diagnostics why;
    if (server.listen(why)) throw std::runtime_error(why.message);
    auto on_end = [](std::exception_ptr) {};
    asio::co_spawn(loop, server.serve(), asio::bind_cancellation_slot(stop.slot(), on_end));
    std::thread thread([&] { loop.run(); });
    volley::verify::Options options;
    options.most = 10;
    options.time = std::chrono::seconds(20);
    auto result = volley::verify::url("http://127.0.0.1:" + std::to_string(server.local_port()) + "/offer?s=0.2", options);
    asio::post(loop, [&] { stop.emit(asio::cancellation_type::terminal); });
    thread.join();
    return result;
}

int main() {
    const auto url = volley::http::parse_url(":8000/offer");
    if (!url || volley::app::make_routes().list().empty()) return 1;  // the application brings every library in
    const auto result = verified();
    if (!result.unreachable.empty() || result.seen.bursts.empty() || result.record.shape != volley::verdict::Shape::async) {
        std::cerr << result.unreachable << result.record.words << '\n';
        return 1;
    }
    std::cout << url->to_string() << '\n';
}
