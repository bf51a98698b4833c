// One wait of the loop for many sockets: pairs of them, and nothing of the network.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "net/readiness.hpp"

namespace volley::net {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Pair {
    Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0); }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    ~Pair() {
        close_ours();
        close_theirs();
    }
    void close_ours() { close_one(0); }
    void close_theirs() { close_one(1); }
    void close_one(std::size_t i) {
        if (ends[i] >= 0) ::close(ends[i]);
        ends[i] = -1;
    }
    void say() const { EXPECT_EQ(::send(ends[1], "x", 1, MSG_NOSIGNAL), 1); }
    [[nodiscard]] int ours() const { return ends[0]; }
    std::array<int, 2> ends{-1, -1};
};

struct Watcher final : Readiness::Watcher {
    void on_ready(std::uint32_t events) override {
        ++calls;
        seen |= events;
        if (then) then();
    }
    int calls = 0;
    std::uint32_t seen = 0;
    std::function<void()> then;
};

class ReadinessTest : public testing::Test {
protected:
    bool turn_until(const std::function<bool()>& holds) {
        for (int i = 0; i < 3000 && !holds(); ++i) {
            io_.restart();
            io_.run_one_for(10ms);
        }
        return holds();
    }
    asio::io_context io_{1};
    std::optional<Readiness> readiness_{io_.get_executor()};
};

TEST_F(ReadinessTest, tells_of_room_bytes_and_the_end) {
    Pair pair;
    Watcher watcher;
    readiness_->resume();
    ASSERT_FALSE(readiness_->add(pair.ours(), watcher));
    EXPECT_TRUE(turn_until([&] { return (watcher.seen & EPOLLOUT) != 0; }));
    EXPECT_EQ(watcher.seen & EPOLLIN, 0U);
    pair.say();
    EXPECT_TRUE(turn_until([&] { return (watcher.seen & EPOLLIN) != 0; }));
    EXPECT_EQ(watcher.seen & EPOLLRDHUP, 0U);
    pair.close_theirs();
    EXPECT_TRUE(turn_until([&] { return (watcher.seen & EPOLLRDHUP) != 0; }));
    readiness_->remove(pair.ours(), watcher);
}

TEST_F(ReadinessTest, at_rest_the_loop_ends_and_nothing_is_lost) {
    Pair pair;
    Watcher watcher;
    readiness_->resume();
    ASSERT_FALSE(readiness_->add(pair.ours(), watcher));
    EXPECT_TRUE(turn_until([&] { return watcher.calls == 1; }));
    readiness_->rest();
    io_.restart();
    io_.run();
    pair.say();
    io_.restart();
    io_.run();
    EXPECT_EQ(watcher.calls, 1);
    readiness_->resume();
    EXPECT_TRUE(turn_until([&] { return (watcher.seen & EPOLLIN) != 0; }));
    readiness_->remove(pair.ours(), watcher);
}

TEST_F(ReadinessTest, more_than_a_batch_are_all_told_of) {
    // Each socket pair takes two descriptors; under the usual limit of 1,024.
    std::vector<Pair> pairs(400);
    std::vector<Watcher> watchers(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        ASSERT_FALSE(readiness_->add(pairs[i].ours(), watchers[i]));
        pairs[i].say();
    }
    readiness_->resume();
    EXPECT_TRUE(turn_until([&] {
        for (const auto& watcher : watchers)
            if ((watcher.seen & EPOLLIN) == 0) return false;
        return true;
    }));
    for (std::size_t i = 0; i < pairs.size(); ++i) readiness_->remove(pairs[i].ours(), watchers[i]);
}

TEST_F(ReadinessTest, one_that_is_removed_within_its_batch_is_not_told) {
    Pair first_pair;
    Pair second_pair;
    auto first = std::make_unique<Watcher>();
    auto second = std::make_unique<Watcher>();
    ASSERT_FALSE(readiness_->add(first_pair.ours(), *first));
    ASSERT_FALSE(readiness_->add(second_pair.ours(), *second));
    int told = 0;
    // Whoever is first ends the other.
    first->then = [&] {
        ++told;
        if (!second) return;
        readiness_->remove(second_pair.ours(), *second);
        second.reset();
    };
    second->then = [&] {
        ++told;
        if (!first) return;
        readiness_->remove(first_pair.ours(), *first);
        first.reset();
    };
    readiness_->resume();
    EXPECT_TRUE(turn_until([&] { return told > 0; }));
    io_.restart();
    io_.run_for(20ms);
    EXPECT_EQ(told, 1);
    if (first) readiness_->remove(first_pair.ours(), *first);
    if (second) readiness_->remove(second_pair.ours(), *second);
}

TEST_F(ReadinessTest, may_die_from_within) {
    Pair pair;
    Pair other;
    Watcher watcher;
    Watcher beside;
    ASSERT_FALSE(readiness_->add(pair.ours(), watcher));
    ASSERT_FALSE(readiness_->add(other.ours(), beside));
    watcher.then = beside.then = [&] { readiness_.reset(); };
    readiness_->resume();
    EXPECT_TRUE(turn_until([&] { return !readiness_.has_value(); }));
    io_.restart();
    io_.run_for(20ms);
    EXPECT_EQ(watcher.calls + beside.calls, 1);
}

TEST_F(ReadinessTest, a_descriptor_that_is_none_is_an_error) {
    Watcher watcher;
    EXPECT_EQ(readiness_->add(-1, watcher).value(), EBADF);
}

}  // namespace
}  // namespace volley::net
