#include "call/local_addresses.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::call {
namespace {

IpAddress address(const std::string& text) { return *IpAddress::parse(text); }

std::vector<IpAddress> machine(int others, bool loopback = true) {
    std::vector<IpAddress> out;
    for (int i = 1; i <= others; ++i) out.push_back(address("192.0.2." + std::to_string(i)));
    if (loopback) {
        out.push_back(address("127.0.0.1"));
        out.push_back(address("::1"));
    }
    return out;
}

TEST(CandidateAddresses, are_all_of_a_machine_that_has_few) {
    EXPECT_EQ(candidate_addresses(machine(3), true), machine(3));
    EXPECT_EQ(candidate_addresses(machine(30), true), machine(30));
    EXPECT_THAT(candidate_addresses({}, true), testing::IsEmpty());
}

TEST(CandidateAddresses, leave_loopback_out_unless_it_is_asked_for_or_alone) {
    EXPECT_EQ(candidate_addresses(machine(3), false), machine(3, false));
    EXPECT_EQ(candidate_addresses(machine(0), false), machine(0));
}

TEST(CandidateAddresses, of_a_machine_that_has_many_are_its_first_ones_and_loopback_where_it_is_asked_for) {
    EXPECT_EQ(candidate_addresses(machine(31), true), machine(30));
    EXPECT_EQ(candidate_addresses(machine(250), true), machine(30));
    EXPECT_EQ(candidate_addresses(machine(250), false), machine(32, false));
    std::vector<IpAddress> loopbacks;
    for (int i = 1; i <= 40; ++i) loopbacks.push_back(address("127.0.0." + std::to_string(i)));
    EXPECT_THAT(candidate_addresses(loopbacks, true), testing::ElementsAreArray(loopbacks.begin(), loopbacks.begin() + 32));
    loopbacks.insert(loopbacks.begin(), address("192.0.2.1"));
    EXPECT_THAT(candidate_addresses(loopbacks, true), testing::ElementsAreArray(loopbacks.begin() + 1, loopbacks.begin() + 33));
}

}  // namespace
}  // namespace volley::call
