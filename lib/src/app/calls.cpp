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

#include "app/call_links.hpp"
#include "app/call_media.hpp"
#include "app/call_messages.hpp"
#include "app/call_notice.hpp"
#include "app/call_processes.hpp"
#include "app/call_sessions.hpp"
#include "base/endpoint.hpp"
#include "net/asio_address.hpp"
#include "net/loop_thread.hpp"

namespace volley::app {
namespace asio = boost::asio;
namespace {

using asio::awaitable;
using ThreadExecutor = asio::io_context::executor_type;

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

/// Which of several processes this is; without others there is one.
struct Place {
    std::shared_ptr<CallProcesses> processes;
    unsigned number = 0;
    [[nodiscard]] unsigned count() const noexcept { return processes ? processes->count() : 1; }
};

call::ServerPortConfig config_of(const CallOptions& options, const Place& place) {
    call::ServerPortConfig config;
    config.bind = {address_of(options.host), options.port};
    for (const std::string& text : options.advertise)
        if (const auto address = IpAddress::parse(text)) config.advertised.push_back(*address);
    config.whole_machine = true;
    config.peer.ice.role = proto::ice::Role::controlled;
    config.limits = {options.most, options.most_per_address};
    config.idle_limit = options.idle;
    if (!place.processes) return config;
    config.ledger = place.processes->ledger();
    config.process = place.number;
    return config;
}

/// What names of sessions begin with.
std::string mark_of(const Place& place) {
    return place.processes ? std::string(1, session_alphabet[place.number]) : std::string();
}
static_assert(session_alphabet.size() >= call::CallLedger::most_processes);

/// Everything that lives on the thread.
class Engine {
public:
    Engine(const ThreadExecutor& executor, const CallOptions& options, const Place& place)
        : loop_(executor),
          media_(options, place.number, place.count(), random_, waking(executor)),
          sessions_(loop_, config_of(options, place), mark_of(place)) {
        if (!sessions_.port().narrowed()) return;
        const auto at = sessions_.port().local_endpoint();
        tell(fmt::format(
            "UDP port {} is taken at another address of this machine: calls reach this server at {} alone, and those of Firefox, "
            "which calls no loopback address, do not",
            at.port, at.address.to_string()));
    }
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
        if (!engine) engine = std::make_unique<Engine>(executor(), options, place);
        return *engine;
    }
    /// The same, with the failure as an answer.
    template <class F>
    CallReply with_engine(F f) {
        try {
            return std::visit([](auto&& one) { return CallReply(std::forward<decltype(one)>(one)); }, f(open()));
        } catch (const std::exception& e) {
            return CallRefusal{503, fmt::format("this server cannot take calls: {}", e.what())};
        }
    }

    // On the thread: what is asked is done in this process.
    CallReply here(const OfferQuestion& asked) {
        IpAddress from;
        if (const auto endpoint = Endpoint::parse(asked.remote)) from = endpoint->address.unmapped();
        return with_engine([&](Engine& of) { return of.answer(asked.offer, from, asked.transform); });
    }
    CallReply here(const KnowsQuestion& asked) const { return engine && engine->sessions().knows(asked.id); }
    CallReply here(const PatchQuestion& asked) {
        return with_engine([&](Engine& of) { return of.sessions().patch(asked.id, asked.if_match, asked.fragment); });
    }
    CallReply here(const HangUpQuestion& asked) const { return engine && engine->sessions().hang_up(asked.id); }

    /// The process that a question is for. What is about a call of none is for this one, which knows it as little.
    [[nodiscard]] unsigned process_of(const CallQuestion& question) const {
        if (!links) return place.number;
        if (std::holds_alternative<OfferQuestion>(question)) return links->least();
        const std::string* id = nullptr;
        if (const auto* knows = std::get_if<KnowsQuestion>(&question)) id = &knows->id;
        if (const auto* patch = std::get_if<PatchQuestion>(&question)) id = &patch->id;
        if (const auto* hang_up = std::get_if<HangUpQuestion>(&question)) id = &hang_up->id;
        if (id == nullptr || id->size() != session_name_size + 1) return place.number;
        const auto named = session_alphabet.find(id->front());
        return named < place.count() ? static_cast<unsigned>(named) : place.number;
    }

    /// On the thread: here, or by the process that it is for.
    void handle(const CallQuestion& question, CallLinks::Done done) {
        const unsigned process = process_of(question);
        if (process != place.number) return links->ask(process, question, std::move(done));
        done(std::visit([this](const auto& asked) { return here(asked); }, question));
    }

    /// On any thread. Not cancelled, for it is short: what it has done is known in any case.
    awaitable<CallReply> ask(CallQuestion question) {
        const ThreadExecutor there = executor();
        const asio::any_io_executor own = co_await asio::this_coro::executor;
        const asio::any_io_executor back = asio::prefer(own, asio::execution::outstanding_work.tracked);
        auto initiation = [this, there, back, question = std::move(question)](auto handler) mutable {
            const auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            asio::post(there, [this, back, shared, question = std::move(question)] {
                handle(question, [back, shared](CallReply reply) {
                    asio::post(back, [shared, reply = std::move(reply)]() mutable { std::move (*shared)(std::move(reply)); });
                });
            });
        };
        CallReply reply = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(CallReply)>(std::move(initiation),
                                                                                                        asio::use_awaitable);
        co_return reply;
    }

