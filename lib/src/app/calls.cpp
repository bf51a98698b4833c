#include "app/calls.hpp"

#include <future>
#include <mutex>
#include <system_error>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <volley/http/message.hpp>

#include "app/call_media.hpp"
#include "app/call_sessions.hpp"
#include "base/endpoint.hpp"
#include "net/asio_address.hpp"
#include "net/loop_thread.hpp"

namespace volley::app {
namespace asio = boost::asio;
namespace {

using asio::awaitable;
using ThreadExecutor = asio::io_context::executor_type;

/// Runs `f()` on the other thread and awaits what it returns. It is short, so it is not cancelled: what it has done is known in any case.
template <class F>
awaitable<std::invoke_result_t<F&>> on_thread(ThreadExecutor there, F f) {
    using R = std::invoke_result_t<F&>;
    const asio::any_io_executor own = co_await asio::this_coro::executor;
    const asio::any_io_executor here = asio::prefer(own, asio::execution::outstanding_work.tracked);
    auto initiation = [there, here, f = std::move(f)](auto handler) mutable {
        asio::post(there, [here, f = std::move(f), handler = std::move(handler)]() mutable {
            asio::post(here, [result = f(), handler = std::move(handler)]() mutable { std::move(handler)(std::move(result)); });
        });
    };
    R result = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(R)>(std::move(initiation), asio::use_awaitable);
    co_return result;
}

IpAddress address_of(const std::string& host) {
    if (http::iequals(host, "localhost")) return IpAddress::v4(0x7f000001);
    if (const auto address = IpAddress::parse(host)) return *address;
    asio::io_context context;
    asio::ip::udp::resolver resolver(context);
    error_code ec;
    const auto found = resolver.resolve(host, "", asio::ip::udp::resolver::passive, ec);
    if (!ec && !found.empty()) return net::to_address(found.begin()->endpoint().address());
    throw std::runtime_error(fmt::format("this machine has no such name or address: '{}'", host));
}

call::ServerPortConfig config_of(const CallOptions& options) {
    call::ServerPortConfig config;
    config.bind = {address_of(options.host), options.port};
    for (const std::string& text : options.advertise)
        if (const auto address = IpAddress::parse(text)) config.advertised.push_back(*address);
    config.whole_machine = true;
    config.peer.ice.role = proto::ice::Role::controlled;
    config.most_calls = options.most;
    config.most_calls_per_address = options.most_per_address;
    config.idle_limit = options.idle;
    return config;
}

/// Everything that lives on the thread.
class Engine {
public:
    Engine(const ThreadExecutor& executor, const CallOptions& options)
        : loop_(executor), media_(options, random_, waking(executor)), sessions_(loop_, config_of(options)) {}
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() { *this_ = nullptr; }

    [[nodiscard]] CallSessions& sessions() noexcept { return sessions_; }

    [[nodiscard]] std::variant<CallAnswer, CallRefusal> answer(const std::string& offer, const IpAddress& from,
                                                               std::string transform) {
        auto made = media_.set_up(offer, std::move(transform), call::make_echo_handler());
        if (auto* const refusal = std::get_if<CallRefusal>(&made)) return std::move(*refusal);
        auto& [media, handler] = std::get<CallMedia::SetUp>(made);
        return sessions_.answer(offer, from, std::move(handler), std::move(media));
    }

private:
    /// What other threads have made for a call is taken up on this one, if there still is such a call, and an engine.
    [[nodiscard]] std::function<void(std::uint64_t)> waking(const ThreadExecutor& executor) {
        return [executor, engine = this_](std::uint64_t call) {
            asio::post(executor, [engine, call] {
                if (*engine != nullptr) (*engine)->sessions_.wake(call);
            });
        };
    }

    std::shared_ptr<Engine*> this_ = std::make_shared<Engine*>(this);  // nothing once it is gone; the thread's
    OsRandom random_;
    call::Loop loop_;
    CallMedia media_;        // its workers end before the loop does, and after the calls
    CallSessions sessions_;  //
};

}  // namespace

struct Calls::Impl {
    explicit Impl(CallOptions o) : options(std::move(o)) {}

