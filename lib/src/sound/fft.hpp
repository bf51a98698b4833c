// The fast Fourier transform of a power of two numbers.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace volley::sound {

/// In place, radix 2, unscaled: inverse(forward(x)) is size() times x. Thread safety: const members may be called by many threads at once.
class Fft {
public:
    static constexpr std::size_t largest = std::size_t{1} << 20;

    /// @param size  a power of two from 2 to `largest`; anything else throws std::invalid_argument.
    explicit Fft(std::size_t size);

    [[nodiscard]] std::size_t size() const noexcept { return reversed_.size(); }
    /// `x` has size() numbers.
    void forward(std::span<std::complex<float>> x) const noexcept { transform(x, false); }
    void inverse(std::span<std::complex<float>> x) const noexcept { transform(x, true); }

private:
    void transform(std::span<std::complex<float>> x, bool inverse) const noexcept;

    std::vector<std::uint32_t> reversed_;
    std::vector<std::complex<float>> turns_;  // e^(-2 pi i k / size), half of them
};

}  // namespace volley::sound
