// Calls that are made at planned instants, one coroutine each, all on one loop.
#include <volley/call/offer.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "base/endpoint.hpp"
#include "call/loop.hpp"
#include "call/one_call.hpp"
#include "call/signalling.hpp"
#include "client/resolve.hpp"
#include "net/deadline.hpp"
#include "net/task_group.hpp"

namespace volley::call {
namespace asio = boost::asio;

namespace {

constexpr auto tick_every = std::chrono::milliseconds(200);
constexpr auto lookup_limit = std::chrono::seconds(10);
/// A thread that runs for more than this share of the time may be what limits the rate.
constexpr double busy_share = 0.95;

Duration thread_cpu() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    const auto time = [](const timeval& t) { return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec); };
    return time(usage.ru_utime) + time(usage.ru_stime);
}

IpAddress to_address(const asio::ip::address& address) {
    if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
    const auto bytes = address.to_v6().to_bytes();
    return IpAddress::from_bytes(bytes).value_or(IpAddress());
}

/// The addresses of a host, with the port; none where it has none, or they did not come in time.
asio::awaitable<std::vector<Endpoint>> resolve(std::string host, std::uint16_t port) {
    const auto executor = co_await asio::this_coro::executor;
    auto found = client::known_endpoints(host, port);
    if (found.empty()) {
        asio::steady_timer answered(executor, lookup_limit);
        const client::Lookup lookup(executor, host, port, [&](Result<client::Endpoints> answer) {
            if (answer) found = *std::move(answer);
            answered.cancel();
        });
        (void)co_await answered.async_wait(asio::as_tuple(asio::use_awaitable));
        co_await throw_if_ended();
    }
    std::vector<Endpoint> out;
    for (const auto& endpoint : found) out.push_back({to_address(endpoint.address()).unmapped(), port});
    co_return out;
}

/// All calls of a plan.
class Run {
public:
    Run(OfferPlan plan, OfferObserver observer, asio::any_io_executor executor)
        : plan_(std::move(plan)),
          observer_(std::move(observer)),
          executor_(executor),
          loop_(executor),
          signaller_(executor, plan_.request, plan_.signal, needs_curl(plan_)),
          common_(plan_, observer_, loop_, signaller_, result_),
          calls_(executor) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    asio::awaitable<OfferResult> work() {
        auto preparing = prepare();
        const bool ready = co_await guarded(std::move(preparing));
        common_.began = Clock::now();
        const auto cpu = thread_cpu();
        if (observer_.began) observer_.began(common_.began);
        if (ready && result_.never_worked.empty()) {
            net::TaskGroup ticker(executor_);
            ticker.spawn(tick());
            auto beginning = begin_calls();
            const bool all_begun = co_await guarded(std::move(beginning));
            if (!all_begun) calls_.cancel();
            co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
            co_await join_calls();
            ticker.cancel();
            co_await ticker.join();
        }
        if (broken_) std::rethrow_exception(broken_);
        finish(thread_cpu() - cpu);
        co_return std::move(result_);
    }

private:
    const OfferPlan plan_;
    const OfferObserver observer_;
    asio::any_io_executor executor_;
    Loop loop_;
    Signaller signaller_;
    OfferResult result_;
    CallsInCommon common_;
    net::TaskGroup calls_;
    std::exception_ptr broken_;

    static bool needs_curl(const OfferPlan& plan) {
        const auto& curl = plan.request.curl;
        return plan.calls == 1 || curl.http_version == 10 || curl.http_version == 20 || !curl.proxy.empty() ||
               curl.auth != client::CurlOptions::Auth::none;
    }

    /// @return whether it came to its end, and was not cancelled.
    asio::awaitable<bool> guarded(asio::awaitable<void> work) {
        bool whole = true;
        try {
            co_await std::move(work);
        } catch (const boost::system::system_error& e) {
            if (e.code() != asio::error::operation_aborted) throw;
            whole = false;
        }
        if (!whole) result_.interrupted = true;
        co_return whole;
    }