    CallOptions options;
    Place place;
    std::mutex mutex;
    std::unique_ptr<net::LoopThread> thread;
    std::unique_ptr<Engine> engine;    // the thread's
    std::unique_ptr<CallLinks> links;  // likewise; made before anything is asked
};

Calls::Calls(CallOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Calls::~Calls() { close(); }

void Calls::close() noexcept {
    if (!impl_->thread) return;
    asio::post(impl_->thread->executor(), [this] {
        impl_->engine.reset();
        if (impl_->links) impl_->links->stop();
    });
    impl_->thread->finish();
    impl_->links.reset();
    impl_->thread.reset();
}

void Calls::configure(CallOptions options) { impl_->options = std::move(options); }
const CallOptions& Calls::options() const noexcept { return impl_->options; }

std::optional<std::string> Calls::join(std::shared_ptr<CallProcesses> processes, unsigned number) {
    if (impl_->options.port != 0) impl_->options.port = static_cast<std::uint16_t>(impl_->options.port + number);
    impl_->place = {processes, number};
    try {
        const ThreadExecutor there = impl_->executor();
        auto here = [my = impl_.get()](const CallQuestion& question) {
            return std::visit([my](const auto& asked) { return my->here(asked); }, question);
        };
        std::promise<void> made;
        asio::post(there, [&] {
            try {
                impl_->links = std::make_unique<CallLinks>(there, processes, number, std::move(here));
                made.set_value();
            } catch (...) {
                made.set_exception(std::current_exception());
            }
        });
        made.get_future().get();
    } catch (const std::system_error& e) {
        return fmt::format("cannot take calls: {}", e.what());
    }
    return std::nullopt;
}

namespace {

/// Why the port cannot be had, and what to do about it.
std::string no_port(const CallOptions& options, const boost::system::system_error& why) {
    std::string out = fmt::format("cannot take calls on UDP port {} of {}: {}", options.port, options.host, why.what());
    if (why.code() != boost::system::errc::address_in_use || options.port == 0) return out;
    out += fmt::format("; choose another --rtc-port than {}", options.port);
    const auto address = address_of(options.host);
    if (!address.is_loopback() || !options.advertise.empty()) return out;
    return out +
           fmt::format(
               ". A server on a loopback address has its port at all addresses of this machine, so that Firefox can call it. With "
               "--advertise and its own address, {0} here, it has the port at that one alone, and another server can have it at "
               "another: both need the flag",
               address.to_string());
}

}  // namespace

std::optional<std::string> Calls::start() {
    std::promise<std::optional<std::string>> promise;
    auto future = promise.get_future();
    try {
        asio::post(impl_->executor(), [this, &promise] {
            std::optional<std::string> why;
            try {
                (void)impl_->open();
            } catch (const boost::system::system_error& e) {
                why = no_port(impl_->options, e);
            } catch (const std::exception& e) {
                why = fmt::format("cannot take calls: {}", e.what());
            }
            promise.set_value(std::move(why));
        });
    } catch (const std::system_error& e) {
        return fmt::format("cannot take calls: {}", e.what());
    }
    return future.get();
}

namespace {

/// What an answer may be, of all that may come; anything else is another process' mistake.
template <class T>
std::variant<T, CallRefusal> or_refusal(CallReply reply) {
    if (auto* const wanted = std::get_if<T>(&reply)) return std::move(*wanted);
    if (auto* const refusal = std::get_if<CallRefusal>(&reply)) return std::move(*refusal);
    return CallRefusal{500, "an answer to another question"};
}

}  // namespace

awaitable<std::variant<CallAnswer, CallRefusal>> Calls::answer(std::string offer, std::string remote, std::string transform) {
    CallQuestion question = OfferQuestion{std::move(offer), std::move(remote), std::move(transform)};
    auto asking = impl_->ask(std::move(question));
    CallReply reply = co_await std::move(asking);
    auto outcome = or_refusal<CallAnswer>(std::move(reply));
    const auto state = co_await asio::this_coro::cancellation_state;
    const auto* begun = std::get_if<CallAnswer>(&outcome);
    if (begun != nullptr && state.cancelled() != asio::cancellation_type::none) {
        asio::post(impl_->executor(), [my = impl_.get(), id = begun->id] { my->handle(HangUpQuestion{id}, [](CallReply) {}); });
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return outcome;
}

awaitable<std::variant<bool, CallRefusal>> Calls::knows(std::string id) {
    CallQuestion question = KnowsQuestion{std::move(id)};
    auto asking = impl_->ask(std::move(question));
    CallReply reply = co_await std::move(asking);
    co_return or_refusal<bool>(std::move(reply));
}

awaitable<std::variant<CallPatched, CallRefusal>> Calls::patch(std::string id, std::optional<std::string> if_match,
                                                               std::string fragment) {
    CallQuestion question = PatchQuestion{std::move(id), std::move(if_match), std::move(fragment)};
    auto asking = impl_->ask(std::move(question));
    CallReply reply = co_await std::move(asking);
    co_return or_refusal<CallPatched>(std::move(reply));
}

awaitable<std::variant<bool, CallRefusal>> Calls::hang_up(std::string id) {
    CallQuestion question = HangUpQuestion{std::move(id)};
    auto asking = impl_->ask(std::move(question));
    CallReply reply = co_await std::move(asking);
    co_return or_refusal<bool>(std::move(reply));
}

}  // namespace volley::app
