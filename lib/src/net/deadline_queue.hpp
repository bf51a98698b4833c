// The deadlines of many objects on one timer, cheap to move: for connections by the thousand.
#pragma once

#include <cstddef>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/set.hpp>

#include <volley/time.hpp>

namespace volley::net {

/// Calls items whose deadline has passed. An item that is disarmed, or whose deadline moves back, keeps its place in the queue until that
/// comes up, so that a deadline set and met again and again costs two stores. Thread safety: none; all on the executor's thread.
class DeadlineQueue {
public:
    using Hook = boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>,
                                                 boost::intrusive::optimize_size<true>>;
    /// Something with a deadline. Leaves the queue when it dies; the queue must outlive it or be empty of it.
    class Item : public Hook {
    public:
        Item() = default;
        Item(const Item&) = delete;
        Item& operator=(const Item&) = delete;

        /// Disarmed before it is called; may arm itself anew or be destroyed.
        virtual void on_deadline() = 0;

    protected:
        ~Item() = default;

    private:
        friend class DeadlineQueue;
        TimePoint due_ = TimePoint::max();    ///< max: disarmed
        TimePoint place_ = TimePoint::max();  ///< where it stands in the queue: at `due_` or before it
    };

    explicit DeadlineQueue(const boost::asio::any_io_executor& executor);
    DeadlineQueue(const DeadlineQueue&) = delete;
    DeadlineQueue& operator=(const DeadlineQueue&) = delete;
    ~DeadlineQueue();

    /// Sets the deadline, or moves it. TimePoint::max() disarms.
    void arm(Item& item, TimePoint when);
    void disarm(Item& item) noexcept { item.due_ = TimePoint::max(); }

    /// Moves the timer behind the deadlines that have moved back since, so that it does not run for nothing. Costs a system call where it does
    /// move: for whoever has just met deadlines that are shorter than the time until more happens, as those of media are.
    void settle();

    /// Gives up the timer, which would keep the event loop running, until arm() is called again. For when nothing is armed.
    void rest();

private:
    struct ByPlace {
        bool operator()(const Item& a, const Item& b) const noexcept { return a.place_ < b.place_; }
    };
    void insert(Item& item);
    void wake_at(TimePoint when);
    void on_timer();

    boost::asio::steady_timer timer_;
    TimePoint wake_ = TimePoint::max();
    boost::intrusive::multiset<Item, boost::intrusive::base_hook<Hook>, boost::intrusive::compare<ByPlace>,
                               boost::intrusive::constant_time_size<false>>
        items_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // a handler may run after us
};

}  // namespace volley::net
