// The audio codecs: what is heard again, at which rate, and what is heard in place of what was lost.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/media/support.hpp"

namespace volley::media::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using Samples = std::vector<std::int16_t>;

/// A tone on each channel, `left` and `right` cycles a second; 0: silence.
Samples tones(const AudioFormat& format, int frames, double left, double right, double amplitude = 10'000) {
    Samples out;
    const int count = frames * format.frame_samples();
    for (int i = 0; i < count; ++i)
        for (int channel = 0; channel < format.channels; ++channel) {
            const double cycles = (channel == 0 ? left : right) * i / format.rate;
            out.push_back(static_cast<std::int16_t>(std::lround(amplitude * std::sin(2 * std::numbers::pi * cycles))));
        }
    return out;
}

double energy(std::span<const std::int16_t> samples) {
    double sum = 0;
    for (const std::int16_t sample : samples) sum += static_cast<double>(sample) * sample;
    return sum;
}

/// One channel of several.
Samples channel(const Samples& samples, const AudioFormat& format, int which) {
    Samples out;
    for (std::size_t i = static_cast<std::size_t>(which); i < samples.size(); i += static_cast<std::size_t>(format.channels))
        out.push_back(samples[i]);
    return out;
}

/// Signal to noise in dB where `heard` is compared with what was said, as late as suits it best: codecs hold sound up by some milliseconds.
double signal_to_noise(const Samples& said, const Samples& heard, std::size_t longest_delay) {
    double best = -std::numeric_limits<double>::infinity();
    const std::size_t begin = said.size() / 4;  // codecs need some time to find their feet
    const std::size_t end = said.size() - longest_delay;
    for (std::size_t delay = 0; delay <= longest_delay; ++delay) {
        double signal = 0;
        double noise = 0;
        for (std::size_t i = begin; i < end; ++i) {
            const double wanted = said[i];
            const double error = heard[i + delay] - wanted;
            signal += wanted * wanted;
            noise += error * error;
        }
        best = std::max(best, 10 * std::log10(signal / std::max(noise, 1.0)));
    }
    return best;
}

class Audio : public testing::TestWithParam<AudioCodec> {
protected:
    [[nodiscard]] static AudioFormat format() { return format_of(GetParam()); }
    [[nodiscard]] static std::size_t frame_size() {
        return static_cast<std::size_t>(format().frame_samples() * format().channels);
    }
    [[nodiscard]] static std::unique_ptr<AudioEncoder> encoder() { return got(the_plugin().make_audio_encoder(GetParam())); }
    [[nodiscard]] static std::unique_ptr<AudioDecoder> decoder() { return got(the_plugin().make_audio_decoder(GetParam())); }
    [[nodiscard]] static std::vector<Bytes> encoded(const Samples& samples) {
        const auto mouth = encoder();
        std::vector<Bytes> out;
        for (std::size_t at = 0; at + frame_size() <= samples.size(); at += frame_size()) {
            EncodedSound sound = mouth->encode(std::span(samples).subspan(at, frame_size()));
            EXPECT_THAT(sound.fault, IsEmpty());
            out.push_back(std::move(sound.bytes));
        }
        return out;
    }
    [[nodiscard]] static Samples decoded(const std::vector<Bytes>& packets) {
        const auto ear = decoder();
        Samples out;
        for (const Bytes& packet : packets) {
            const DecodedSound sound = ear->decode(packet);
            EXPECT_THAT(sound.fault, IsEmpty());
            EXPECT_EQ(sound.samples.size(), frame_size());
            out.insert(out.end(), sound.samples.begin(), sound.samples.end());
        }
        return out;
    }
};
std::string name_of(const testing::TestParamInfo<AudioCodec>& codec) {
    constexpr std::array<const char*, 4> names{"opus", "pcmu", "pcma", "g722"};
    return names[static_cast<std::size_t>(codec.param)];
}
INSTANTIATE_TEST_SUITE_P(Codecs, Audio, testing::Values(AudioCodec::opus, AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722),
                         name_of);

TEST(AudioFormat, rates_clocks_and_frames_are_those_of_the_payload_formats) {
    EXPECT_EQ(format_of(AudioCodec::opus).frame_samples(), 960);
    EXPECT_EQ(format_of(AudioCodec::opus).frame_ticks(), 960);
    EXPECT_EQ(format_of(AudioCodec::g722).frame_samples(), 320);
    EXPECT_EQ(format_of(AudioCodec::g722).frame_ticks(), 160);  // RFC 3551 section 4.5.2
    EXPECT_EQ(format_of(AudioCodec::pcmu).frame_samples(), 160);
    EXPECT_EQ(format_of(AudioCodec::pcma).frame_ticks(), 160);
}

