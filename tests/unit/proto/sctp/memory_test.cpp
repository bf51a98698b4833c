// What associations cost, and that nothing of it stays behind.
#include <cstdio>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <malloc.h>

#include "unit/proto/sctp/sctp_pair.hpp"

namespace volley::proto::sctp {
namespace {

using namespace std::chrono_literals;
using test::SctpPair;
using test::VirtualClock;

std::size_t allocated_bytes() { return mallinfo2().uordblks; }

std::size_t resident_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
    }
    return 0;
}

// Opens, uses and ends `count` pairs, all alive at once. The bytes of one association's end while they are.
std::size_t open_and_end(std::size_t count) {
    const std::size_t before = allocated_bytes();
    std::vector<std::unique_ptr<SctpPair>> pairs;
    for (std::size_t i = 0; i < count; ++i) {
        pairs.push_back(std::make_unique<SctpPair>(test::LinkModel{.delay = 1ms}));
        EXPECT_TRUE(pairs.back()->connect(5s));
        EXPECT_FALSE(pairs.back()->a.send(0, "ping"));
    }
    for (auto& pair : pairs) pair->pump();
    const std::size_t each = (allocated_bytes() - before) / (2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 3 == 0) pairs[i]->a.association->abort(VirtualClock::now());
        if (i % 3 == 1) pairs[i]->a.association->shutdown(VirtualClock::now());
        pairs[i]->pump();
    }
    pairs.clear();
    // usrsctp clears away by its timers.
    while (const auto next = test::sctp_stack().next_timeout()) {
        VirtualClock::advance_to(*next);
        test::sctp_stack().handle_timeout(VirtualClock::now());
    }
    EXPECT_EQ(test::sctp_stack().associations(), 0U);
    return each;
}

TEST(SctpMemory, a_thousand_associations_leave_nothing_behind) {
    (void)open_and_end(500);  // what is allocated once, and room for the tags that must not be used again for a minute
    const std::size_t before = allocated_bytes();
    const std::size_t resident_before = resident_kib();
    std::size_t each = 0;
    for (int round = 0; round < 2; ++round) {
        VirtualClock::advance(70s);
        each = open_and_end(500);
    }
    const std::size_t after = allocated_bytes();
    malloc_trim(0);
    std::printf("%zu bytes for each end; allocated before %zu, after %zu; resident before %zu KiB, after %zu KiB\n", each, before,
                after, resident_before, resident_kib());
    // The tags stand in blocks of a hash table, not always equally full.
    EXPECT_LT(after, before + 64 * 1024);
    EXPECT_LT(each, 60U * 1024);
}

}  // namespace
}  // namespace volley::proto::sctp
