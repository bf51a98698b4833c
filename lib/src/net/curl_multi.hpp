// libcurl's multi interface driven by an io_context: one loop for everything, no thread of curl's own.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

// From <curl/curl.h>, which stays out of headers.
typedef void CURL;
typedef void CURLM;

namespace volley::net {

/// Runs easy handles to their end. Source: libcurl's multi_socket interface (curl_multi_socket_action(3)).
/// Thread safety: none; every call on the executor's thread.
class CurlMulti {
public:
    explicit CurlMulti(boost::asio::any_io_executor executor);
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;
    ~CurlMulti();

    /// What perform() returns where a socket or a timer of some transfer could not be watched: memory or descriptors have run out. Then
    /// curl takes no more for any of those that run, and all of them end so.
    static constexpr int no_resources = -2;

    /// Performs one transfer. @return its CURLcode, no_resources, or -1 when it was ended by stop() or by cancellation.
    /// @param stirred  called when a socket has moved, before curl looks at it: of this transfer, or of another that runs beside it.
    boost::asio::awaitable<int> perform(CURL* easy, std::function<void()> stirred = {});
    /// Ends a transfer that is running; its perform() returns -1.
    void stop(CURL* easy);

private:
    struct Socket;
    struct Transfer;
    static int on_socket(CURL* easy, int fd, int what, void* self, void* socket);
    static int on_close(void* self, int fd);
    static int on_timer(CURLM* multi, long timeout_ms, void* self);
    void watch(const std::shared_ptr<Socket>& socket);
    void watch(int fd, int wanted);
    void action(int fd, int events);
    void finish(CURL* easy, int result);
    void end(CURL* easy, int result);
    void end_all_if_broken();

    boost::asio::any_io_executor executor_;
    CURLM* multi_;
    boost::asio::steady_timer timer_;
    std::map<int, std::shared_ptr<Socket>> sockets_;
    std::map<CURL*, Transfer*> transfers_;
    bool broken_ = false;  ///< something that curl wants watched is not
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace volley::net
