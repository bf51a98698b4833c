// What the recorder writes, as FFmpeg reads it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <numbers>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fixtures.hpp"
#include "unit/media/support.hpp"

namespace volley::media::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "volley-recorder-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test");
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

/// What a program prints, standard error included. Throws where it fails.
std::string printed(const std::string& command) {
    std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
    std::string out;
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe)) out.append(part.data(), size);
    if (const int status = pclose(pipe); status != 0) throw std::runtime_error(command + ": " + out);
    return out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (!line.empty()) out.push_back(line);
    return out;
}

struct Probed {
    std::vector<std::string> codecs;             ///< by track
    std::map<int, std::vector<double>> seconds;  ///< of each packet, by track
    std::map<int, std::vector<bool>> keys;
    std::map<int, int> decoded;  ///< pictures, or frames of sound, by track
    double duration = -1;
    std::string format;
};

/// The value of `key` in `packet|stream_index=0|pts_time=0.033000|flags=K_`.
std::string value_of(const std::string& line, const std::string& key) {
    const std::size_t at = line.find('|' + key + '=');
    if (at == std::string::npos) throw std::runtime_error("no " + key + " in " + line);
    const std::size_t begin = at + key.size() + 2;
    return line.substr(begin, line.find('|', begin) - begin);
}

/// Reads and decodes all of it. Throws where FFmpeg has a word of complaint.
Probed probed(const std::string& file) {
    Probed out;
    const std::string text = printed(VOLLEY_FFPROBE
                                     " -v warning -count_frames -of compact -show_entries stream=index,codec_name,nb_read_frames"
                                     ":packet=stream_index,pts_time,flags:format=duration " +
                                     file);
    for (const std::string& line : lines_of(text)) {
        if (line.starts_with("packet|")) {
            const int track = std::stoi(value_of(line, "stream_index"));
            out.seconds[track].push_back(std::stod(value_of(line, "pts_time")));
            out.keys[track].push_back(value_of(line, "flags").front() == 'K');
        } else if (line.starts_with("stream|")) {
            out.codecs.push_back(value_of(line, "codec_name"));
            out.decoded[std::stoi(value_of(line, "index"))] = std::stoi(value_of(line, "nb_read_frames"));
        } else if (line.starts_with("format|")) {
            if (const std::string duration = value_of(line, "duration"); duration != "N/A") out.duration = std::stod(duration);
        } else {
            throw std::runtime_error("ffprobe of " + file + ": " + line);
        }
    }
    out.format = volley::test::read_file(file).substr(0, 64);
    return out;
}

std::vector<Bytes> encoded_tone(AudioCodec codec, int frames) {
    const AudioFormat format = format_of(codec);
    const auto mouth = got(the_plugin().make_audio_encoder(codec));
    std::vector<Bytes> out;
    std::vector<std::int16_t> samples(static_cast<std::size_t>(format.frame_samples() * format.channels));
    for (int i = 0; i < frames; ++i) {
        for (std::size_t k = 0; k < samples.size(); ++k) {
            const double sample = static_cast<double>(i * format.frame_samples()) + static_cast<double>(k) / format.channels;
            samples[k] =
                static_cast<std::int16_t>(std::lround(8000 * std::sin(2 * std::numbers::pi * 440 * sample / format.rate)));
        }
        out.push_back(mouth->encode(samples).bytes);
    }
    return out;
}

std::unique_ptr<Recorder> recorder(const RecorderSettings& settings) { return got(the_plugin().open_recorder(settings)); }

