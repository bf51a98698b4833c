// Which of many sockets are ready, with one wait of the event loop for all of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <sys/epoll.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <volley/error.hpp>

namespace volley::net {

/// An epoll set of its own that stands in the event loop as one descriptor. Asio's waits cost an epoll_ctl(2) and some locks each, which
/// for a client of small requests is a tenth of all that it does; here a socket is registered once, edge-triggered, for all its life.
/// Thread safety: none; all on the executor's thread.
class Readiness {
public:
    class Watcher {
    public:
        /// @param events  EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. Edge-triggered (epoll(7)): a short read exhausts the socket
        ///                only where none of the latter three is there. May add and remove watchers, itself too.
        virtual void on_ready(std::uint32_t events) = 0;

    protected:
        ~Watcher() = default;
    };

    explicit Readiness(const boost::asio::any_io_executor& executor);
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;
    ~Readiness();

    /// Errors: those of epoll_create1(2) and epoll_ctl(2), above all that no descriptor is left.
    [[nodiscard]] error_code add(int descriptor, Watcher& watcher) noexcept;
    /// Before the descriptor is closed and the watcher dies.
    void remove(int descriptor, Watcher& watcher) noexcept;

    /// Keeps the event loop running and looks, from now on; not at first.
    void resume();
    /// Lets the loop end. What happens meanwhile is told of after resume().
    void rest();

private:
    [[nodiscard]] error_code open() noexcept;
    static constexpr std::size_t batch_size = 256;
    void wait();
    void dispatch();

    boost::asio::posix::stream_descriptor set_;
    std::array<epoll_event, batch_size> batch_{};
    std::size_t next_ = 0;  ///< of the batch that is being told of
    std::size_t end_ = 0;
    bool running_ = false;
    bool waiting_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // a handler may run after us
};

}  // namespace volley::net
