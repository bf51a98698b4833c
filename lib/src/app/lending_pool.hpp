// A fixed number of things, lent to coroutines that wait for one without holding their thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace volley::app {

/// Lends in the order in which it was asked.
/// Thread safety: every member may be called from any thread, and a loan may end on any; a coroutine that waits must run on an executor of
/// one thread.
/// Lifetime: held by shared_ptr, which every loan shares.
template <class T>
class LendingPool : public std::enable_shared_from_this<LendingPool<T>> {
public:
    /// One thing on loan; gives it back when it dies.
    class Loan {
    public:
        Loan(Loan&& other) noexcept
            : pool_(std::move(other.pool_)), thing_(std::exchange(other.thing_, nullptr)), lent(other.lent), ahead(other.ahead) {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        Loan& operator=(Loan&&) = delete;
        ~Loan() {
            if (thing_ != nullptr) pool_->take_back(thing_);
        }
        [[nodiscard]] T& operator*() const noexcept { return *thing_; }
        [[nodiscard]] T* operator->() const noexcept { return thing_; }

    private:
        friend class LendingPool;
        Loan(std::shared_ptr<LendingPool> pool, T* thing, std::size_t lent_now, std::size_t ahead_then)
            : pool_(std::move(pool)), thing_(thing), lent(lent_now), ahead(ahead_then) {}
        std::shared_ptr<LendingPool> pool_;
        T* thing_;

    public:
        const std::size_t lent;   ///< how many were lent when this began, itself included
        const std::size_t ahead;  ///< how many had to be given back first, counted when it was asked for; 0: none
    };

    explicit LendingPool(std::vector<std::unique_ptr<T>> things) : things_(std::move(things)) {
        for (const auto& thing : things_) free_.push_back(thing.get());
    }
    LendingPool(const LendingPool&) = delete;
    LendingPool& operator=(const LendingPool&) = delete;

    /// Waits until one is free and everybody who asked before has had one.
    /// Cancellation: leaves the queue and throws operation_aborted.
    boost::asio::awaitable<Loan> borrow() {
        namespace asio = boost::asio;
        const auto executor = co_await asio::this_coro::executor;
        const auto waiter = std::make_shared<Waiter>(executor);
        const std::size_t ahead = ask(waiter);
        const Withdrawal withdrawal{*this, *waiter};
        while (!has(*waiter)) {
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none)
                throw boost::system::system_error(asio::error::operation_aborted);
            const auto [ec] = co_await waiter->wake.async_wait(asio::as_tuple(asio::use_awaitable));
            (void)ec;  // always aborted, by a thing that came or by our cancellation
        }
        co_return Loan(this->shared_from_this(), std::exchange(waiter->thing, nullptr), lent(), ahead);
    }

    [[nodiscard]] std::size_t size() const noexcept { return things_.size(); }
    [[nodiscard]] std::size_t lent() const {
        const std::scoped_lock lock(mutex_);
        return things_.size() - free_.size();
    }
    [[nodiscard]] std::size_t waiting() const {
        const std::scoped_lock lock(mutex_);
        return queue_.size();
    }

private:
    struct Waiter {
        explicit Waiter(const boost::asio::any_io_executor& e)
            : executor(e), wake(e, boost::asio::steady_timer::time_point::max()) {}
        boost::asio::any_io_executor executor;
        boost::asio::steady_timer wake;
        T* thing = nullptr;  // under the pool's mutex while it waits
    };
    /// However a wait ends: out of the queue, and what came too late goes on to the next.
    struct Withdrawal {
        Withdrawal(LendingPool& p, Waiter& w) : pool(p), waiter(w) {}
        Withdrawal(const Withdrawal&) = delete;
        Withdrawal& operator=(const Withdrawal&) = delete;
        ~Withdrawal() { pool.withdraw(waiter); }
        LendingPool& pool;
        Waiter& waiter;
    };

    std::size_t ask(const std::shared_ptr<Waiter>& waiter) {
        const std::scoped_lock lock(mutex_);
        if (!free_.empty()) {  // then nobody waits: see give()
            waiter->thing = free_.back();
            free_.pop_back();
            return 0;
        }
        queue_.push_back(waiter);
        return queue_.size();
    }
    bool has(const Waiter& waiter) const {
        const std::scoped_lock lock(mutex_);
        return waiter.thing != nullptr;
    }
    void withdraw(Waiter& waiter) {
        const std::scoped_lock lock(mutex_);
        std::erase_if(queue_, [&](const auto& each) { return each.get() == &waiter; });
        if (T* thing = std::exchange(waiter.thing, nullptr)) give(thing);
    }
    void take_back(T* thing) {
        const std::scoped_lock lock(mutex_);
        give(thing);
    }
    /// Under the mutex, posting included: as long as a waiter stands in the queue its coroutine lives, and so does its executor.
    void give(T* thing) {
        if (queue_.empty()) {
            free_.push_back(thing);
            return;
        }
        auto waiter = std::move(queue_.front());
        queue_.pop_front();
        waiter->thing = thing;
        const auto executor = waiter->executor;
        boost::asio::post(executor, [waiter = std::move(waiter)] { waiter->wake.cancel(); });
    }

    mutable std::mutex mutex_;
    const std::vector<std::unique_ptr<T>> things_;
    std::vector<T*> free_;
    std::deque<std::shared_ptr<Waiter>> queue_;
};

}  // namespace volley::app