    /// Starts the thread where there is none. Throws std::system_error when the system has no more.
    ThreadExecutor executor() {
        const std::scoped_lock lock(mutex);
        if (!thread) thread = std::make_unique<net::LoopThread>();
        return thread->executor();
    }

    /// On the thread. Throws what opening the port throws.
    Engine& open() {
        if (!engine) engine = std::make_unique<Engine>(executor(), options);
        return *engine;
    }
    /// The same, with the failure as an answer.
    template <class F>
    std::invoke_result_t<F&, Engine&> with_engine(F f) {
        try {
            return f(open());
        } catch (const std::exception& e) {
            return CallRefusal{503, fmt::format("this server cannot take calls: {}", e.what())};
        }
    }

    CallOptions options;
    std::mutex mutex;
    std::unique_ptr<net::LoopThread> thread;
    std::unique_ptr<Engine> engine;  // the thread's
};

Calls::Calls(CallOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Calls::~Calls() {
    if (!impl_->thread) return;
    asio::post(impl_->thread->executor(), [this] { impl_->engine.reset(); });
    impl_->thread.reset();
}

void Calls::configure(CallOptions options) { impl_->options = std::move(options); }
const CallOptions& Calls::options() const noexcept { return impl_->options; }

std::optional<std::string> Calls::start() {
    std::promise<std::optional<std::string>> promise;
    auto future = promise.get_future();
    try {
        asio::post(impl_->executor(), [this, &promise] {
            std::optional<std::string> why;
            try {
                (void)impl_->open();
            } catch (const std::exception& e) {
                why = e.what();
            }
            promise.set_value(std::move(why));
        });
    } catch (const std::system_error& e) {
        return fmt::format("cannot take calls: {}", e.what());
    }
    auto why = future.get();
    if (!why) return std::nullopt;
    if (why->starts_with("--")) return fmt::format("cannot take calls: {}", *why);
    return fmt::format("cannot take calls on UDP port {} of {}: {}", impl_->options.port, impl_->options.host, *why);
}

awaitable<std::variant<CallAnswer, CallRefusal>> Calls::answer(std::string offer, std::string remote, std::string transform) {
    IpAddress from;
    if (const auto endpoint = Endpoint::parse(remote)) from = endpoint->address.unmapped();
    auto work = [my = impl_.get(), offer = std::move(offer), from, transform = std::move(transform)]() {
        return my->with_engine([&](Engine& engine) { return engine.answer(offer, from, transform); });
    };
    auto outcome = co_await on_thread(impl_->executor(), std::move(work));
    const auto state = co_await asio::this_coro::cancellation_state;
    const auto* begun = std::get_if<CallAnswer>(&outcome);
    if (begun != nullptr && state.cancelled() != asio::cancellation_type::none) {
        asio::post(impl_->executor(), [my = impl_.get(), id = begun->id] {
            if (my->engine) my->engine->sessions().hang_up(id);
        });
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return outcome;
}

awaitable<bool> Calls::knows(std::string id) {
    auto work = [my = impl_.get(), id = std::move(id)] { return my->engine && my->engine->sessions().knows(id); };
    const bool known = co_await on_thread(impl_->executor(), std::move(work));
    co_return known;
}

awaitable<std::variant<CallPatched, CallRefusal>> Calls::patch(std::string id, std::optional<std::string> if_match,
                                                               std::string fragment) {
    auto work = [my = impl_.get(), id = std::move(id), if_match = std::move(if_match), fragment = std::move(fragment)] {
        return my->with_engine([&](Engine& engine) { return engine.sessions().patch(id, if_match, fragment); });
    };
    auto outcome = co_await on_thread(impl_->executor(), std::move(work));
    co_return outcome;
}

awaitable<bool> Calls::hang_up(std::string id) {
    auto work = [my = impl_.get(), id = std::move(id)] { return my->engine && my->engine->sessions().hang_up(id); };
    const bool known = co_await on_thread(impl_->executor(), std::move(work));
    co_return known;
}

}  // namespace volley::app
