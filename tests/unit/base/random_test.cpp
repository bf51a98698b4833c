#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <gtest/gtest.h>

#include "support/seeded_random.hpp"

namespace volley {
namespace {

TEST(Random, numbers_below_a_bound_reach_all_of_them_and_no_other) {
    test::SeededRandom random(1);
    std::array<int, 5> seen{};
    for (int i = 0; i < 5000; ++i) ++seen.at(random.below(5));
    EXPECT_GT(*std::min_element(seen.begin(), seen.end()), 800);
    EXPECT_EQ(random.below(0), 0U);
    EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, texts_are_made_of_their_alphabet) {
    test::SeededRandom random(2);
    const std::string text = random.text(400, "ab+");
    EXPECT_EQ(text.size(), 400U);
    EXPECT_EQ(text.find_first_not_of("ab+"), std::string::npos);
    for (const char c : {'a', 'b', '+'}) EXPECT_NE(text.find(c), std::string::npos) << c;
}

TEST(Random, a_buffer_of_any_size_is_filled_to_its_end) {
    test::SeededRandom random(3);
    std::array<std::uint8_t, 13> together{};
    for (int i = 0; i < 100; ++i) {
        std::array<std::uint8_t, 13> once{};
        random.fill(once);
        for (std::size_t at = 0; at < once.size(); ++at) together[at] |= once[at];
    }
    EXPECT_TRUE(std::all_of(together.begin(), together.end(), [](std::uint8_t byte) { return byte == 0xff; }));
}

TEST(Random, the_systems_numbers_do_not_repeat) {
    OsRandom random;
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random.next());
    EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace volley
