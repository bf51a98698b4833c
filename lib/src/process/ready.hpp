// One look at whether a starting server answers yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <volley/time.hpp>

namespace volley::process {

/// An attempt's outcome; `problem` says for a person why not, escaped for a terminal.
struct Attempt {
    bool ready = false;
    std::string problem;
};

/// What an attempt says that was ended by its deadline or by interrupt(); it tells less than any other problem does.
inline constexpr std::string_view no_answer = "no answer in time";

/// One attempt: connects, and for HTTP asks for one path and reads the status line. It has a deadline and may be ended from outside.
/// Not the client's transport on purpose: what judges readiness must not depend on what is measured with.
class ReadyProbe {
public:
    explicit ReadyProbe(const boost::asio::any_io_executor& executor);
    ReadyProbe(const ReadyProbe&) = delete;
    ReadyProbe& operator=(const ReadyProbe&) = delete;
    ~ReadyProbe();

    /// @param host  for "0.0.0.0" and "::" the loopback address of that family is asked.
    /// @param path  empty: only connect. @param status  what to be answered, for HTTP.
    boost::asio::awaitable<Attempt> attempt(std::string host, std::uint16_t port, std::string path, int status,
                                            TimePoint deadline);
    /// Makes a running attempt end now, not ready.
    void interrupt();

private:
    [[nodiscard]] std::string words(const error_code& ec) const;
    boost::asio::awaitable<Attempt> exchange(std::string host, std::string path, int status);

    boost::asio::any_io_executor executor_;
    boost::asio::ip::tcp::socket socket_;
    bool interrupted_ = false;
};

/// The status of an HTTP/1 status line, 0 if it is none. Source: RFC 9112 section 4.
[[nodiscard]] int status_of(std::string_view line) noexcept;

}  // namespace volley::process
