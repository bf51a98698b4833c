// Judges a load generator from outside: a server that stamps the instant at which each request arrives, answers 200 at once, and
// writes down the gaps between arrivals.
//   bench_arrivals
// Prints the port that it took; on SIGTERM one gap a line, in nanoseconds, in order of arrival. The stamp is the kernel's
// (SO_TIMESTAMPNS), so that a late wake of this program is not charged to the client. One thread, HTTP/1.1 with kept connections;
// a request ends at its empty line, since what is judged sends no body.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view end_of_head = "\r\n\r\n";
constexpr std::size_t most_arrivals = 10'000'000;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

void watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("bench_arrivals: epoll_ctl");
}

int listen_on_loopback(std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 1024) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
        fail("bench_arrivals: listen");
    port = ntohs(at.sin_port);
    return fd;
}

std::int64_t wall_clock() {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * second + t.tv_nsec;
}

/// Reads what has come. @return its size as recv(); `stamp` is when its last byte came in.
ssize_t read_stamped(int fd, std::array<char, 16 * 1024>& buffer, std::int64_t& stamp) {
    alignas(cmsghdr) std::array<char, 256> control{};
    iovec part{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(fd, &message, 0);
    stamp = wall_clock();  // where the kernel has none
    for (cmsghdr* c = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr; c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec t{};
        std::memcpy(&t, CMSG_DATA(c), sizeof t);
        if (t.tv_sec > 0) stamp = t.tv_sec * second + t.tv_nsec;
    }
    return n;
}

}  // namespace

int main() {
    sigset_t term;
    ::sigemptyset(&term);
    ::sigaddset(&term, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &term, nullptr);
    const int signals = ::signalfd(-1, &term, SFD_CLOEXEC);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::uint16_t port = 0;
    const int listener = listen_on_loopback(port);
    if (signals < 0 || epoll < 0) fail("bench_arrivals");
    watch(epoll, signals);
    watch(epoll, listener);
    std::printf("%u\n", static_cast<unsigned>(port));
    std::fflush(stdout);

    std::vector<std::int64_t> arrivals;
    arrivals.reserve(1'000'000);
    std::unordered_map<int, std::size_t> matched;  ///< how much of the empty line each connection has sent so far
    std::array<epoll_event, 256> events{};
    std::array<char, 16 * 1024> buffer{};
    for (bool ended = false; !ended;) {
        const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        if (n < 0 && errno != EINTR) fail("bench_arrivals: epoll_wait");
        for (int i = 0; i < n; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == signals) {
                ended = true;
            } else if (fd == listener) {
                const int peer = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (peer < 0) continue;
                const int on = 1;
                ::setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                ::setsockopt(peer, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
                watch(epoll, peer);
                matched[peer] = 0;
            } else {
                std::int64_t stamp = 0;
                const ssize_t size = read_stamped(fd, buffer, stamp);
                bool gone = size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
                std::size_t& seen = matched[fd];
                for (const char c : std::string_view(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0)) {
                    seen = c == end_of_head[seen] ? seen + 1 : c == '\r' ? 1 : 0;
                    if (seen < end_of_head.size()) continue;
                    seen = 0;
                    if (arrivals.size() < most_arrivals) arrivals.push_back(stamp);
                    if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(answer.size()))
                        gone = true;
                }
                if (!gone) continue;
                matched.erase(fd);
                ::close(fd);
            }
        }
    }
    // Two connections may be read in another order than that in which their requests came.
    std::sort(arrivals.begin(), arrivals.end());
    for (std::size_t i = 1; i < arrivals.size(); ++i)
        std::printf("%lld\n", static_cast<long long>(arrivals[i] - arrivals[i - 1]));
}
