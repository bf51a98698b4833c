// A client of exact bytes: sends what a test tells it to, and reads what comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace volley::test {

/// Waits until something holds; generous, because a test must not depend on speed. @return whether it did.
bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds longest = std::chrono::seconds(30));

/// A blocking connection to 127.0.0.1. A read that takes 30 s fails the test.
class RawClient {
public:
    explicit RawClient(std::uint16_t port, int receive_buffer = 0);
    RawClient(RawClient&& other) noexcept;
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient();

    /// Sends all of it. @return false when the peer no longer takes it.
    bool send(std::string_view bytes);
    void get(std::string_view target) { send("GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n\r\n"); }

    struct Answer {
        int status = 0;                              ///< 0: closed before a head was complete
        std::map<std::string, std::string> headers;  ///< names in lower case
        std::string body;
        bool whole = false;  ///< the body came to its end
    };
    /// Reads one answer, chunked or by length. @param head_only  the request was HEAD.
    Answer read_answer(bool head_only = false);
    /// Everything up to the close.
    std::string read_all();
    /// True when the peer has closed, by FIN or reset, before another byte.
    bool at_end();
    /// True when the peer has ended the connection with a reset, before another byte.
    bool was_reset();
    /// Waits for a byte, and leaves it for the next read. @return false when the peer has closed instead.
    bool has_byte() { return !buffer_.empty() || fill(); }

    void shutdown_send();
    void close();
    /// Ends with RST instead of FIN.
    void reset();

private:
    bool fill();

    int fd_ = -1;
    std::string buffer_;
};

}  // namespace volley::test