/// Seconds of both, from timestamps that wrap soon; the sound begins `late` behind the pictures.
void record(Recorder& recorder, const std::vector<EncodedPicture>& film, AudioCodec codec, const std::vector<Bytes>& sound,
            double late) {
    const AudioFormat format = format_of(codec);
    std::uint32_t video_time = 0xffffffffU - 10 * ticks_a_frame;
    std::uint32_t audio_time = 0xffffffffU - 10 * static_cast<std::uint32_t>(format.frame_ticks());
    std::size_t said = 0;
    for (std::size_t i = 0; i < film.size(); ++i, video_time += ticks_a_frame) {
        const double now = static_cast<double>(i) / 30;
        ASSERT_THAT(recorder.add_video(film[i].bytes, video_time, now), IsEmpty());
        for (; said < sound.size() && late + static_cast<double>(said) / 50 < now + 1.0 / 30;
             ++said, audio_time += static_cast<std::uint32_t>(format.frame_ticks()))
            ASSERT_THAT(recorder.add_audio(sound[said], audio_time, late + static_cast<double>(said) / 50), IsEmpty());
    }
}

class Recording : public testing::TestWithParam<std::tuple<VideoCodec, AudioCodec>> {};
INSTANTIATE_TEST_SUITE_P(Codecs, Recording,
                         testing::Combine(testing::Values(VideoCodec::vp8, VideoCodec::h264),
                                          testing::Values(AudioCodec::opus, AudioCodec::pcmu, AudioCodec::pcma,
                                                          AudioCodec::g722)));

