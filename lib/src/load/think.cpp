#include <volley/load/think.hpp>

#include <algorithm>

#include <volley/load/random.hpp>

namespace volley::load {

Duration think_time(const Think& think, std::uint64_t seed, std::uint64_t user, std::uint64_t iteration) noexcept {
    const Duration a = std::max(think.a, Duration::zero());
    const Duration b = std::max(think.b, Duration::zero());
    // Mixed one after the other: a plain sum would give user 1's second pause to user 2 as the first.
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
    const auto random = [&] { return Random(mix(mix(mix(seed + odd) + user + odd) + iteration + odd)); };
    switch (think.kind) {
        case Think::Kind::none:
            return Duration::zero();
        case Think::Kind::constant:
            return a;
        case Think::Kind::exponential:
            return from_seconds(to_seconds(a) * random().exponential());
        case Think::Kind::uniform: {
            const auto [least, most] = std::minmax(a, b);
            return least + std::min(from_seconds(to_seconds(most - least) * random().uniform()), most - least);
        }
    }
    return Duration::zero();
}

}  // namespace volley::load