    asio::awaitable<void> prepare() {
        const auto at_home = co_await resolve(plan_.request.target.host, plan_.request.target.port);
        common_.loopback =
            !at_home.empty() && std::ranges::all_of(at_home, [](const Endpoint& e) { return e.address.is_loopback(); });
        auto& gathering = common_.peer.ice.gathering;
        for (const auto& server : plan_.stun) {
            const auto found = co_await resolve(server.host, server.port);
            if (found.empty()) result_.never_worked = "the STUN server " + first_words(server.host) + " has no address";
            gathering.stun_servers.insert(gathering.stun_servers.end(), found.begin(), found.end());
        }
        for (const auto& server : plan_.turn) {
            const auto found = co_await resolve(server.host, server.port);
            if (found.empty()) {
                result_.never_worked = "the TURN server " + first_words(server.host) + " has no address";
                co_return;
            }
            proto::ice::TurnServer turn;
            turn.endpoint = found.front();
            // Calls go over IPv4 more often than not; `localhost` means ::1 first.
            if (const auto v4 = std::ranges::find_if(found, [](const Endpoint& e) { return e.address.is_v4(); });
                v4 != found.end())
                turn.endpoint = *v4;
            turn.protocol = server.tcp ? proto::ice::Protocol::tcp : proto::ice::Protocol::udp;
            turn.username = server.user;
            turn.password = server.password;
            gathering.turn_servers.push_back(std::move(turn));
        }
        common_.peer.ice.role = proto::ice::Role::controlling;
        common_.peer.ice.relayed_only = plan_.relayed_only;
        common_.peer.trickle = plan_.trickle;
        common_.peer.set_up_limit = plan_.set_up_limit;
    }

    asio::awaitable<void> begin_calls() {
        for (std::size_t i = 0; i < plan_.calls; ++i) {
            const auto offset = plan_.rate ? from_seconds(static_cast<double>(i) / plan_.rate->per_second) : Duration{};
            const TimePoint planned = common_.began + offset;
            co_await net::sleep_until(planned);
            calls_.spawn(one(i, planned));
        }
    }
    asio::awaitable<void> one(std::size_t index, TimePoint planned) {
        OneCall call(common_, index, planned);
        co_await call.work();
    }

    /// Waits for the calls, which are hung up where somebody ends the run meanwhile.
    asio::awaitable<void> join_calls() {
        try {
            co_await calls_.join();
        } catch (const boost::system::system_error& e) {
            if (e.code() != asio::error::operation_aborted) broken_ = std::current_exception();
            result_.interrupted = true;
        } catch (...) {
            broken_ = std::current_exception();
        }
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    }

    asio::awaitable<void> tick() {
        for (;;) {
            co_await net::sleep_until(Clock::now() + tick_every);
            if (!observer_.progress) continue;
            const auto& c = *result_.calls;
            OfferProgress p;
            p.planned = plan_.calls;
            p.begun = c.calls;
            p.set_up = c.set_up;
            p.open = common_.open;
            p.failed = c.failed;
            p.answered = c.answered;
            p.lost = c.lost;
            p.p50 = result_.pings->response.quantile(0.5);
            p.p99 = result_.pings->response.quantile(0.99);
            p.elapsed = Clock::now() - common_.began;
            observer_.progress(p);
        }
    }

    void finish(Duration cpu) {
        auto& c = *result_.calls;
        result_.elapsed = Clock::now() - common_.began;
        result_.generator.transport = needs_curl(plan_) ? "curl" : "fast";  // of the offers
        result_.generator.threads = 1;
        result_.generator.cpu = cpu;
        result_.generator.connections = c.calls;
        result_.generator.busy = to_seconds(cpu) > busy_share * to_seconds(result_.elapsed);
        if (!result_.never_worked.empty()) return;
        if (c.set_up == 0 && c.failed > 0)
            result_.never_worked = result_.examples.empty() ? "no call was set up" : result_.examples.front();
        else if (c.answered == 0 && c.lost > 0 && !result_.interrupted)
            result_.never_worked =
                "the data channel opened, and none of " + std::to_string(c.lost) +
                " pings was answered; the server is to send back what begins with `ping`, as it is or as `pong`";
    }
};

}  // namespace

asio::awaitable<OfferResult> offer(OfferPlan plan, OfferObserver observer) {
    const auto executor = co_await asio::this_coro::executor;
    Run run(std::move(plan), std::move(observer), executor);
    OfferResult result = co_await run.work();
    co_return result;
}

}  // namespace volley::call