TEST_P(Recording, holds_every_picture_and_packet_at_its_time) {
    const auto [video, audio] = GetParam();
    constexpr std::array<const char*, 4> audio_names{"opus", "pcm_mulaw", "pcm_alaw", "adpcm_g722"};
    const Folder folder;
    const std::string file = folder.file("call.webm");
    const auto film = encoded_film(video, {320, 240, 30, 500'000}, 210, 90);
    const auto sound = encoded_tone(audio, 330);
    const auto recording = recorder({file, video, audio});
    record(*recording, film, audio, sound, 0.25);
    ASSERT_THAT(recording->close(), IsEmpty());
    EXPECT_THAT(recording->close(), IsEmpty());

    const Probed seen = probed(file);
    EXPECT_THAT(seen.codecs,
                ElementsAre(video == VideoCodec::vp8 ? "vp8" : "h264", audio_names[static_cast<std::size_t>(audio)]));
    const bool is_webm = video == VideoCodec::vp8 && audio == AudioCodec::opus;
    EXPECT_THAT(seen.format, HasSubstr(is_webm ? "webm" : "matroska"));
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < film.size(); ++i)
        if (!film[i].bytes.empty()) shown.push_back(i);
    ASSERT_EQ(seen.seconds.at(0).size(), shown.size());
    ASSERT_EQ(seen.seconds.at(1).size(), sound.size());
    for (std::size_t i = 0; i < shown.size(); ++i) {
        EXPECT_NEAR(seen.seconds.at(0)[i], static_cast<double>(shown[i]) / 30, 0.001);
        EXPECT_EQ(seen.keys.at(0)[i], film[shown[i]].key) << i;
    }
    // What Opus needs for its start is before the first time (CodecDelay), so that sound and picture fit.
    const double ahead = audio == AudioCodec::opus ? 0.0065 : 0;
    for (std::size_t i = 0; i < sound.size(); ++i)
        EXPECT_NEAR(seen.seconds.at(1)[i], 0.25 + static_cast<double>(i) / 50 - ahead, 0.0011);
    EXPECT_NEAR(seen.duration, 7, 0.05);
    EXPECT_EQ(seen.decoded.at(0), static_cast<int>(shown.size()));
    EXPECT_EQ(seen.decoded.at(1), static_cast<int>(sound.size()));
}

TEST(Recorder, one_that_was_never_closed_can_be_played) {
    const Folder folder;
    const auto film = encoded_film(VideoCodec::vp8, {160, 120, 30, 200'000}, 240, 60);
    const auto sound = encoded_tone(AudioCodec::opus, 400);
    const auto recording = recorder({folder.file("cut.webm"), VideoCodec::vp8, AudioCodec::opus});
    record(*recording, film, AudioCodec::opus, sound, 0);
    fs::copy_file(folder.file("cut.webm"), folder.file("copy.webm"));
    const Probed seen = probed(folder.file("copy.webm"));
    EXPECT_THAT(seen.codecs, ElementsAre("vp8", "opus"));
    EXPECT_GE(seen.seconds.at(0).size(), 180U);  // all but what came since the last key picture
    EXPECT_GE(seen.seconds.at(1).size(), 280U);
    EXPECT_GE(seen.decoded.at(0), 180);
}

TEST(Recorder, can_be_entered_at_a_key_picture) {
    const Folder folder;
    const auto film = encoded_film(VideoCodec::vp8, {160, 120, 30, 200'000}, 240, 60);
    const auto recording = recorder({folder.file("a.webm"), VideoCodec::vp8, std::nullopt});
    record(*recording, film, AudioCodec::opus, {}, 0);
    ASSERT_THAT(recording->close(), IsEmpty());
    // By the index: the packet that is found for 5 s is the key picture at 4 s, where 120 pictures are left.
    const std::string text = printed(VOLLEY_FFPROBE " -v warning -of csv=p=0 -read_intervals 5 -show_entries packet=pts_time " +
                                     folder.file("a.webm"));
    ASSERT_FALSE(lines_of(text).empty());
    EXPECT_NEAR(std::stod(lines_of(text).front()), 4, 0.001);
    EXPECT_EQ(lines_of(text).size(), 120U);
    EXPECT_THAT(volley::test::read_file(folder.file("a.webm")),
                HasSubstr("\x1c\x53\xbb\x6b"));  // Cues, which FFmpeg can do without
}

TEST(Recorder, pictures_that_nobody_could_decode_are_left_out) {
    const Folder folder;
    const auto film = encoded_film(VideoCodec::h264, {160, 120, 30, 200'000}, 60, 30);
    const auto recording = recorder({folder.file("a.mkv"), VideoCodec::h264, std::nullopt});
    for (std::size_t i = 10; i < film.size(); ++i) {
        ASSERT_THAT(recording->add_video(film[i].bytes, static_cast<std::uint32_t>(i) * ticks_a_frame, 0), IsEmpty());
        ASSERT_THAT(recording->add_video({}, static_cast<std::uint32_t>(i) * ticks_a_frame, 0), IsEmpty());
        ASSERT_THAT(recording->add_video(Bytes{1, 2, 3}, static_cast<std::uint32_t>(i) * ticks_a_frame, 0), IsEmpty());
    }
    ASSERT_THAT(recording->close(), IsEmpty());
    const Probed seen = probed(folder.file("a.mkv"));
    EXPECT_EQ(seen.seconds.at(0).size(), 30U);
    EXPECT_EQ(seen.seconds.at(0).front(), 0);
    EXPECT_EQ(seen.decoded.at(0), 30);
}

TEST(Recorder, what_nothing_came_for_is_no_file) {
    const Folder folder;
    for (const auto& audio : {std::optional<AudioCodec>(), std::optional(AudioCodec::opus)}) {
        const auto recording = recorder({folder.file("a.webm"), VideoCodec::vp8, audio});
        ASSERT_THAT(recording->add_video(Bytes{1, 2, 3}, 0, 0), IsEmpty());
        ASSERT_THAT(recording->close(), IsEmpty());
        EXPECT_FALSE(fs::exists(folder.file("a.webm")));
    }
}

TEST(Recorder, sound_alone_is_a_file_too) {
    const Folder folder;
    const auto sound = encoded_tone(AudioCodec::opus, 600);
    for (const bool video_was_hoped_for : {false, true}) {
        const auto recording = recorder(
            {folder.file("a.webm"), video_was_hoped_for ? std::optional(VideoCodec::vp8) : std::nullopt, AudioCodec::opus});
        // Pictures come, but none that decoding could begin with.
        if (video_was_hoped_for) record(*recording, std::vector<EncodedPicture>(400), AudioCodec::opus, {}, 0);
        for (std::size_t i = 0; i < sound.size(); ++i)
            ASSERT_THAT(recording->add_audio(sound[i], static_cast<std::uint32_t>(960 * i), static_cast<double>(i) / 50),
                        IsEmpty());
        ASSERT_THAT(recording->close(), IsEmpty());
        const Probed seen = probed(folder.file("a.webm"));
        EXPECT_THAT(seen.codecs, ElementsAre("opus"));
        EXPECT_EQ(seen.seconds.at(0).size(), 600U);
        EXPECT_EQ(seen.decoded.at(0), 600);
    }
}

TEST(Recorder, timestamps_that_jump_do_no_harm) {
    const Folder folder;
    const auto film = encoded_film(VideoCodec::vp8, {64, 48, 30, 100'000}, 2);
    const Bytes sound = encoded_tone(AudioCodec::opus, 1).front();
    const auto recording = recorder({folder.file("a.webm"), VideoCodec::vp8, AudioCodec::opus});
    ASSERT_THAT(recording->add_video(film[0].bytes, 0, 0), IsEmpty());
    SeededRandom random(1);
    for (int i = 0; i < 3000; ++i) {
        const auto any = static_cast<std::uint32_t>(random.next());
        ASSERT_THAT(recording->add_video(film[1].bytes, any, 1e300), IsEmpty());
        ASSERT_THAT(recording->add_audio(sound, any, -std::numeric_limits<double>::infinity()), IsEmpty());
    }
    ASSERT_THAT(recording->close(), IsEmpty());
    const Probed seen = probed(folder.file("a.webm"));
    EXPECT_EQ(seen.seconds.at(0).size(), 3001U);
    EXPECT_TRUE(std::is_sorted(seen.seconds.at(0).begin(), seen.seconds.at(0).end()));
}

// Each packet costs far more memory than its one byte, and none of them moves the time on.
TEST(Recorder, small_packets_are_written_before_they_fill_memory) {
    const Folder folder;
    const auto recording = recorder({folder.file("a.webm"), std::nullopt, AudioCodec::opus});
    for (int i = 0; i < 100'000; ++i) ASSERT_THAT(recording->add_audio(Bytes{1}, 0, 0), IsEmpty());
    EXPECT_GT(fs::file_size(folder.file("a.webm")), 500'000U);
}

TEST(Recorder, says_what_it_cannot_do) {
    const Folder folder;
    EXPECT_THAT(the_plugin().open_recorder({folder.file("no/such/folder.webm"), VideoCodec::vp8, std::nullopt}).fault,
                HasSubstr("No such file"));
    EXPECT_THAT(the_plugin().open_recorder({folder.file("a.webm"), std::nullopt, std::nullopt}).fault, HasSubstr("neither"));
    const auto film = encoded_film(VideoCodec::vp8, {64, 48, 30, 100'000}, 1);
    const auto recording = recorder({folder.file("a.webm"), VideoCodec::vp8, std::nullopt});
    EXPECT_THAT(recording->add_audio(Bytes{1}, 0, 0), HasSubstr("no audio"));
    ASSERT_THAT(recording->add_video(film[0].bytes, 0, 0), IsEmpty());
    ASSERT_THAT(recording->close(), IsEmpty());
    EXPECT_THAT(recording->add_video(film[0].bytes, 0, 0), HasSubstr("closed"));
    // A device that is always full.
    const auto full = recorder({"/dev/full", VideoCodec::vp8, std::nullopt});
    (void)full->add_video(film[0].bytes, 0, 0);
    EXPECT_THAT(full->add_video(film[0].bytes, ticks_a_frame, 0),
                HasSubstr("No space left"));  // what came before goes into the file
    EXPECT_THAT(full->add_video(film[0].bytes, 2 * ticks_a_frame, 0), HasSubstr("No space left"));
    EXPECT_THAT(full->close(), HasSubstr("No space left"));
}

}  // namespace
}  // namespace volley::media::test
