#include "verify/questions.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <boost/asio/this_coro.hpp>
#include <boost/json/parse.hpp>

#include "net/deadline.hpp"
#include "net/task_group.hpp"
#include "verify/beside.hpp"

namespace volley::verify {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::size_t most_pieces = 10'000;
constexpr std::size_t most_gauge_bytes = 1 << 20;
constexpr auto gauge_patience = std::chrono::seconds(5);
/// A server needs some turns of its loop to hear of a client that is gone.
constexpr auto to_be_heard = std::chrono::milliseconds(300);

client::Target fresh(client::Target target) {
    target.reuse_connections = false;
    target.keep_body = false;
    return target;
}

awaitable<void> fire_and_leave(client::Transport& transport, const http::Request& request, TimePoint planned) {
    (void)co_await transport.fire(request, planned, TimePoint::max());
}

/// One reading, unless the gauge fails.
awaitable<void> read_gauge(client::Transport& transport, const http::Request& request, std::string pointer, TimePoint limit,
                           std::vector<double>& into) {
    const TimePoint now = Clock::now();
    const TimePoint deadline = std::min(limit, now + gauge_patience);
    const client::Exchange exchange = co_await transport.fire(request, now, deadline);
    if (exchange.error || exchange.response.status != 200) co_return;
    if (const auto value = gauge_value(exchange.response.body, pointer)) into.push_back(*value);
}

std::optional<double> number_of(const boost::json::value& value) {
    boost::system::error_code ec;
    const double number = value.to_number<double>(ec);
    return ec || !std::isfinite(number) ? std::nullopt : std::optional(number);
}

}  // namespace

Gauge parse_gauge(std::string_view text) {
    const auto hash = std::min(text.find('#'), text.size());
    return {std::string(text.substr(0, hash)), std::string(text.substr(std::min(hash + 1, text.size())))};
}

std::optional<double> gauge_value(std::string_view body, const std::string& pointer) {
    while (!body.empty() && (body.back() == '\n' || body.back() == '\r' || body.back() == ' ')) body.remove_suffix(1);
    double plain = 0;
    const auto [end, ec] = std::from_chars(body.data(), body.data() + body.size(), plain);
    // `nan` and `inf` are numbers to from_chars(), and no count of anything.
    if (pointer.empty() && ec == std::errc{} && end == body.data() + body.size() && std::isfinite(plain)) return plain;
    boost::system::error_code wrong;
    const auto value = boost::json::parse(body, wrong);
    if (wrong) return std::nullopt;
    if (!pointer.empty()) {
        const auto* found = value.find_pointer(pointer, wrong);
        return found == nullptr ? std::nullopt : number_of(*found);
    }
    if (value.is_number()) return number_of(value);
    if (const auto* object = value.if_object())
        for (const auto& member : *object)
            if (const auto number = number_of(member.value())) return number;
    return std::nullopt;
}

awaitable<std::vector<verdict::Stream>> watch_streams(asio::any_io_executor executor, client::DirectRequest request,
                                                      std::size_t n, TimePoint deadline) {
    const auto transport = client::make_http1_transport(executor, fresh(request.target));
    std::vector<verdict::Stream> out;
    for (std::size_t i = 0; i < n && Clock::now() < deadline; ++i) {
        verdict::Stream stream;
        std::vector<std::pair<TimePoint, std::uint64_t>> pieces;
        TimePoint head{};
        client::ResponseSink sink;
        sink.on_head = [&](const http::Response&) {
            head = Clock::now();
            return true;
        };
        sink.on_body = [&](std::string_view piece) {
            if (pieces.size() < most_pieces)
                pieces.emplace_back(Clock::now(), piece.size());
            else
                pieces.back().second += piece.size();
            return true;
        };
        const TimePoint planned = Clock::now();
        const client::Exchange exchange = co_await transport->fire(request.request, planned, deadline, &sink);
        const auto& sample = exchange.sample;
        if (sample.sent == TimePoint{}) break;
        if (head != TimePoint{}) stream.head = head - sample.sent;
        if (sample.done != TimePoint{}) stream.done = sample.done - sample.sent;
        for (const auto& [at, bytes] : pieces) stream.pieces.push_back({at - sample.sent, bytes});
        stream.right = !exchange.error && exchange.response.status >= 200 && exchange.response.status < 300;
        out.push_back(std::move(stream));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) break;
    }
    co_return out;
}

awaitable<void> abandon(asio::any_io_executor executor, client::DirectRequest request, Gauge gauge, verdict::Abandonment& seen,
                        TimePoint deadline) {
    const auto transport = client::make_http1_transport(executor, fresh(request.target));
    client::Target gauge_target = request.target;
    gauge_target.keep_body = true;  // that of the request itself is of no interest
    gauge_target.max_body_bytes = most_gauge_bytes;
    const auto gauge_transport = client::make_http1_transport(executor, std::move(gauge_target));
    const http::Request ask = get_beside(request.request, gauge.path);
    const bool has_gauge = !gauge.path.empty();
    if (has_gauge) co_await read_gauge(*gauge_transport, ask, gauge.pointer, deadline, seen.gauge_before);

    client::Exchange failed;
    const TimePoint patience = std::min(deadline, Clock::now() + request.target.connect_timeout);
    (void)co_await transport->prepare(seen.n, patience, failed);
    net::TaskGroup clients(executor);
    const TimePoint start = Clock::now();
    for (std::size_t i = 0; i < seen.n; ++i) clients.spawn(fire_and_leave(*transport, request.request, start));
    const TimePoint leave = std::min(deadline, start + seen.after);
    try {
        if (has_gauge) {
            const TimePoint middle = start + (leave - start) / 2;
            co_await net::sleep_until(middle);
            co_await read_gauge(*gauge_transport, ask, gauge.pointer, deadline, seen.gauge_during);
        }
        co_await net::sleep_until(leave);
    } catch (const boost::system::system_error&) {
        // Cancelled: whoever asked sees it too. The clients must end all the same.
    }
    clients.cancel();
    co_await clients.join();
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;

    if (has_gauge) {
        // Before the work would have ended by itself.
        const TimePoint heard = Clock::now() + std::min<Duration>(to_be_heard, seen.after);
        try {
            co_await net::sleep_until(heard);
        } catch (const boost::system::system_error&) {
            co_return;  // cancelled
        }
        co_await read_gauge(*gauge_transport, ask, gauge.pointer, deadline, seen.gauge_after);
        co_return;
    }
    const TimePoint now = Clock::now();
    const client::Exchange next = co_await transport->fire(request.request, now, deadline);
    const bool right = !next.error && next.response.status >= 200 && next.response.status < 300;
    if (right) seen.next = next.sample.done - now;
}

}  // namespace volley::verify
