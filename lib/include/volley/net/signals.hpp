// SIGINT and SIGTERM as an orderly end.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

namespace volley::net {

/// While it lives, the first SIGINT or SIGTERM calls `on_signal` on the executor, with the number; a second one ends the process at
/// once with 128 + number. Only one at a time in a process.
class SignalWatch {
public:
    SignalWatch(boost::asio::any_io_executor executor, std::function<void(int)> on_signal);
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;
    ~SignalWatch();
    /// The signal that came, 0 before.
    [[nodiscard]] int received() const noexcept;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Ignores SIGPIPE and raises the soft limit of descriptors to the hard one. Call once at the start of a program.
/// @return the limit that holds now.
std::size_t raise_descriptor_limit() noexcept;

}  // namespace volley::net
