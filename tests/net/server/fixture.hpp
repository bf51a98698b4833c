// A server on a thread of its own, and views that a test can hold still.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <volley/server/server.hpp>
#include <volley/view.hpp>

namespace volley::test {

/// Runs a server until it is stopped or destroyed.
class LiveServer {
public:
    LiveServer(view::Routes routes, server::Options options);
    LiveServer(const LiveServer&) = delete;
    LiveServer& operator=(const LiveServer&) = delete;
    ~LiveServer();

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] view::Gauge::Count count(const std::string& route) const;
    [[nodiscard]] std::size_t connections() const;  ///< asks the loop
    [[nodiscard]] std::size_t connection_limit() const;
    [[nodiscard]] std::vector<std::string> errors() const;
    [[nodiscard]] std::vector<std::string> notices() const;
    [[nodiscard]] std::vector<int> statuses() const;  ///< of the access log
    /// Cancels serve() and waits for its end.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Waits without holding the thread.
view::awaitable<void> pause(std::chrono::milliseconds time);

/// A gate that views stand in front of until the test opens it.
struct Gate {
    std::atomic<bool> open{false};
    std::atomic<int> cancelled{0};
    std::mutex mutex;
    std::set<std::thread::id> threads;  ///< that views ran on
    void note_thread() {
        const std::scoped_lock lock(mutex);
        threads.insert(std::this_thread::get_id());
    }
    [[nodiscard]] std::size_t thread_count() {
        const std::scoped_lock lock(mutex);
        return threads.size();
    }
};

/// Routes: /wait (asynchronous, stands at the gate), /block (synchronous, the same), /block-pool (synchronous, on the pool),
/// /ping, /echo (body back), /throw, /split (a header
/// with a line break), /stream (three chunks), /endless, /short and /long (a stream shorter or longer than it
/// says), /big (4 MiB).
view::Routes gated_routes(const std::shared_ptr<Gate>& gate);

inline server::Options options_of(std::string_view kind) {
    server::Options options;
    options.kind = *server::parse_kind(kind);
    return options;
}

}  // namespace volley::test
