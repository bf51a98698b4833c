#include "support/raw_server.hpp"

#include <algorithm>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace volley::test {

std::string RawConnection::read_request() {
    std::string text;
    std::size_t wanted = std::string::npos;
    char buffer[4096];
    for (;;) {
        if (wanted == std::string::npos) {
            if (const auto end = text.find("\r\n\r\n"); end != std::string::npos) {
                wanted = end + 4;
                if (const auto at = text.find("Content-Length: "); at < end) wanted += std::stoul(text.substr(at + 16));
            }
        }
        if (text.size() >= wanted) return text;
        const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
        if (n <= 0) return {};
        text.append(buffer, static_cast<std::size_t>(n));
    }
}

bool RawConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

void RawConnection::reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

void RawConnection::wait_for_close() {
    char buffer[4096];
    while (::recv(fd_, buffer, sizeof buffer, 0) > 0) {
    }
}

RawServer::RawServer(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 1024) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

void RawServer::accept_loop() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const std::lock_guard lock(mutex_);
        open_.push_back(fd);
        const int index = accepted_++;
        threads_.emplace_back([this, fd, index] {
            RawConnection connection(fd);
            script_(connection, index);
            const std::lock_guard inner(mutex_);
            std::erase(open_, fd);
            ::close(fd);
        });
    }
}

RawServer::~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
        const std::lock_guard lock(mutex_);
        for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (auto& t : threads_) t.join();
}

}  // namespace volley::test