TEST_P(Audio, what_is_said_is_heard) {
    const Samples said = tones(format(), 50, 440, 660);
    const auto packets = encoded(said);
    for (const Bytes& packet : packets) EXPECT_TRUE(packet.size() == 160 || GetParam() == AudioCodec::opus) << packet.size();
    const Samples heard = decoded(packets);
    ASSERT_EQ(heard.size(), said.size());
    // G.711 must give 33 dB at such levels (ITU-T G.712, figure 8); G.722 codes the lower band with 6 bits a sample, of which a tone leaves
    // four to be sure of, at 6 dB each; Opus codes no waveform, and comes as near for tones.
    const bool is_g711 = GetParam() == AudioCodec::pcmu || GetParam() == AudioCodec::pcma;
    const double least = is_g711 ? 33 : 24;
    for (int which = 0; which < format().channels; ++which)
        EXPECT_GT(signal_to_noise(channel(said, format(), which), channel(heard, format(), which),
                                  static_cast<std::size_t>(format().rate / 100)),
                  least)
            << which;
}

TEST_P(Audio, silence_stays_silence) {
    const Samples heard = decoded(encoded(Samples(frame_size() * 20, 0)));
    for (const std::int16_t sample : heard) ASSERT_LE(std::abs(sample), 8);  // A-law has no nought
}

TEST_P(Audio, a_frame_has_20_ms) {
    const auto mouth = encoder();
    for (const std::size_t wrong : {std::size_t{0}, frame_size() - 1, frame_size() + 1, frame_size() * 2})
        EXPECT_THAT(mouth->encode(Samples(wrong)).fault, HasSubstr("a frame has " + std::to_string(frame_size()))) << wrong;
}

TEST_P(Audio, what_was_lost_fades) {
    const auto packets = encoded(tones(format(), 30, 440, 440));
    const auto ear = decoder();
    double loud = 0;
    for (const Bytes& packet : packets) loud = energy(ear->decode(packet).samples);
    const DecodedSound first = ear->conceal();
    ASSERT_THAT(first.fault, IsEmpty());
    ASSERT_EQ(first.samples.size(), frame_size());
    EXPECT_GT(energy(first.samples), loud / 8);  // heard, and not as a hole
    EXPECT_LT(energy(first.samples), loud * 1.5);
    DecodedSound last = first;
    for (int i = 0; i < 20; ++i) last = ear->conceal();
    EXPECT_LT(energy(last.samples), loud / 100);
    EXPECT_THAT(ear->decode(packets.front()).fault, IsEmpty());
}

TEST_P(Audio, a_loss_before_anything_was_heard_is_silence) {
    const DecodedSound sound = decoder()->conceal();
    EXPECT_THAT(sound.fault, IsEmpty());
    EXPECT_EQ(sound.samples.size(), frame_size());
    EXPECT_EQ(energy(sound.samples), 0);
}

TEST_P(Audio, whatever_bytes_come_the_answer_is_bounded) {
    const auto ear = decoder();
    const std::size_t most = frame_size() * 6;  // 120 ms
    SeededRandom random(4);
    int faults = 0;
    for (int turn = 0; turn < 5000; ++turn) {
        Bytes bytes(random.below(turn % 10 == 0 ? 3000 : 200));
        random.fill(bytes);
        const DecodedSound sound = ear->decode(bytes);
        ASSERT_LE(sound.samples.size(), most);
        ASSERT_EQ(sound.fault.empty(), !sound.samples.empty());
        if (!sound.fault.empty()) ++faults;
    }
    EXPECT_GT(faults, 0);
    EXPECT_LT(faults, 5000);
    EXPECT_THAT(ear->decode({}).fault, HasSubstr("empty"));
}

TEST(Opus, channels_stay_apart) {
    const AudioFormat format = format_of(AudioCodec::opus);
    const auto mouth = got(the_plugin().make_audio_encoder(AudioCodec::opus));
    const auto ear = got(the_plugin().make_audio_decoder(AudioCodec::opus));
    const Samples said = tones(format, 30, 440, 0);
    const std::size_t size = static_cast<std::size_t>(format.frame_samples()) * 2;
    Samples heard;
    for (std::size_t at = 0; at < said.size(); at += size)
        heard = ear->decode(mouth->encode(std::span(said).subspan(at, size)).bytes).samples;
    EXPECT_GT(energy(channel(heard, format, 0)), 100 * energy(channel(heard, format, 1)));
}

TEST(G711, bytes_mean_what_the_recommendation_says) {
    const auto mu = got(the_plugin().make_audio_decoder(AudioCodec::pcmu));
    EXPECT_THAT(mu->decode(Bytes{0xff, 0x7f, 0x00, 0x80, 0xfe}).samples, testing::ElementsAre(0, 0, -32124, 32124, 8));
    const auto a = got(the_plugin().make_audio_decoder(AudioCodec::pcma));
    EXPECT_THAT(a->decode(Bytes{0xd5, 0x55, 0xaa, 0x2a}).samples, testing::ElementsAre(8, -8, 32256, -32256));
}

}  // namespace
}  // namespace volley::media::test
