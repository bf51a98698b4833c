// A server of exact bytes: says what a test tells it to, and nothing else.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace volley::test {

/// One accepted connection, blocking, for a script.
class RawConnection {
public:
    explicit RawConnection(int fd) : fd_(fd) {}
    /// Reads up to the end of a request head and the body that Content-Length announces. Empty when the client has closed.
    std::string read_request();
    /// @return false when the client does not take it.
    bool send(std::string_view bytes);
    /// Ends with RST instead of FIN.
    void reset();
    void wait_for_close();
    /// For scripts that speak more than plain bytes; closed when the script returns.
    [[nodiscard]] int descriptor() const noexcept { return fd_; }

private:
    int fd_;
};

/// Listens on 127.0.0.1 and gives each connection to the script, one thread each.
class RawServer {
public:
    using Script = std::function<void(RawConnection&, int index)>;
    explicit RawServer(Script script);
    ~RawServer();
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] int accepted() const noexcept { return accepted_; }
    /// Connections whose script still runs.
    [[nodiscard]] std::size_t open() {
        const std::lock_guard lock(mutex_);
        return open_.size();
    }

private:
    void accept_loop();

    Script script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> accepted_{0};
    std::mutex mutex_;
    std::vector<int> open_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

inline constexpr std::string_view ok_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A script: every request of a connection is answered with that.
inline void answer_all(RawConnection& c, int) {
    while (!c.read_request().empty()) c.send(ok_answer);
}

}  // namespace volley::test
