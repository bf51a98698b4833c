#include "app/nap_threads.hpp"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace volley::app {
namespace asio = boost::asio;

/// `given_up` is locked: the loop that awaits the nap may be gone before the thread wakes. The rest belongs to that loop.
struct NapThreads::Nap {
    asio::any_io_executor loop;
    asio::steady_timer* arrived = nullptr;
    bool given_up = false;
    bool done = false;
};

/// Gives the nap up however its coroutine ends.
class NapThreads::Awaiting {
public:
    Awaiting(std::mutex& mutex, Nap& nap) : mutex_(mutex), nap_(nap) {}
    Awaiting(const Awaiting&) = delete;
    Awaiting& operator=(const Awaiting&) = delete;
    ~Awaiting() {
        const std::scoped_lock lock(mutex_);
        nap_.given_up = true;
        nap_.arrived = nullptr;
    }

private:
    std::mutex& mutex_;
    Nap& nap_;
};

NapThreads::NapThreads(unsigned most) {
    if (most > 0) pool_.emplace(most);
}

NapThreads::~NapThreads() {
    std::unique_lock lock(mutex_);
    ending_ = true;
    wake_.notify_all();
    one_ended_.wait(lock, [&] { return running_.empty(); });
    lock.unlock();
    join_ended();
}

view::awaitable<void> NapThreads::nap(Duration time) {
    join_ended();
    const auto nap = std::make_shared<Nap>();
    nap->loop = co_await asio::this_coro::executor;
    asio::steady_timer arrived(nap->loop, asio::steady_timer::time_point::max());
    nap->arrived = &arrived;
    const Awaiting awaiting(mutex_, *nap);
    start(nap, time);
    while (!nap->done) {
        const auto [ec] = co_await arrived.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;  // always aborted: by the nap's end or by our cancellation
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none && !nap->done)
            throw boost::system::system_error(asio::error::operation_aborted);
    }
}

void NapThreads::start(std::shared_ptr<Nap> nap, Duration time) {
    if (pool_) {
        pool_->push([this, nap = std::move(nap), time] { sleep(nap, time); });
        return;
    }
    const std::scoped_lock lock(mutex_);
    const auto at = running_.emplace(running_.end());
    try {
        *at = std::thread([this, at, nap = std::move(nap), time] {
            sleep(nap, time);
            const std::scoped_lock own(mutex_);
            ended_.splice(ended_.end(), running_, at);
            one_ended_.notify_all();
        });
    } catch (...) {
        running_.erase(at);
        throw;
    }
}

void NapThreads::sleep(const std::shared_ptr<Nap>& nap, Duration time) {
    std::unique_lock lock(mutex_);
    if (nap->given_up) return;  // before its turn came
    wake_.wait_for(lock, time, [&] { return ending_; });
    if (nap->given_up) return;
    // Under the lock: who awaits cannot leave, and its loop is still there.
    asio::post(nap->loop, [nap] {
        nap->done = true;
        if (nap->arrived != nullptr) nap->arrived->cancel();
    });
}

void NapThreads::join_ended() {
    std::list<std::thread> ended;
    {
        const std::scoped_lock lock(mutex_);
        ended.swap(ended_);
    }
    for (std::thread& thread : ended) thread.join();
}

}  // namespace volley::app
