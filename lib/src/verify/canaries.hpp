// Small requests beside a burst: how long does anybody else wait meanwhile?
#pragma once

#include <functional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <volley/client/transport.hpp>
#include <volley/verdict/observation.hpp>

#include "client/resolve.hpp"
#include "net/task_group.hpp"

namespace volley::verify {

/// What became of one.
struct CanaryEnd {
    int status = 0;
    metrics::Outcome outcome = metrics::Outcome::cancelled;
};
/// Sends one on a fresh connection and waits for what comes back.
using SendCanary = std::function<boost::asio::awaitable<CanaryEnd>(TimePoint planned)>;

/// Sends `request`; any answer will do.
[[nodiscard]] SendCanary app_canary(const boost::asio::any_io_executor& executor, client::Target target, http::Request request);
/// A malformed request line, which a server's parser answers without asking the application; being closed is an answer. For https inside
/// TLS, with the target's certificates and verification: the handshake is part of its time, idle or not.
/// @param where  the addresses of `target`
[[nodiscard]] SendCanary parser_canary(const boost::asio::any_io_executor& executor, const client::Target& target,
                                       client::Endpoints where);

/// Sends one every so often, never more than two at a time: they would pile up on a blocked server, and count as connections.
/// Beside one burst: started and stopped once.
/// Thread safety: none; all on the executor's thread. Lifetime: from start() on, stop() must be awaited.
class Canaries {
public:
    Canaries(boost::asio::any_io_executor executor, SendCanary send, Duration every)
        : executor_(executor), send_(std::move(send)), every_(every), tasks_(executor), freed_(executor) {}

    /// From now on; their times count from `origin`.
    void start(TimePoint origin);
    /// Sends none any more, waits for those that are out until `patience` has passed, and hands over what there was.
    boost::asio::awaitable<std::vector<verdict::Canary>> stop(Duration patience);

private:
    boost::asio::awaitable<void> tick();
    boost::asio::awaitable<void> send_one(TimePoint planned, std::size_t index);

    boost::asio::any_io_executor executor_;
    SendCanary send_;
    Duration every_;
    net::TaskGroup tasks_;
    boost::asio::steady_timer freed_;
    TimePoint origin_{};
    int out_ = 0;
    bool stopping_ = false;
    std::vector<verdict::Canary> seen_;
};

}  // namespace volley::verify
