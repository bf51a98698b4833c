// Random numbers that are the same in each run of a test.
#pragma once

#include <volley/load/random.hpp>

#include "base/random.hpp"

namespace volley::test {

class SeededRandom final : public RandomSource {
public:
    explicit SeededRandom(std::uint64_t seed) noexcept : random_(seed) {}
    [[nodiscard]] std::uint64_t next() override { return random_.next(); }

private:
    load::Random random_;
};

}  // namespace volley::test
