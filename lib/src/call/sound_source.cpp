#include "call/sound_source.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <volley/error.hpp>

#include "call/chirp_trips.hpp"
#include "sound/tone.hpp"
#include "sound/wav.hpp"

namespace volley::call {
namespace {

constexpr int tone_rate = 48'000;
constexpr double concert_pitch = 440;  // Hz
constexpr double loudness = 0.3;       // of full scale
constexpr std::uintmax_t largest_file = 64UL * 1024 * 1024;

}  // namespace

std::optional<sound::Pcm> read_sound(const std::string& source, std::string& fault) {
    if (source == "chirp") return chirp_sound();
    if (source == "tone") {
        sound::Pcm out;
        out.rate = tone_rate;
        out.samples.resize(tone_rate);
        sound::Tone(tone_rate, concert_pitch, loudness).fill(out.samples);
        return out;
    }
    const auto fail = [&](const std::string& why) {
        fault = escape_for_terminal(source) + ": " + why;
        return std::nullopt;
    };
    std::error_code ec;
    const auto size = std::filesystem::file_size(source, ec);
    if (ec) return fail(ec.message());
    if (size > largest_file) return fail("a WAV file of at most 64 MiB is expected");
    std::ifstream in(source, std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (in.bad() || bytes.size() != size) return fail("cannot be read");
    auto sound = sound::read_wav(bytes);
    if (!sound) return fail(to_string(sound.error()));
    if (sound->frames() == 0) return fail("there is no sound in it");
    return std::move(*sound);
}

}  // namespace volley::call
