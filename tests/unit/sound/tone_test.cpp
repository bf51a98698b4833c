#include "sound/tone.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sound/fft.hpp"
#include "unit/sound/signals.hpp"

namespace volley::sound {
namespace {

TEST(Tone, goes_on_from_block_to_block) {
    Samples whole(960);
    Tone(48'000, 440).fill(whole);
    Samples parts(960);
    Tone tone(48'000, 440);
    tone.fill(std::span(parts).first(100));
    tone.fill(std::span(parts).subspan(100));
    EXPECT_EQ(parts, whole);
    EXPECT_EQ(whole[0], 0);
    EXPECT_EQ(*std::max_element(whole.begin(), whole.end()), 16384);
}

TEST(Tone, its_power_is_found_at_its_frequency) {
    Samples samples(4800);
    Tone(48'000, 1000, 0.5).fill(samples);
    EXPECT_NEAR(power_db(samples, 48'000, 1000), -6.02, 0.05);
    EXPECT_LT(power_db(samples, 48'000, 1200), -60);
    EXPECT_LT(power_db(samples, 48'000, 500), -60);
}

TEST(Tone, stands_out_of_its_neighbours) {
    for (const int rate : {8000, 16'000, 48'000}) {
        for (const double frequency : {100.0, 440.0, 1000.0, 3000.0, 3900.0}) {
            Samples samples(static_cast<std::size_t>(rate / 4));
            Tone(rate, frequency, 0.3).fill(samples);
            EXPECT_GT(tone_over_neighbours_db(samples, rate, frequency), 60) << rate << " " << frequency;
            EXPECT_GT(tone_over_neighbours_db(added(samples, noise(samples.size(), 2000, 1)), rate, frequency), 20);
        }
    }
}

TEST(Tone, noise_and_other_tones_do_not_stand_out) {
    int loud = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed)
        if (tone_over_neighbours_db(noise(2000, 3000, seed), 8000, 1000) > 15) ++loud;
    EXPECT_LE(loud, 3);
    Samples samples(2000);
    Tone(8000, 700).fill(samples);
    EXPECT_LT(tone_over_neighbours_db(samples, 8000, 1000), 10);
}

TEST(Tone, nothing_is_no_tone) {
    EXPECT_EQ(tone_over_neighbours_db(Samples(1000), 8000, 1000), 0);
    EXPECT_EQ(tone_over_neighbours_db(Samples(63, 1000), 8000, 1000), 0);
    EXPECT_EQ(tone_over_neighbours_db({}, 8000, 1000), 0);
    EXPECT_TRUE(std::isinf(power_db({}, 8000, 1000)));
}

TEST(Fft, is_the_sum_that_defines_it) {
    constexpr std::size_t size = 16;
    const Fft fft(size);
    test::SeededRandom random(1);
    std::vector<std::complex<float>> x(size);
    for (auto& value : x) value = {static_cast<float>(random.uniform()), static_cast<float>(random.uniform())};
    auto transformed = x;
    fft.forward(transformed);
    for (std::size_t k = 0; k < size; ++k) {
        std::complex<double> sum = 0;
        for (std::size_t n = 0; n < size; ++n)
            sum += std::complex<double>(x[n]) * std::polar(1.0, -6.283185307179586 * static_cast<double>(k * n) / size);
        EXPECT_NEAR(transformed[k].real(), sum.real(), 1e-5);
        EXPECT_NEAR(transformed[k].imag(), sum.imag(), 1e-5);
    }
    fft.inverse(transformed);
    for (std::size_t n = 0; n < size; ++n) EXPECT_NEAR(transformed[n].real(), x[n].real() * size, 1e-4);
}

TEST(Fft, takes_powers_of_two) {
    EXPECT_EQ(Fft(2).size(), 2U);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{12}, Fft::largest * 2})
        EXPECT_THROW(Fft{size}, std::invalid_argument) << size;
}

}  // namespace
}  // namespace volley::sound
