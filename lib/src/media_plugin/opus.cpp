#include "media_plugin/opus.hpp"

#include <opus/opus.h>

namespace volley::media_plugin {
namespace {

constexpr media::AudioFormat format = media::format_of(media::AudioCodec::opus);
constexpr int longest_samples = format.rate / 1000 * 120;  // of each channel, in one packet (RFC 6716 section 3.2.5)
constexpr std::size_t most_packet_bytes = 1276;            // of one frame, its first byte included (section 3.4, [R2])

struct Destroy {
    void operator()(OpusEncoder* codec) const noexcept { opus_encoder_destroy(codec); }
    void operator()(OpusDecoder* codec) const noexcept { opus_decoder_destroy(codec); }
};

media::Fault words_of(int error, const char* what) { return std::string(what) + ": " + opus_strerror(error); }

class Encoder final : public media::AudioEncoder {
public:
    explicit Encoder(OpusEncoder* codec) noexcept : codec_(codec) {
        constexpr int bits_per_second = 64'000;
        // Of 0 to 10. The last steps cost as much time again as all before them, for a difference that only music shows.
        constexpr int complexity = 5;
        opus_encoder_ctl(codec, OPUS_SET_BITRATE(bits_per_second));
        opus_encoder_ctl(codec, OPUS_SET_COMPLEXITY(complexity));
    }

    media::EncodedSound encode(std::span<const std::int16_t> samples) override {
        constexpr std::size_t wanted = std::size_t{2} * format.frame_samples();
        static_assert(format.channels == 2);
        if (samples.size() != wanted)
            return {{}, std::to_string(samples.size()) + " samples: a frame has " + std::to_string(wanted)};
        media::EncodedSound out;
        out.bytes.resize(most_packet_bytes);
        const int size = opus_encode(codec_.get(), samples.data(), format.frame_samples(), out.bytes.data(),
                                     static_cast<int>(out.bytes.size()));
        if (size < 0) return {{}, words_of(size, "Opus cannot encode")};
        out.bytes.resize(static_cast<std::size_t>(size));
        return out;
    }

private:
    std::unique_ptr<OpusEncoder, Destroy> codec_;
};

class Decoder final : public media::AudioDecoder {
public:
    explicit Decoder(OpusDecoder* codec) noexcept : codec_(codec) {}

    media::DecodedSound decode(BytesView payload) override {
        if (payload.empty()) return {{}, "an empty packet"};
        if (payload.size() > INT32_MAX) return {{}, "the packet is too large"};
        return run(payload.data(), static_cast<int>(payload.size()), longest_samples);
    }

    media::DecodedSound conceal() override { return run(nullptr, 0, format.frame_samples()); }

private:
    media::DecodedSound run(const std::uint8_t* data, int size, int samples) {
        media::DecodedSound out;
        out.samples.resize(static_cast<std::size_t>(samples) * format.channels);
        const int count = opus_decode(codec_.get(), data, size, out.samples.data(), samples, 0);
        if (count < 0) return {{}, words_of(count, "Opus cannot decode the packet")};
        out.samples.resize(static_cast<std::size_t>(count) * format.channels);
        return out;
    }

    std::unique_ptr<OpusDecoder, Destroy> codec_;
};

}  // namespace

media::Made<media::AudioEncoder> make_opus_encoder() {
    int error = OPUS_OK;
    OpusEncoder* codec = opus_encoder_create(format.rate, format.channels, OPUS_APPLICATION_AUDIO, &error);
    if (codec == nullptr) return {nullptr, words_of(error, "Opus gives no encoder")};
    return {std::make_unique<Encoder>(codec), {}};
}

media::Made<media::AudioDecoder> make_opus_decoder() {
    int error = OPUS_OK;
    OpusDecoder* codec = opus_decoder_create(format.rate, format.channels, &error);
    if (codec == nullptr) return {nullptr, words_of(error, "Opus gives no decoder")};
    return {std::make_unique<Decoder>(codec), {}};
}

std::string opus_library() { return opus_get_version_string(); }

}  // namespace volley::media_plugin
