#include "app/faults.hpp"

#include <atomic>
#include <list>
#include <mutex>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

namespace volley::app {
namespace asio = boost::asio;
namespace {

using view::awaitable;
using view::Request;
using view::Response;

/// Lets so many through at a time, in the order in which they came, from whatever thread.
class Gate : public std::enable_shared_from_this<Gate> {
public:
    explicit Gate(std::uint64_t places) : free_(places) {}

    /// A place behind the gate, or in the queue before it; given back when it is destroyed.
    class Place {
    public:
        Place(std::shared_ptr<Gate> gate, const asio::any_io_executor& executor)
            : gate_(std::move(gate)), executor_(executor), wake_(executor, asio::steady_timer::time_point::max()) {}
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() { gate_->leave(*this); }

    private:
        friend class Gate;
        std::shared_ptr<Gate> gate_;
        asio::any_io_executor executor_;
        asio::steady_timer wake_;
        bool inside_ = false;
    };

    awaitable<std::shared_ptr<Place>> enter() {
        const auto place = std::make_shared<Place>(shared_from_this(), co_await asio::this_coro::executor);
        bool inside = begin(place);
        while (!inside) {
            // A cancelled coroutine leaves by the exception of the next wait; its place leaves the queue with it.
            const auto [ec] = co_await place->wake_.async_wait(asio::as_tuple(asio::use_awaitable));
            (void)ec;
            const std::scoped_lock lock(mutex_);
            inside = place->inside_;
        }
        co_return place;
    }

private:
    bool begin(const std::shared_ptr<Place>& place) {
        const std::scoped_lock lock(mutex_);
        if (free_ > 0) {
            --free_;
            place->inside_ = true;
        } else {
            waiting_.push_back(place);
        }
        return place->inside_;
    }

    void leave(Place& place) {
        std::shared_ptr<Place> next;  // outlives the lock: its end may call us again
        const std::scoped_lock lock(mutex_);
        if (!place.inside_) {
            std::erase_if(waiting_, [](const std::weak_ptr<Place>& other) { return other.expired(); });
            return;
        }
        for (; !waiting_.empty(); waiting_.pop_front()) {
            next = waiting_.front().lock();
            if (next == nullptr) continue;
            next->inside_ = true;
            // Posted under the lock, which the other must take before it can end: its executor is still there.
            asio::post(next->executor_, [next] { next->wake_.cancel(); });
            waiting_.pop_front();
            return;
        }
        ++free_;
    }

