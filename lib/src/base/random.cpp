#include "base/random.hpp"

#include <stdexcept>
#include <utility>

#include <openssl/rand.h>

namespace volley {

void RandomSource::fill(std::span<std::uint8_t> out) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (i % 8 == 0) bits = next();
        out[i] = static_cast<std::uint8_t>(bits >> (8 * (i % 8)));
    }
}

std::uint64_t RandomSource::below(std::uint64_t bound) {
    if (bound == 0) return 0;
    // What is over the last whole multiple of the bound would make the small numbers likelier.
    const std::uint64_t uneven = (0 - bound) % bound;
    std::uint64_t bits = next();
    while (bits < uneven) bits = next();
    return bits % bound;
}

std::string RandomSource::text(std::size_t size, std::string_view alphabet) {
    std::string out(size, ' ');
    for (char& c : out) c = alphabet[static_cast<std::size_t>(below(alphabet.size()))];
    return out;
}

std::uint64_t OsRandom::next() {
    if (left_ == 0) {
        if (RAND_bytes(reinterpret_cast<unsigned char*>(numbers_.data()), static_cast<int>(sizeof numbers_)) != 1)
            throw std::runtime_error("OpenSSL has no random numbers");
        left_ = numbers_.size();
    }
    // What was handed out is not kept: it may be a password.
    return std::exchange(numbers_[--left_], 0);
}

}  // namespace volley
