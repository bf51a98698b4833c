#include "net/curl_multi.hpp"

#include <new>

#include <unistd.h>

#include <curl/curl.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace volley::net {
namespace asio = boost::asio;

/// A descriptor that curl wants watched. `fd` belongs to curl: it is released, never closed, by us.
struct CurlMulti::Socket {
    Socket(const asio::any_io_executor& executor, int number) : descriptor(executor), fd(number) {}
    ~Socket() { forget(); }
    void forget() {
        wanted = 0;
        if (descriptor.is_open()) descriptor.release();
    }
    asio::posix::stream_descriptor descriptor;
    int fd;
    int wanted = 0;
    bool reading = false;
    bool writing = false;
};

struct CurlMulti::Transfer {
    explicit Transfer(const asio::any_io_executor& executor) : ended(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer ended;
    std::function<void()> stirred;
    bool done = false;
    int result = -1;
};

CurlMulti::CurlMulti(asio::any_io_executor executor) : executor_(std::move(executor)), timer_(executor_) {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (global != CURLE_OK) throw std::bad_alloc();
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlMulti::~CurlMulti() {
    *alive_ = false;
    timer_.cancel();
    while (!transfers_.empty()) finish(transfers_.begin()->first, -1);
    // Closing idle connections calls back: the callbacks must not find a half-dead object.
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
    sockets_.clear();
    curl_multi_cleanup(multi_);
}

int CurlMulti::on_socket(CURL* /*easy*/, int fd, int what, void* self, void* /*socket*/) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (what == CURL_POLL_REMOVE) {
        // Now, while the number is still this socket's: curl closes it next, or wants it again, and a handler may keep the entry alive.
        if (const auto found = multi.sockets_.find(fd); found != multi.sockets_.end()) {
            found->second->forget();
            multi.sockets_.erase(found);
        }
        return 0;
    }
    try {
        multi.watch(fd, what);
    } catch (...) {
        multi.broken_ = true;
    }
    return multi.broken_ ? -1 : 0;
}

void CurlMulti::watch(int fd, int wanted) {
    auto found = sockets_.find(fd);
    if (found == sockets_.end()) {
        const auto made = std::make_shared<Socket>(executor_, fd);
        boost::system::error_code error;
        made->descriptor.assign(fd, error);
        if (error) {
            broken_ = true;
            return;
        }
        found = sockets_.emplace(fd, made).first;
    }
    found->second->wanted = wanted;
    watch(found->second);
}

void CurlMulti::watch(const std::shared_ptr<Socket>& socket) {
    const std::weak_ptr<Socket> weak = socket;
    if ((socket->wanted & CURL_POLL_IN) != 0 && !socket->reading) {
        socket->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                      [this, weak, alive = alive_](boost::system::error_code ec) {
                                          const auto s = weak.lock();
                                          if (!*alive || !s) return;
                                          s->reading = false;
                                          if (ec == asio::error::operation_aborted) return;
                                          if ((s->wanted & CURL_POLL_IN) != 0)
                                              action(s->fd, ec ? CURL_CSELECT_ERR : CURL_CSELECT_IN);
                                          if (*alive && sockets_.count(s->fd) != 0 && sockets_[s->fd] == s) watch(s);
                                      });
        socket->reading = true;  // only now: it may have thrown
    }
    if ((socket->wanted & CURL_POLL_OUT) != 0 && !socket->writing) {
        socket->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                                      [this, weak, alive = alive_](boost::system::error_code ec) {
                                          const auto s = weak.lock();
                                          if (!*alive || !s) return;
                                          s->writing = false;
                                          if (ec == asio::error::operation_aborted) return;
                                          if ((s->wanted & CURL_POLL_OUT) != 0)
                                              action(s->fd, ec ? CURL_CSELECT_ERR : CURL_CSELECT_OUT);
                                          if (*alive && sockets_.count(s->fd) != 0 && sockets_[s->fd] == s) watch(s);
                                      });
        socket->writing = true;
    }
}

/// Before curl closes a socket: afterwards its number may belong to another thread's.
int CurlMulti::on_close(void* self, int fd) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (const auto found = multi.sockets_.find(fd); found != multi.sockets_.end()) found->second->forget();
    return ::close(fd);
}

int CurlMulti::on_timer(CURLM* /*multi*/, long timeout_ms, void* self) {
    auto& multi = *static_cast<CurlMulti*>(self);
    try {
        multi.timer_.cancel();
        if (timeout_ms < 0) return 0;
        // Never from inside this callback: curl forbids it, and a timer of 0 ms is due on the next turn of the loop.
        multi.timer_.expires_after(std::chrono::milliseconds(timeout_ms));
        multi.timer_.async_wait([&multi, alive = multi.alive_](boost::system::error_code ec) {
            if (!ec && *alive) multi.action(CURL_SOCKET_TIMEOUT, 0);
        });
    } catch (...) {
        multi.broken_ = true;  // curl is not told: curl_multi_add_handle() would leave a handle half added
    }
    return 0;
}

void CurlMulti::action(int fd, int events) {
    if (fd != CURL_SOCKET_TIMEOUT)
        for (const auto& [easy, transfer] : transfers_)
            if (transfer->stirred) transfer->stirred();
    int running = 0;
    curl_multi_socket_action(multi_, fd, events, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left))
        if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
    end_all_if_broken();
}

/// After each call of curl's that may have called back.
void CurlMulti::end_all_if_broken() {
    if (!broken_) return;
    while (!transfers_.empty()) end(transfers_.begin()->first, no_resources);
    broken_ = false;
}

void CurlMulti::finish(CURL* easy, int result) {
    end(easy, result);
    end_all_if_broken();
}

void CurlMulti::end(CURL* easy, int result) {
    const auto found = transfers_.find(easy);
    if (found == transfers_.end()) return;
    Transfer& transfer = *found->second;
    transfers_.erase(found);
    curl_multi_remove_handle(multi_, easy);
    transfer.done = true;
    transfer.result = result;
    transfer.ended.cancel();
}

void CurlMulti::stop(CURL* easy) { finish(easy, -1); }

asio::awaitable<int> CurlMulti::perform(CURL* easy, std::function<void()> stirred) {
    Transfer transfer(executor_);
    transfer.stirred = std::move(stirred);
    transfers_[easy] = &transfer;
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlMulti::on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
    if (curl_multi_add_handle(multi_, easy) != CURLM_OK) {
        transfers_.erase(easy);
        co_return no_resources;
    }
    end_all_if_broken();
    while (!transfer.done) {
        const auto [ec] = co_await transfer.ended.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;
        const auto state = co_await asio::this_coro::cancellation_state;
        if (!transfer.done && state.cancelled() != asio::cancellation_type::none) finish(easy, -1);
    }
    co_return transfer.result;
}

}  // namespace volley::net
