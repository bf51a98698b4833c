// Coroutines of a verification, run to their end, or cancelled.
#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <volley/time.hpp>

namespace volley::verify::test {

/// @param cancel_at  from now on: terminal cancellation; empty: none
/// Throws: what leaves the task.
template <class T>
T run_on(boost::asio::io_context& io, boost::asio::awaitable<T> task, std::optional<Duration> cancel_at = {}) {
    io.restart();  // it has stopped when it was out of work
    std::optional<T> result;
    std::exception_ptr broken;
    bool over = false;
    boost::asio::cancellation_signal stop;
    auto on_end = [&](std::exception_ptr error, T value) {
        over = true;
        broken = std::move(error);
        result = std::move(value);
    };
    boost::asio::co_spawn(io, std::move(task), boost::asio::bind_cancellation_slot(stop.slot(), std::move(on_end)));
    boost::asio::steady_timer timer(io);
    if (cancel_at) {
        timer.expires_after(*cancel_at);
        timer.async_wait([&](boost::system::error_code ec) {
            if (!ec && !over) stop.emit(boost::asio::cancellation_type::terminal);
        });
    }
    while (!over) io.run_one();
    timer.cancel();
    io.poll();
    if (broken) std::rethrow_exception(broken);
    return std::move(*result);
}

}  // namespace volley::verify::test
