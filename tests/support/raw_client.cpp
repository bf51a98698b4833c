#include "support/raw_client.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace volley::test {

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds longest) {
    const auto deadline = std::chrono::steady_clock::now() + longest;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

RawClient::RawClient(std::uint16_t port, int receive_buffer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) throw std::runtime_error("RawClient: no socket");
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval limit{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
        close();
        throw std::runtime_error("RawClient: cannot connect");
    }
}

RawClient::RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
RawClient::~RawClient() { close(); }

void RawClient::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

void RawClient::shutdown_send() { ::shutdown(fd_, SHUT_WR); }

void RawClient::reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool RawClient::fill() {
    char chunk[16384];
    const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("RawClient: nothing came for 30 s");
    if (n <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return true;
}

std::string RawClient::read_all() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

bool RawClient::at_end() { return buffer_.empty() && !fill(); }

bool RawClient::was_reset() {
    errno = 0;
    return at_end() && errno == ECONNRESET;
}

RawClient::Answer RawClient::read_answer(bool head_only) {
    Answer answer;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return answer;
    const std::string head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    answer.status = std::stoi(head.substr(9, 3));
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
        const std::size_t eol = head.find("\r\n", at);
        const std::size_t colon = head.find(':', at);
        std::string name = head.substr(at, colon - at);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        answer.headers[name] = head.substr(colon + 2, eol - colon - 2);
        at = eol + 2;
    }
    answer.whole = true;
    if (head_only || answer.status == 204 || answer.status == 304 || answer.status < 200) return answer;
    const auto take = [&](std::size_t n) {
        while (buffer_.size() < n)
            if (!fill()) answer.whole = false, n = buffer_.size();
        std::string taken = buffer_.substr(0, n);
        buffer_.erase(0, n);
        return taken;
    };
    if (const auto length = answer.headers.find("content-length"); length != answer.headers.end()) {
        answer.body = take(std::stoul(length->second));
    } else if (answer.headers.contains("transfer-encoding")) {
        for (;;) {
            std::size_t eol = 0;
            while ((eol = buffer_.find("\r\n")) == std::string::npos)
                if (!fill()) {
                    answer.whole = false;
                    return answer;
                }
            const std::size_t size = std::stoul(take(eol + 2), nullptr, 16);
            answer.body += take(size);
            take(2);
            if (size == 0 || !answer.whole) break;
        }
    } else {
        answer.body = read_all();
    }
    return answer;
}

}  // namespace volley::test
