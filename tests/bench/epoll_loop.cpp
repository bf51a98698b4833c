// The least that a client of kept connections can do: one thread, one epoll, the same request again whenever something has come
// back. It parses nothing and times nothing, so its processor time is the system's share of a load generator's.
//   bench_epoll_loop PORT CONNECTIONS SECONDS
// Prints the number of answers. Every read is taken for one answer: the answers must be small and their server on loopback.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("bench_epoll_loop: socket");
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail("bench_epoll_loop: connect");
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: bench_epoll_loop PORT CONNECTIONS SECONDS\n", stderr);
        return 2;
    }
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    const int connections = std::atoi(argv[2]);
    const auto time = std::chrono::duration<double>(std::atof(argv[3]));
    const std::string request = "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n\r\n";
    const auto ask = [&](int fd) {
        // A request is far smaller than the buffer of a socket that has nothing else to send.
        if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
            fail("bench_epoll_loop: send");
    };

    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) fail("bench_epoll_loop: epoll_create1");
    for (int i = 0; i < connections; ++i) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = connect_to(port);
        if (::epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) != 0) fail("bench_epoll_loop: epoll_ctl");
        ask(event.data.fd);
    }
    const auto end = std::chrono::steady_clock::now() + time;
    std::uint64_t answers = 0;
    std::array<epoll_event, 1024> events{};
    std::array<char, 16 * 1024> buffer{};
    while (std::chrono::steady_clock::now() < end) {
        const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 100);
        if (n < 0 && errno != EINTR) fail("bench_epoll_loop: epoll_wait");
        for (int i = 0; i < n; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (::recv(fd, buffer.data(), buffer.size(), 0) <= 0) {
                std::fputs("bench_epoll_loop: the server has closed a connection\n", stderr);
                return 1;
            }
            ++answers;
            ask(fd);
        }
    }
    std::printf("%llu\n", static_cast<unsigned long long>(answers));
}
