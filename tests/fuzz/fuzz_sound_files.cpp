// Sound files from anywhere: what is read lies within them, and reading comes to an end. Ogg pages once as they are and once with their
// checksums put right, since nearly every mutation makes them wrong.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "sound/ogg_opus.hpp"
#include "sound/wav.hpp"

namespace {

using namespace volley;
using namespace volley::sound;

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_sound_files: %s\n", what);
    std::abort();
}

void read_ogg(BytesView input) {
    auto reader = OggOpusReader::open(input);
    if (!reader) return;
    std::size_t calls = 0;
    std::size_t bytes = 0;
    while (true) {
        const auto next = reader->next();
        must(++calls <= input.size(), "it comes to an end");
        if (!next) continue;
        if (!*next) break;
        unsigned sum = 0;
        for (const std::uint8_t byte : (**next).data) sum += byte;
        must(sum <= 255 * (**next).data.size(), "every byte can be read");
        must((**next).samples > 0 && (**next).samples <= 5760, "a packet lasts up to 120 ms");
        bytes += (**next).data.size();
    }
    must(bytes <= input.size(), "packets do not overlap");
}

Bytes with_checksums(BytesView input) {
    Bytes out(input.begin(), input.end());
    for (std::size_t at = 0; at + 27 <= out.size(); ++at) {
        if (!text_of(BytesView(out).subspan(at)).starts_with("OggS") || at + 27 + out[at + 26] > out.size()) continue;
        std::size_t whole = 27U + out[at + 26];
        for (std::size_t i = 0; i < out[at + 26]; ++i) whole += out[at + 27 + i];
        if (at + whole > out.size()) continue;
        std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(at + 22), 4, std::uint8_t{0});
        std::uint32_t crc = 0;
        for (std::size_t i = 0; i < whole; ++i) {
            crc ^= static_cast<std::uint32_t>(out[at + i]) << 24;
            for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc >> 31) != 0 ? 0x04c11db7U : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) out[at + 22 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
        at += whole - 1;
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const BytesView input(data, size);
    if (const auto wav = read_wav(input)) {
        must(wav->samples.size() <= size, "a sample takes a byte at least");
        must(wav->channels >= 1 && wav->samples.size() % static_cast<std::size_t>(wav->channels) == 0, "frames are whole");
        const auto again = read_wav(write_wav(*wav));
        must(again && *again == *wav, "what is read can be written");
    }
    read_ogg(input);
    read_ogg(with_checksums(input));
    return 0;
}
