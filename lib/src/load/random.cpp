#include <volley/load/random.hpp>

#include <bit>

namespace volley::load {

Random::Random(std::uint64_t seed) noexcept {
    for (auto& word : state_) word = mix(seed += 0x9e3779b97f4a7c15U);
}

std::uint64_t Random::next() noexcept {
    const std::uint64_t out = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return out;
}

double Random::exponential() noexcept {
    // A falling run that begins with x has an odd length with probability e^-x. Each rejected run moves one unit to the right.
    for (double whole = 0;; ++whole) {
        const std::uint64_t first = next();
        std::uint64_t last = first;
        bool odd = true;
        for (std::uint64_t u = next(); u < last; u = next()) {
            last = u;
            odd = !odd;
        }
        if (odd) return whole + static_cast<double>(first >> 11) * 0x1p-53;
    }
}

}  // namespace volley::load