    std::mutex mutex_;
    std::uint64_t free_;
    std::list<std::weak_ptr<Place>> waiting_;
};

/// One request in flight.
class Ticket {
public:
    explicit Ticket(std::atomic<std::uint64_t>& count) : count_(count), number_(++count) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() { --count_; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

private:
    std::atomic<std::uint64_t>& count_;
    std::uint64_t number_;
};

/// Takes a stream in instead of sending it.
class Collector final : public view::Writer {
public:
    std::string body;
    bool too_much = false;
    awaitable<bool> write(std::string chunk) override {
        too_much = too_much || body.size() + chunk.size() > appfile::most_buffered;
        if (!too_much) body += chunk;
        co_return !too_much;
    }
};

/// Does not tell a stream that nobody takes it any more.
class DeafWriter final : public view::Writer {
public:
    explicit DeafWriter(view::Writer& real) : real_(real) {}
    awaitable<bool> write(std::string chunk) override {
        if (taken_) taken_ = co_await real_.write(std::move(chunk));
        co_return true;
    }

private:
    view::Writer& real_;
    bool taken_ = true;
};

/// Lets so many a second through, each at its time; from whatever thread.
class Pace {
public:
    explicit Pace(std::uint64_t per_second) : step_(from_seconds(1 / static_cast<double>(per_second))) {}
    /// @return when one that comes now may go on.
    TimePoint take(TimePoint now) {
        const std::scoped_lock lock(mutex_);
        const TimePoint mine = std::max(now, next_);
        next_ = mine + step_;
        return mine;
    }

private:
    std::mutex mutex_;
    Duration step_;
    TimePoint next_{};
};

struct Faulty {
    Answer view;
    appfile::Faults faults;
    std::uint64_t seed = 0;
    std::shared_ptr<Gate> gate;
    std::unique_ptr<Pace> pace;
    std::atomic<std::uint64_t> in_flight{0};
    std::atomic<std::uint64_t> turns{0};
    std::atomic<std::uint64_t> deliveries{0};
};

/// A number from 0 to 1 for each turn. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (SplitMix64).
double draw(std::uint64_t seed, std::uint64_t turn) {
    std::uint64_t z = seed + (turn + 1) * 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return static_cast<double>(z >> 11) * 0x1.0p-53;
}

/// What a request holds until its answer has ended. `faulty` goes last: the ticket counts in it.
struct Held {
    std::shared_ptr<Faulty> faulty;
    std::unique_ptr<Ticket> ticket;
    std::shared_ptr<Gate::Place> place;
};

awaitable<void> produce_held(std::shared_ptr<Held> held, view::Stream stream, view::Writer& writer) {
    if (!held->faulty->faults.nocancel) {
        co_await stream(writer);
        co_return;
    }
    DeafWriter deaf(writer);
    co_await stream(deaf);
}

/// Passes on the end of the server and not that of the client: see server::ViewJob.
asio::cancellation_type of_the_server(asio::cancellation_type type) {
    const bool server = (type & asio::cancellation_type::partial) != asio::cancellation_type::none;
    return server ? asio::cancellation_type::terminal : asio::cancellation_type::none;
}

awaitable<Response> answer(std::shared_ptr<Faulty> faulty, const Request& request) {
    const appfile::Faults& faults = faulty->faults;
    if (faults.nocancel) co_await asio::this_coro::reset_cancellation_state(of_the_server, asio::enable_terminal_cancellation());
    const auto held = std::make_shared<Held>();
    held->faulty = faulty;
    if (faults.limit > 0) {
        held->ticket = std::make_unique<Ticket>(faulty->in_flight);
        if (held->ticket->number() > faults.limit) {
            Response busy =
                Response::error(503, fmt::format("more than {} requests in flight, as the fault `limit` says", faults.limit));
            busy.headers.add("Retry-After", "1");
            co_return busy;
        }
    }
    if (faults.fail > 0 && draw(faulty->seed, faulty->turns++) < faults.fail)
        co_return Response::error(500, "failed, as the fault `fail` says");
    if (faulty->pace) {
        asio::steady_timer turn(co_await asio::this_coro::executor, faulty->pace->take(Clock::now()));
        co_await turn.async_wait(asio::use_awaitable);
    }
    if (faulty->gate) held->place = co_await faulty->gate->enter();
    Response response = co_await faulty->view(request);
    if (!response.stream) co_return response;
    if (faults.buffer) {
        Collector collector;
        const view::Stream stream = std::exchange(response.stream, nullptr);
        co_await stream(collector);
        if (collector.too_much) co_return Response::error(500, "the fault `buffer` holds 64 MiB at most");
        response.body = std::move(collector.body);
        co_return response;
    }
    response.stream = [held, stream = std::move(response.stream)](view::Writer& writer) {
        return produce_held(held, stream, writer);
    };
    co_return response;
}

/// What happens to the connection of the request whose turn it is. Every fault draws by a seed of its own, so that shares of two are
/// shares of all requests and not the same ones.
view::Delivery next_delivery(Faulty& faulty) {
    const appfile::Faults& faults = faulty.faults;
    const std::uint64_t turn = faulty.deliveries++;
    const auto hits = [&](double share, std::uint64_t which) {
        return share > 0 && draw(faulty.seed ^ which << 56, turn) < share;
    };
    view::Delivery delivery;
    delivery.close = hits(faults.close, 1);
    delivery.drip = faults.drip;
    if (hits(faults.garbage, 3)) delivery.way = view::Delivery::Way::garbage;
    if (hits(faults.reset, 2)) delivery.way = view::Delivery::Way::reset;
    return delivery;
}

/// Around all the rest: a refusal is an answer too.
awaitable<Response> answer_delivered(std::shared_ptr<Faulty> faulty, const Request& request) {
    const view::Delivery delivery = next_delivery(*faulty);  // by arrival, not by the end of the view
    Response response = co_await answer(faulty, request);
    response.delivery = delivery;
    co_return response;
}

}  // namespace

Answer with_faults(Answer view, const appfile::Faults& faults, std::uint64_t seed) {
    const bool requests =
        faults.limit > 0 || faults.fail > 0 || faults.pace > 0 || faults.at_a_time > 0 || faults.nocancel || faults.buffer;
    const bool connections = faults.close > 0 || faults.reset > 0 || faults.garbage > 0 || faults.drip > Duration::zero();
    if (!requests && !connections) return view;
    const auto faulty = std::make_shared<Faulty>();
    faulty->view = std::move(view);
    faulty->faults = faults;
    faulty->seed = seed;
    if (faults.pace > 0) faulty->pace = std::make_unique<Pace>(faults.pace);
    if (faults.at_a_time > 0) faulty->gate = std::make_shared<Gate>(faults.at_a_time);
    if (connections) return [faulty](const Request& request) { return answer_delivered(faulty, request); };
    return [faulty](const Request& request) { return answer(faulty, request); };
}

}  // namespace volley::app
