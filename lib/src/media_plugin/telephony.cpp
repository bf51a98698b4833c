#include "media_plugin/telephony.hpp"

#include <algorithm>

// Last: telephony.h makes macros of lrint and lrintf.
#include <spandsp/telephony.h>
//
#include <spandsp/bit_operations.h>
//
#include <spandsp/g711.h>
#include <spandsp/g722.h>

namespace volley::media_plugin {
namespace {

constexpr int g722_bits_per_second = 64'000;

struct Free {
    void operator()(g711_state_t* state) const noexcept { g711_free(state); }
    void operator()(g722_encode_state_t* state) const noexcept { g722_encode_free(state); }
    void operator()(g722_decode_state_t* state) const noexcept { g722_decode_free(state); }
};

int law_of(media::AudioCodec codec) noexcept { return codec == media::AudioCodec::pcma ? G711_ALAW : G711_ULAW; }

// Each of the codecs puts 20 ms into 160 bytes.
constexpr std::size_t frame_bytes = 160;
constexpr std::size_t most_payload_bytes = frame_bytes * 6;  // 120 ms

media::Fault check_frame(const media::AudioFormat& format, std::size_t samples) {
    const auto wanted = static_cast<std::size_t>(format.frame_samples());
    if (samples == wanted) return {};
    return std::to_string(samples) + " samples: a frame has " + std::to_string(wanted);
}

class G711Encoder final : public media::AudioEncoder {
public:
    G711Encoder(g711_state_t* state, const media::AudioFormat& format) noexcept : state_(state), format_(format) {}

    media::EncodedSound encode(std::span<const std::int16_t> samples) override {
        if (auto fault = check_frame(format_, samples.size()); !fault.empty()) return {{}, std::move(fault)};
        media::EncodedSound out;
        out.bytes.resize(samples.size());
        g711_encode(state_.get(), out.bytes.data(), samples.data(), static_cast<int>(samples.size()));
        return out;
    }

private:
    std::unique_ptr<g711_state_t, Free> state_;
    media::AudioFormat format_;
};

class G722Encoder final : public media::AudioEncoder {
public:
    explicit G722Encoder(g722_encode_state_t* state) noexcept : state_(state) {}

    media::EncodedSound encode(std::span<const std::int16_t> samples) override {
        if (auto fault = check_frame(media::format_of(media::AudioCodec::g722), samples.size()); !fault.empty())
            return {{}, std::move(fault)};
        media::EncodedSound out;
        out.bytes.resize(samples.size());  // twice what it takes
        const int size = g722_encode(state_.get(), out.bytes.data(), samples.data(), static_cast<int>(samples.size()));
        out.bytes.resize(static_cast<std::size_t>(std::max(size, 0)));
        return out;
    }

private:
    std::unique_ptr<g722_encode_state_t, Free> state_;
};

/// What both decoders have in common: the bound, and what is heard in place of a lost packet.
class Decoder : public media::AudioDecoder {
public:
    media::DecodedSound decode(BytesView payload) final {
        if (payload.empty()) return {{}, "an empty packet"};
        if (payload.size() > most_payload_bytes) return {{}, "a packet of more than 120 ms"};
        media::DecodedSound out;
        out.samples = samples_of(payload);
        const std::size_t kept = std::min(out.samples.size(), frame_samples());
        last_.assign(out.samples.end() - static_cast<std::ptrdiff_t>(kept), out.samples.end());
        return out;
    }

    // The last frame again, half as loud each time: after five in a row next to nothing is left.
    media::DecodedSound conceal() final {
        last_.resize(frame_samples());
        for (std::int16_t& sample : last_) sample = static_cast<std::int16_t>(sample / 2);
        return {last_, {}};
    }

protected:
    [[nodiscard]] virtual std::vector<std::int16_t> samples_of(BytesView payload) = 0;
    [[nodiscard]] virtual std::size_t frame_samples() const noexcept = 0;

private:
    std::vector<std::int16_t> last_;
};

class G711Decoder final : public Decoder {
public:
    explicit G711Decoder(g711_state_t* state) noexcept : state_(state) {}

private:
    std::vector<std::int16_t> samples_of(BytesView payload) override {
        std::vector<std::int16_t> out(payload.size());
        const int count = g711_decode(state_.get(), out.data(), payload.data(), static_cast<int>(payload.size()));
        out.resize(static_cast<std::size_t>(std::max(count, 0)));
        return out;
    }
    std::size_t frame_samples() const noexcept override {
        return static_cast<std::size_t>(media::format_of(media::AudioCodec::pcmu).frame_samples());
    }

    std::unique_ptr<g711_state_t, Free> state_;
};

class G722Decoder final : public Decoder {
public:
    explicit G722Decoder(g722_decode_state_t* state) noexcept : state_(state) {}

private:
    std::vector<std::int16_t> samples_of(BytesView payload) override {
        std::vector<std::int16_t> out(payload.size() * 2);
        const int count = g722_decode(state_.get(), out.data(), payload.data(), static_cast<int>(payload.size()));
        out.resize(static_cast<std::size_t>(std::max(count, 0)));
        return out;
    }
    std::size_t frame_samples() const noexcept override {
        return static_cast<std::size_t>(media::format_of(media::AudioCodec::g722).frame_samples());
    }

    std::unique_ptr<g722_decode_state_t, Free> state_;
};

constexpr const char* no_state = "SpanDSP gives no codec";

}  // namespace

media::Made<media::AudioEncoder> make_telephony_encoder(media::AudioCodec codec) {
    if (codec == media::AudioCodec::g722) {
        auto* state = g722_encode_init(nullptr, g722_bits_per_second, 0);
        if (state == nullptr) return {nullptr, no_state};
        return {std::make_unique<G722Encoder>(state), {}};
    }
    auto* state = g711_init(nullptr, law_of(codec));
    if (state == nullptr) return {nullptr, no_state};
    return {std::make_unique<G711Encoder>(state, media::format_of(codec)), {}};
}

media::Made<media::AudioDecoder> make_telephony_decoder(media::AudioCodec codec) {
    if (codec == media::AudioCodec::g722) {
        auto* state = g722_decode_init(nullptr, g722_bits_per_second, 0);
        if (state == nullptr) return {nullptr, no_state};
        return {std::make_unique<G722Decoder>(state), {}};
    }
    auto* state = g711_init(nullptr, law_of(codec));
    if (state == nullptr) return {nullptr, no_state};
    return {std::make_unique<G711Decoder>(state), {}};
}

}  // namespace volley::media_plugin
