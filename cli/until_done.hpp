// Runs one long piece of work on an event loop, and ends it early by Ctrl-C.
#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <volley/net/signals.hpp>

#include "live_line.hpp"

namespace volley::cli {

template <class T>
struct Ended {
    T value;
    int signal = 0;  ///< that asked for the end; 0: it ended by itself
};

/// @param work  is cancelled by the first SIGINT or SIGTERM; the second ends the program.
/// Throws: what leaves `work`.
template <class T>
Ended<T> until_done(boost::asio::awaitable<T> work, LiveLine& line) {
    boost::asio::io_context io{1};
    boost::asio::cancellation_signal stop;
    const net::SignalWatch signals(io.get_executor(), [&](int) {
        line.show("stopping; once more to quit at once");
        stop.emit(boost::asio::cancellation_type::terminal);
    });
    std::optional<T> result;
    std::exception_ptr broken;
    auto on_end = [&](std::exception_ptr error, T value) {
        broken = std::move(error);
        result = std::move(value);
    };
    boost::asio::co_spawn(io, std::move(work), boost::asio::bind_cancellation_slot(stop.slot(), std::move(on_end)));
    while (!result) io.run_one();  // the signal watch alone would keep run() from returning
    line.clear();
    if (broken) std::rethrow_exception(broken);
    return {std::move(*result), signals.received()};
}

}  // namespace volley::cli
