#include "process/ready.hpp"

#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/deadline.hpp"
#include "process/ports.hpp"

namespace volley::process {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t max_status_line = 1024;
constexpr std::size_t max_drained = 64 * 1024;

std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : '[' + host + ']'; }

}  // namespace

int status_of(std::string_view line) noexcept {
    if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return 0;
    int out = 0;
    for (const char c : line.substr(9, 3)) {
        if (c < '0' || c > '9') return 0;
        out = out * 10 + (c - '0');
    }
    return line.size() == 12 || line[12] == ' ' || line[12] == '\r' ? out : 0;
}

ReadyProbe::ReadyProbe(const asio::any_io_executor& executor) : executor_(executor), socket_(executor) {}
ReadyProbe::~ReadyProbe() = default;

std::string ReadyProbe::words(const error_code& ec) const {
    // A closed socket's operations fail in several ways; whoever closed it knows why.
    if (interrupted_ || ec == asio::error::operation_aborted) return std::string(no_answer);
    if (ec == asio::error::connection_refused) return "nobody listens there yet";
    return ec.message();
}

void ReadyProbe::interrupt() {
    interrupted_ = true;
    error_code ignored;
    socket_.close(ignored);
}

asio::awaitable<Attempt> ReadyProbe::attempt(std::string host, std::uint16_t port, std::string path, int status,
                                             TimePoint deadline) {
    net::Watchdog watchdog(executor_, [this] { interrupt(); });
    watchdog.arm(deadline);
    const auto where = endpoints_of(host, port);
    if (!where) co_return Attempt{false, "no address for " + escape_for_terminal(host)};
    std::string problem;
    for (auto endpoint : *where) {
        if (interrupted_) break;
        if (endpoint.address().is_unspecified())
            endpoint.address(endpoint.address().is_v6() ? asio::ip::address(asio::ip::address_v6::loopback())
                                                        : asio::ip::address(asio::ip::address_v4::loopback()));
        error_code ignored;
        socket_.close(ignored);
        socket_ = tcp::socket(executor_);
        const auto [ec] = co_await socket_.async_connect(endpoint, as_value);
        if (ec) {
            problem = words(ec);
            continue;
        }
        // A connection to an unused port of the kernel's own range can meet itself (simultaneous open): then nobody listens.
        if (socket_.local_endpoint(ignored) == socket_.remote_endpoint(ignored)) {
            problem = "nobody listens there yet";
            continue;
        }
        Attempt result{true, {}};
        if (!path.empty()) {
            // Named first: g++ 12 may destroy temporaries of an expression with co_await twice (GCC bug 107288).
            const std::string authority = bracketed(host) + ':' + std::to_string(port);
            result = co_await exchange(authority, path, status);
        }
        socket_.close(ignored);
        co_return result;
    }
    if (problem.empty()) problem = no_answer;
    co_return Attempt{false, std::move(problem)};
}

asio::awaitable<Attempt> ReadyProbe::exchange(std::string host, std::string path, int status) {
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: volley\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    const auto [failed, sent] = co_await asio::async_write(socket_, asio::buffer(request), as_value);
    if (failed) co_return Attempt{false, words(failed)};
    std::string answer;
    std::array<char, 4096> chunk{};
    error_code end;
    while (!end && answer.find('\n') == std::string::npos && answer.size() < max_status_line) {
        const auto [ec, n] = co_await socket_.async_read_some(asio::buffer(chunk), as_value);
        answer.append(chunk.data(), n);
        end = ec;
    }
    const auto line = answer.substr(0, answer.find('\n'));
    const int got = status_of(line);
    if (got == 0) {
        if (line.empty())
            co_return Attempt{false, end == asio::error::eof ? "the connection was closed without an answer" : words(end)};
        co_return Attempt{false, "the answer is not HTTP: " + escape_for_terminal(line.substr(0, 80))};
    }
    // Take the rest, so that the server does not log a broken connection; not for long, and not without a bound.
    net::Watchdog short_wait(executor_, [this] { interrupt(); });
    short_wait.arm(Clock::now() + std::chrono::milliseconds(250));
    std::size_t drained = answer.size();
    while (!end && drained < max_drained) {
        const auto [ec, n] = co_await socket_.async_read_some(asio::buffer(chunk), as_value);
        drained += n;
        end = ec;
    }
    if (got != status) co_return Attempt{false, "it answered " + std::to_string(got) + ", wanted " + std::to_string(status)};
    co_return Attempt{true, {}};
}

}  // namespace volley::process
