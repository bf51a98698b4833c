#include "call/call_ledger.hpp"

#include <iterator>
#include <list>
#include <optional>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

namespace volley::call {
namespace {

using Full = CallLedger::Full;

IpAddress address(const char* text) { return *IpAddress::parse(text); }

/// Enters and keeps the place; what stands against it otherwise.
std::optional<Full> enter(CallLedger& ledger, std::list<CallLedger::Place>& places, unsigned process, const char* who) {
    auto entered = ledger.enter(process, address(who));
    if (const auto* full = std::get_if<Full>(&entered)) return *full;
    places.push_back(std::get<CallLedger::Place>(std::move(entered)));
    return std::nullopt;
}

TEST(CallLedger, limits_hold_over_all_processes) {
    CallLedger ledger({.calls = 4, .calls_per_address = 2});
    std::list<CallLedger::Place> places;
    EXPECT_FALSE(enter(ledger, places, 0, "192.0.2.1"));
    EXPECT_FALSE(enter(ledger, places, 1, "::ffff:192.0.2.1"));
    EXPECT_EQ(enter(ledger, places, 2, "192.0.2.1"), Full::calls_of_address);
    EXPECT_FALSE(enter(ledger, places, 2, "2001:db8::1"));
    EXPECT_FALSE(enter(ledger, places, 2, "2001:db8::ffff"));
    EXPECT_EQ(enter(ledger, places, 0, "192.0.2.2"), Full::calls);
    EXPECT_EQ(ledger.addresses(), 2U) << "an IPv6 address stands for its /64";
    EXPECT_EQ(ledger.calls_of(0), 1U);
    EXPECT_EQ(ledger.calls_of(1), 1U);
    EXPECT_EQ(ledger.calls_of(2), 2U);
    places.erase(std::next(places.begin()));
    EXPECT_FALSE(enter(ledger, places, 0, "192.0.2.1"));
    places.clear();
    EXPECT_EQ(ledger.addresses(), 0U);
    EXPECT_EQ(ledger.calls_of(0) + ledger.calls_of(1) + ledger.calls_of(2), 0U);
}

TEST(CallLedger, loopback_addresses_are_limited_together_with_all_alone) {
    CallLedger ledger({.calls = 3, .calls_per_address = 1});
    std::list<CallLedger::Place> places;
    for (const char* who : {"127.0.0.1", "127.0.0.1", "::1"}) EXPECT_FALSE(enter(ledger, places, 0, who));
    EXPECT_EQ(ledger.addresses(), 0U);
    EXPECT_EQ(enter(ledger, places, 0, "::1"), Full::calls);
}

TEST(CallLedger, a_limit_of_none_takes_none) {
    CallLedger none({.calls = 0, .calls_per_address = 1});
    std::list<CallLedger::Place> places;
    EXPECT_EQ(enter(none, places, 0, "192.0.2.1"), Full::calls);
}

/// Runs `f` in a forked process. @return its exit code.
template <class F>
int forked(F f) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        f();
        ::_exit(0);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(CallLedger, what_another_process_enters_is_seen) {
    CallLedger ledger({.calls = 10, .calls_per_address = 2});
    std::list<CallLedger::Place> places;
    EXPECT_FALSE(enter(ledger, places, 0, "192.0.2.1"));
    const auto child = [&] {
        if (enter(ledger, places, 1, "192.0.2.1")) ::_exit(1);
        if (enter(ledger, places, 1, "192.0.2.1") != Full::calls_of_address) ::_exit(2);
        // It ends with its places taken, as one that is killed does.
    };
    EXPECT_EQ(forked(child), 0);
    EXPECT_EQ(ledger.calls_of(1), 1U);
    EXPECT_EQ(enter(ledger, places, 0, "192.0.2.1"), Full::calls_of_address);
}

}  // namespace
}  // namespace volley::call
