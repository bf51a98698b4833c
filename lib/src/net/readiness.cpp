#include "net/readiness.hpp"

#include <cerrno>

#include <unistd.h>

namespace volley::net {
namespace {

/// Under load the next answers have come by the time that a batch is through, and a look that finds nothing costs less than going to sleep
/// for them. So many batches are taken before others get the loop.
constexpr int batches_in_a_row = 32;

}  // namespace

Readiness::Readiness(const boost::asio::any_io_executor& executor) : set_(executor) {}

Readiness::~Readiness() { *alive_ = false; }

error_code Readiness::open() noexcept {
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    if (set < 0) return {errno, boost::system::system_category()};
    error_code error;
    set_.assign(set, error);
    if (error) ::close(set);
    wait();
    return error;
}

error_code Readiness::add(int descriptor, Watcher& watcher) noexcept {
    if (!set_.is_open())
        if (const error_code error = open()) return error;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &watcher;
    if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
    return {errno, boost::system::system_category()};
}

void Readiness::remove(int descriptor, Watcher& watcher) noexcept {
    ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
    for (std::size_t i = next_; i < end_; ++i)
        if (batch_[i].data.ptr == &watcher) batch_[i].data.ptr = nullptr;
}

void Readiness::resume() {
    running_ = true;
    wait();
}

void Readiness::rest() {
    running_ = false;
    if (waiting_) set_.cancel();
}

void Readiness::wait() {
    if (waiting_ || !running_ || !set_.is_open()) return;
    waiting_ = true;
    set_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this, alive = alive_](boost::system::error_code ec) {
        if (!*alive) return;
        waiting_ = false;
        if (!ec && running_) dispatch();
        if (*alive) wait();
    });
}

void Readiness::dispatch() {
    const auto alive = alive_;
    for (int batch = 0; batch < batches_in_a_row && running_; ++batch) {
        const int n = ::epoll_wait(set_.native_handle(), batch_.data(), static_cast<int>(batch_.size()), 0);
        if (n <= 0) return;
        end_ = static_cast<std::size_t>(n);
        for (next_ = 0; next_ < end_;) {
            const auto& event = batch_[next_++];
            if (event.data.ptr == nullptr) continue;
            static_cast<Watcher*>(event.data.ptr)->on_ready(event.events);
            if (!*alive) return;
        }
        end_ = next_ = 0;
    }
}

}  // namespace volley::net
