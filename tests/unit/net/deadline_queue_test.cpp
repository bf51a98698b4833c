// Deadlines on a loop that nothing else keeps busy.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "net/deadline_queue.hpp"

namespace volley::net {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Item final : DeadlineQueue::Item {
    void on_deadline() override {
        ++calls;
        when = Clock::now();
        if (then) then();
    }
    int calls = 0;
    TimePoint when{};
    std::function<void()> then;
};

class DeadlineQueueTest : public testing::Test {
protected:
    asio::io_context io_{1};
    std::optional<DeadlineQueue> queue_{io_.get_executor()};
};

TEST_F(DeadlineQueueTest, calls_each_once_not_before_its_time_and_in_order) {
    std::mt19937 random(3);
    const TimePoint start = Clock::now();
    std::vector<Item> items(200);
    std::vector<TimePoint> due(items.size());
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < items.size(); ++i) {
        due[i] = start + std::chrono::microseconds(random() % 30'000);
        items[i].then = [&order, i] { order.push_back(i); };
        queue_->arm(items[i], due[i]);
    }
    io_.run();  // ends once nothing is armed
    ASSERT_EQ(order.size(), items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        EXPECT_EQ(items[i].calls, 1);
        EXPECT_GE(items[i].when, due[i]);
        if (i > 0) {
            EXPECT_LE(due[order[i - 1]], due[order[i]]);
        }
    }
}

TEST_F(DeadlineQueueTest, one_that_is_disarmed_is_not_called) {
    Item a;
    Item b;
    const TimePoint start = Clock::now();
    queue_->arm(a, start + 5ms);
    queue_->arm(b, start + 10ms);
    queue_->disarm(a);
    io_.run();
    EXPECT_EQ(a.calls, 0);
    EXPECT_EQ(b.calls, 1);
}

TEST_F(DeadlineQueueTest, moves_both_ways) {
    Item later;
    Item sooner;
    Item never;
    const TimePoint start = Clock::now();
    queue_->arm(later, start + 1ms);
    queue_->arm(later, start + 40ms);
    queue_->arm(sooner, start + 1h);
    queue_->arm(sooner, start + 2ms);
    queue_->arm(never, start + 1ms);
    queue_->arm(never, TimePoint::max());
    while (later.calls == 0 || sooner.calls == 0) io_.run_one();
    EXPECT_GE(later.when, start + 40ms);
    EXPECT_LT(sooner.when, start + 1h);
    EXPECT_EQ(never.calls, 0);
}

TEST_F(DeadlineQueueTest, set_and_met_a_million_times_it_is_called_once) {
    Item item;
    const TimePoint start = Clock::now();
    for (int i = 0; i < 1'000'000; ++i) {
        queue_->arm(item, start + 10ms + std::chrono::nanoseconds(i));
        queue_->disarm(item);
    }
    queue_->arm(item, start + 12ms);
    io_.run();
    EXPECT_EQ(item.calls, 1);
    EXPECT_GE(item.when, start + 12ms);
}

TEST_F(DeadlineQueueTest, once_settled_it_does_not_wake_for_what_has_moved_back) {
    const auto wakes = [this](bool settled) {
        for (;;) {
            Item moved;
            Item given_up;
            Item late;
            const TimePoint soon = Clock::now() + 1ms;
            queue_->arm(moved, soon);
            queue_->arm(given_up, soon);
            queue_->arm(late, soon + 2h);
            queue_->arm(moved, soon + 1h);
            queue_->disarm(given_up);
            if (settled) queue_->settle();
            io_.poll();                          // the wait that was given up
            if (Clock::now() >= soon) continue;  // and perhaps what is to be looked for: this machine had no time
            while (Clock::now() < soon + 1ms) continue;
            return io_.poll();
        }
    };
    EXPECT_EQ(wakes(false), 1U);
    EXPECT_EQ(wakes(true), 0U);
}

TEST_F(DeadlineQueueTest, once_settled_each_is_called_in_its_time) {
    Item moved;
    Item between;
    const TimePoint start = Clock::now();
    queue_->arm(moved, start + 1ms);
    queue_->arm(between, start + 3ms);
    queue_->arm(moved, start + 5ms);
    queue_->settle();
    queue_->settle();
    io_.run();
    EXPECT_EQ(moved.calls, 1);
    EXPECT_GE(moved.when, start + 5ms);
    EXPECT_EQ(between.calls, 1);
    EXPECT_GE(between.when, start + 3ms);
    EXPECT_LE(between.when, moved.when);
}

TEST_F(DeadlineQueueTest, one_may_arm_itself_anew_from_within) {
    Item item;
    item.then = [&] {
        if (item.calls < 5) queue_->arm(item, Clock::now() + 1ms);
    };
    queue_->arm(item, Clock::now());
    io_.run();
    EXPECT_EQ(item.calls, 5);
}

TEST_F(DeadlineQueueTest, one_may_end_others_and_itself_from_within) {
    auto first = std::make_unique<Item>();
    auto second = std::make_unique<Item>();
    Item third;
    const TimePoint now = Clock::now();
    queue_->arm(*first, now);
    queue_->arm(*second, now + 1us);
    queue_->arm(third, now + 2us);
    first->then = [&] {
        second.reset();
        auto self = std::move(first);
    };
    io_.run();
    EXPECT_EQ(third.calls, 1);
}

TEST_F(DeadlineQueueTest, may_die_from_within) {
    Item a;
    Item b;
    const TimePoint now = Clock::now();
    queue_->arm(a, now);
    queue_->arm(b, now + 1us);
    a.then = [&] { queue_.reset(); };
    io_.run();
    EXPECT_EQ(a.calls, 1);
    EXPECT_EQ(b.calls, 0);
}

TEST_F(DeadlineQueueTest, at_rest_it_lets_the_loop_end_and_wakes_up_again) {
    Item item;
    queue_->arm(item, Clock::now() + 1h);
    queue_->disarm(item);
    queue_->rest();
    io_.run();  // does not wait for the hour
    io_.restart();
    queue_->arm(item, Clock::now() + 1ms);
    while (item.calls == 0) io_.run_one();
    EXPECT_EQ(item.calls, 1);
}

// The timer's end was on its way already: it came back after rest() and set the timer for the next place, which nobody waited for.
TEST_F(DeadlineQueueTest, rest_holds_even_as_the_timer_comes_due) {
    Item soon;
    Item late;
    queue_->arm(soon, Clock::now() + 1ms);
    queue_->arm(late, Clock::now() + 1h);
    // In one turn of the loop: the wait is over by the time that this handler gives it up.
    asio::post(io_, [&] {
        const TimePoint until = Clock::now() + 20ms;
        while (Clock::now() < until) continue;
        asio::post(io_, [&] {
            queue_->disarm(soon);
            queue_->disarm(late);
            queue_->rest();
        });
    });
    io_.run_for(10s);
    EXPECT_TRUE(io_.stopped()) << "the loop still waits for something";
    EXPECT_EQ(soon.calls, 0);
}

}  // namespace
}  // namespace volley::net
