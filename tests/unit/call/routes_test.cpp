#include "call/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/seeded_random.hpp"

namespace volley::call {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint start{};

Endpoint peer(std::uint16_t port) { return {IpAddress::v4(0xc0000201), port}; }

proto::stun::TransactionId transaction(std::uint64_t number) {
    proto::stun::TransactionId id{};
    for (std::size_t i = 0; i < 8; ++i) id[i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

class RoutesTest : public testing::Test {
protected:
    std::string add(Routes::CallId id) { return routes.add(id, random); }
    std::vector<Routes::CallId> at(const Endpoint& remote) const {
        const auto found = routes.claimants(remote);
        return {found.begin(), found.end()};
    }

    test::SeededRandom random{1};
    Routes routes;
};

TEST_F(RoutesTest, a_fragment_leads_to_the_call_whose_prefix_it_has) {
    const std::string one = add(1);
    const std::string two = add(2);
    EXPECT_NE(one, two);
    EXPECT_EQ(routes.of_ufrag(one + "abcd"), 1U);
    EXPECT_EQ(routes.of_ufrag(two + "after a restart"), 2U);
    EXPECT_EQ(routes.of_ufrag(one.substr(0, 5)), std::nullopt);
    EXPECT_EQ(routes.of_ufrag(""), std::nullopt);
    EXPECT_EQ(routes.of_ufrag("nobody"), std::nullopt);
}

TEST_F(RoutesTest, an_answer_leads_to_the_call_that_asked_once_and_for_a_while) {
    (void)add(1);
    routes.note_request(start, 1, transaction(1));
    routes.note_request(start, 1, transaction(2));
    EXPECT_EQ(routes.take_answer(start + 1s, transaction(1)), 1U);
    EXPECT_EQ(routes.take_answer(start + 1s, transaction(1)), std::nullopt);
    EXPECT_EQ(routes.take_answer(start + 41s, transaction(2)), std::nullopt);
    EXPECT_EQ(routes.sizes().requests, 0U);
}

TEST_F(RoutesTest, a_request_that_is_sent_again_lives_longer) {
    (void)add(1);
    routes.note_request(start, 1, transaction(1));
    routes.note_request(start + 39s, 1, transaction(1));
    EXPECT_EQ(routes.take_answer(start + 50s, transaction(1)), 1U);
}

TEST_F(RoutesTest, requests_that_nobody_answers_are_forgotten_with_later_ones) {
    (void)add(1);
    for (std::uint64_t i = 0; i < 1000; ++i) {
        routes.note_request(start + i * 5s, 1, transaction(i));
        EXPECT_LE(routes.sizes().requests, 9U);
    }
}

TEST_F(RoutesTest, the_requests_of_a_call_are_bounded_and_the_oldest_make_room) {
    (void)add(1);
    for (std::uint64_t i = 0; i < 10'000; ++i) routes.note_request(start, 1, transaction(i));
    EXPECT_EQ(routes.sizes().requests, Routes::most_requests);
    EXPECT_EQ(routes.take_answer(start, transaction(0)), std::nullopt);
    EXPECT_EQ(routes.take_answer(start, transaction(9'999)), 1U);
}

TEST_F(RoutesTest, an_address_leads_to_all_that_claim_it_so_that_a_forged_claim_takes_it_from_nobody) {
    (void)add(1);
    (void)add(2);
    routes.claim(1, peer(1000), true);
    routes.claim(2, peer(1000), false);
    routes.claim(2, peer(1000), false);
    EXPECT_THAT(at(peer(1000)), ElementsAre(1, 2));
    EXPECT_THAT(at(peer(1001)), IsEmpty());
    routes.give_up(2, peer(1000));
    EXPECT_THAT(at(peer(1000)), ElementsAre(1));
}

TEST_F(RoutesTest, claims_without_an_answer_make_room_for_those_with_one_and_never_the_other_way) {
    for (Routes::CallId id = 1; id <= 6; ++id) (void)add(id);
    for (Routes::CallId id = 1; id <= 4; ++id) routes.claim(id, peer(1), id == 1);
    routes.claim(5, peer(1), false);
    EXPECT_THAT(at(peer(1)), ElementsAre(1, 2, 3, 4));
    routes.claim(5, peer(1), true);
    EXPECT_THAT(at(peer(1)), ElementsAre(1, 3, 4, 5));
    // A peer that uses its port for one call after the other is not locked out by those that are not gone yet.
    routes.claim(3, peer(1), true);
    routes.claim(4, peer(1), true);
    routes.claim(6, peer(1), true);
    EXPECT_THAT(at(peer(1)), ElementsAre(3, 4, 5, 6));
}

TEST_F(RoutesTest, the_addresses_of_a_call_are_bounded) {
    (void)add(1);
    for (std::uint16_t port = 1; port < 2000; ++port) routes.claim(1, peer(port), false);
    EXPECT_EQ(routes.sizes().addresses, Routes::most_claims);
    EXPECT_THAT(at(peer(1)), IsEmpty());
    EXPECT_THAT(at(peer(1999)), ElementsAre(1));
}

TEST_F(RoutesTest, nothing_stays_of_a_call_that_is_removed) {
    const std::string prefix = add(1);
    (void)add(2);
    routes.claim(1, peer(1), true);
    routes.claim(2, peer(1), true);
    routes.claim(1, peer(2), false);
    routes.note_request(start, 1, transaction(1));
    routes.note_request(start, 2, transaction(2));
    routes.remove(1);
    EXPECT_EQ(routes.of_ufrag(prefix), std::nullopt);
    EXPECT_EQ(routes.take_answer(start, transaction(1)), std::nullopt);
    EXPECT_THAT(at(peer(1)), ElementsAre(2));
    EXPECT_EQ(routes.sizes(), (Routes::Sizes{1, 1, 1}));
    routes.remove(1);
    routes.remove(2);
    EXPECT_EQ(routes.sizes(), Routes::Sizes{});
}

TEST_F(RoutesTest, what_is_said_of_a_call_that_is_gone_leaves_nothing) {
    routes.claim(7, peer(1), true);
    routes.note_request(start, 7, transaction(1));
    EXPECT_EQ(routes.sizes(), Routes::Sizes{});
}

}  // namespace
}  // namespace volley::call
