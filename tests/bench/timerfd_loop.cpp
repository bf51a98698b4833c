// How late the system alone wakes a thread that wants to run at planned instants: a timerfd set to the next instant, an epoll, and
// nothing else. What a load generator is late beyond this is its own.
//   bench_timerfd_loop RATE SECONDS
// Prints the 50th and the 99th percentile of the lag in nanoseconds. An instant that a late wake has skipped counts with its own lag.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

constexpr std::int64_t second = 1'000'000'000;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

std::int64_t now() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * second + t.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
    const double rate = argc == 3 ? std::atof(argv[1]) : 0;
    const double seconds = argc == 3 ? std::atof(argv[2]) : 0;
    if (!(rate > 0) || !(seconds > 0) || rate * seconds < 1 || rate * seconds > 1e8) {
        std::fputs("usage: bench_timerfd_loop RATE SECONDS\n", stderr);
        return 2;
    }
    const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (timer < 0 || epoll < 0) fail("bench_timerfd_loop");
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event) != 0) fail("bench_timerfd_loop: epoll_ctl");

    std::vector<std::int64_t> lags;
    const auto n = static_cast<std::size_t>(rate * seconds);
    lags.reserve(n);
    const std::int64_t start = now() + second / 10;
    const auto planned = [&](std::size_t i) { return start + static_cast<std::int64_t>(static_cast<double>(i) * 1e9 / rate); };
    while (lags.size() < n) {
        const std::int64_t next = planned(lags.size());
        const itimerspec when{{0, 0}, {next / second, next % second}};
        if (::timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr) != 0) fail("bench_timerfd_loop: timerfd_settime");
        if (::epoll_wait(epoll, &event, 1, -1) < 0 && errno != EINTR) fail("bench_timerfd_loop: epoll_wait");
        std::uint64_t expired = 0;
        (void)!::read(timer, &expired, sizeof expired);
        const std::int64_t woken = now();
        while (lags.size() < n && planned(lags.size()) <= woken) lags.push_back(woken - planned(lags.size()));
    }
    std::sort(lags.begin(), lags.end());
    const auto quantile = [&](double q) { return lags[static_cast<std::size_t>(q * static_cast<double>(n - 1))]; };
    std::printf("%lld %lld\n", static_cast<long long>(quantile(0.50)), static_cast<long long>(quantile(0.99)));
}
