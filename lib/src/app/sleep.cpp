#include "app/sleep.hpp"

#include <thread>
#include <utility>
#include <vector>

#include <time.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace volley::app {
namespace asio = boost::asio;
namespace {

Duration share_of(Duration time, double share) { return share >= 1 ? time : from_seconds(to_seconds(time) * share); }

/// Of this thread's loop: answers of requests that have held it, and that may not have been written yet.
thread_local int answers_on_their_way = 0;

/// Goes to the back of the loop's queue a few times, and is an answer on its way until it has.
class OnItsWay {
public:
    /// From the end of a view its answer takes three steps to the socket: the view's end, the session's waking, the writing.
    static constexpr int steps = 6;

    explicit OnItsWay(asio::any_io_executor loop) : loop_(std::move(loop)) { ++answers_on_their_way; }
    OnItsWay(OnItsWay&& other) noexcept
        : loop_(std::move(other.loop_)), left_(other.left_), counts_(std::exchange(other.counts_, false)) {}
    OnItsWay(const OnItsWay&) = delete;
    OnItsWay& operator=(const OnItsWay&) = delete;
    ~OnItsWay() {
        if (counts_) --answers_on_their_way;
    }
    void operator()() {
        if (--left_ == 0) return;
        const asio::any_io_executor loop = loop_;
        asio::post(loop, std::move(*this));
    }

private:
    asio::any_io_executor loop_;
    int left_ = steps;
    bool counts_ = true;
};

/// By the thread's own clock: the same work however busy the machine is.
void compute(Duration time) {
    const auto spent = [] {
        timespec now{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
    };
    const auto end = spent() + time;
    while (spent() < end) {
    }
}

void doze(Duration time) { std::this_thread::sleep_for(time); }

/// Holds the loop, and lets the answer out before another request does the same.
view::awaitable<void> hold_loop(Duration time, void (*hold)(Duration)) {
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    while (answers_on_their_way > 0) co_await asio::post(loop, asio::use_awaitable);
    hold(time);
    asio::post(loop, OnItsWay(loop));
}

/// Requests that hold this thread's loop one after the other and are answered together. Whoever finds no leader leads: waits until the
/// loop has read all that has come, and holds it for all of them.
class Convoy {
public:
    struct Member {
        Member(Convoy& convoy, const asio::any_io_executor& loop, Duration t)
            : of(convoy), time(t), wake(loop, asio::steady_timer::time_point::max()) {
            of.members_.push_back(this);
        }
        Member(const Member&) = delete;
        Member& operator=(const Member&) = delete;
        ~Member() {
            std::erase(of.members_, this);
            if (of.leader_ != this) return;
            of.leader_ = nullptr;  // its client has left: another leads
            for (Member* member : of.members_) member->wake.cancel();
        }
        Convoy& of;
        Duration time;
        asio::steady_timer wake;
        bool through = false;
    };

    view::awaitable<void> pass(Duration time) {
        const asio::any_io_executor loop = co_await asio::this_coro::executor;
        Member me(*this, loop, time);
        if (leader_ == nullptr && Clock::now() - ended_ > pause) move_on();  // alone, after a while: a turn of one
        while (!me.through) {
            if (leader_ != nullptr) {
                const auto [ec] = co_await me.wake.async_wait(asio::as_tuple(asio::use_awaitable));
                (void)ec;
                continue;
            }
            leader_ = &me;
            for (int quiet = 0; quiet < quiet_steps; ++quiet) {
                const std::size_t before = members_.size();
                co_await asio::post(loop, asio::use_awaitable);
                if (members_.size() > before) quiet = 0;
            }
            move_on();
        }
    }

private:
    static constexpr Duration pause = std::chrono::milliseconds(1);
    /// Steps of the loop in which nothing new has come; from a connection to its view it is a handful.
    static constexpr int quiet_steps = 20;

    void move_on() {
        for (Member* member : members_) doze(member->time);
        for (Member* member : members_) {
            member->through = true;
            member->wake.cancel();
        }
        members_.clear();
        leader_ = nullptr;
        ended_ = Clock::now();
    }

    std::vector<Member*> members_;
    Member* leader_ = nullptr;
    TimePoint ended_{};
};

thread_local Convoy convoy_of_this_thread;

}  // namespace

SleepWays ways_of(const appfile::Faults& faults, Duration usual) {
    SleepWays ways;
    ways.usual = usual;
    ways.block = faults.block;
    ways.convoy = faults.convoy;
    ways.cpu = faults.cpu;
    if (faults.threads) ways.threads = std::make_shared<NapThreads>(*faults.threads);
    return ways;
}

view::awaitable<void> sleep_as(SleepWays ways, Duration time) {
    if (ways.threads) {
        co_await ways.threads->nap(time);
        co_return;
    }
    Duration used{};
    if (ways.convoy) {
        used = time;
        co_await convoy_of_this_thread.pass(time);
    } else if (ways.block > 0) {
        used = share_of(time, ways.block);
        co_await hold_loop(used, doze);
    } else if (ways.cpu > 0) {
        used = share_of(time, ways.cpu);
        co_await hold_loop(used, compute);
    }
    if (used >= time) co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, time - used);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace volley::app
