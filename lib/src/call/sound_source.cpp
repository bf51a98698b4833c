#include "call/sound_source.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <volley/call/offer.hpp>
#include <volley/error.hpp>

#include "call/chirp_trips.hpp"
#include "media/load.hpp"
#include "sound/ogg_opus.hpp"
#include "sound/tone.hpp"
#include "sound/wav.hpp"

namespace volley::call {
namespace {

constexpr int tone_rate = 48'000;
constexpr double concert_pitch = 440;  // Hz
constexpr double loudness = 0.3;       // of full scale
constexpr std::uintmax_t largest_file = 64UL * 1024 * 1024;
constexpr int most_minutes = 5;  // of Opus, which takes a hundred times as much when it is decoded

bool begins_with(BytesView file, std::string_view word, std::size_t at = 0) {
    return file.size() >= at + word.size() && text_of(file.subspan(at, word.size())) == word;
}

/// As RFC 7845 section 4.2 and 5.1 have it: without the samples that the decoder needs to begin with, and with the gain that the file asks for.
void trim(const sound::OpusHead& head, sound::Pcm& sound) {
    const auto skipped =
        std::min(static_cast<std::size_t>(head.pre_skip) * static_cast<std::size_t>(sound.channels), sound.samples.size());
    sound.samples.erase(sound.samples.begin(), sound.samples.begin() + static_cast<std::ptrdiff_t>(skipped));
    if (head.gain_q8 == 0) return;
    const double factor = std::pow(10.0, head.gain_q8 / (256.0 * 20.0));
    for (auto& sample : sound.samples) sample = sound::clipped(sample * factor);
}

std::optional<sound::Pcm> decode_opus(BytesView file, std::string& why) {
    auto reader = sound::OggOpusReader::open(file);
    if (!reader) {
        why = to_string(reader.error());
        return std::nullopt;
    }
    const auto& loaded = media::plugin();
    auto decoder = loaded.plugin != nullptr ? loaded.plugin->make_audio_decoder(media::AudioCodec::opus)
                                            : media::Made<media::AudioDecoder>{nullptr, loaded.fault};
    if (!decoder.made) {
        why = std::move(decoder.fault);
        return std::nullopt;
    }
    const auto format = media::format_of(media::AudioCodec::opus);
    const std::size_t most = static_cast<std::size_t>(format.rate * format.channels) * 60 * most_minutes;
    sound::Pcm out;
    out.rate = format.rate;
    out.channels = format.channels;
    for (;;) {
        const auto packet = reader->next();
        if (!packet) {
            why = to_string(packet.error());
            return std::nullopt;
        }
        if (!*packet) break;
        const auto decoded = decoder.made->decode((*packet)->data);
        if (!decoded.fault.empty()) {
            why = to_string(FileFault{decoded.fault, (*packet)->offset});
            return std::nullopt;
        }
        out.samples.insert(out.samples.end(), decoded.samples.begin(), decoded.samples.end());
        if (out.samples.size() <= most) continue;
        why = "at most " + std::to_string(most_minutes) + " minutes of Opus are expected";
        return std::nullopt;
    }
    trim(reader->head(), out);
    return out;
}

std::optional<sound::Pcm> decode(BytesView file, std::string& why) {
    if (begins_with(file, "OggS")) return decode_opus(file, why);
    if (!begins_with(file, "RIFF") || !begins_with(file, "WAVE", 8)) {
        why = "a WAV file, or Opus in Ogg, is expected";
        return std::nullopt;
    }
    auto sound = sound::read_wav(file);
    if (sound) return std::move(*sound);
    why = to_string(sound.error());
    return std::nullopt;
}

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
    if (const auto why = why_unreadable(source); !why.empty()) return fail("cannot be read: " + why);
    std::error_code ec;
    const auto size = std::filesystem::file_size(source, ec);
    if (ec) return fail(ec.message());
    if (size > largest_file) return fail("a WAV or Opus file of at most 64 MiB is expected");
    std::ifstream in(source, std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (in.bad() || bytes.size() != size) return fail("cannot be read");
    std::string why;
    auto sound = decode(bytes, why);
    if (!sound) return fail(why);
    if (sound->frames() == 0) return fail("there is no sound in it");
    return sound;
}

}  // namespace volley::call
