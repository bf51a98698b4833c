#include "sound/fft.hpp"

#include <bit>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

namespace volley::sound {

Fft::Fft(std::size_t size) {
    if (size < 2 || size > largest || !std::has_single_bit(size))
        throw std::invalid_argument("a Fourier transform's size is a power of two");
    reversed_.resize(size);
    const auto top = static_cast<std::uint32_t>(size / 2);
    for (std::size_t i = 1; i < size; ++i) reversed_[i] = (reversed_[i / 2] / 2) | ((i & 1U) != 0 ? top : 0);
    turns_.resize(size / 2);
    for (std::size_t k = 0; k < turns_.size(); ++k) {
        const double angle = -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(size);
        turns_[k] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
    }
}

void Fft::transform(std::span<std::complex<float>> x, bool inverse) const noexcept {
    const std::size_t size = reversed_.size();
    for (std::size_t i = 0; i < size; ++i)
        if (i < reversed_[i]) std::swap(x[i], x[reversed_[i]]);
    for (std::size_t half = 1; half < size; half *= 2) {
        const std::size_t stride = size / (2 * half);
        for (std::size_t start = 0; start < size; start += 2 * half) {
            for (std::size_t k = 0; k < half; ++k) {
                // Written out: the library's product looks after infinities, which there are none of.
                const float real = turns_[k * stride].real();
                const float imaginary = inverse ? -turns_[k * stride].imag() : turns_[k * stride].imag();
                const std::complex<float> odd = x[start + half + k];
                const std::complex<float> turned{odd.real() * real - odd.imag() * imaginary,
                                                 odd.real() * imaginary + odd.imag() * real};
                const std::complex<float> even = x[start + k];
                x[start + k] = even + turned;
                x[start + half + k] = even - turned;
            }
        }
    }
}

}  // namespace volley::sound
