// What libvolley_media.so offers: codecs, transforms of pictures and a recorder. Volley is linked with none of the libraries that do this, since
// loading them takes longer than most runs: see load.hpp. Everything that crosses the library's boundary is here: abstract classes, plain
// values and words for what went wrong; no exception (but std::bad_alloc) and no error category does. Thread safety: each object is one thread's at a time; Plugin
// itself is everybody's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "picture/picture.hpp"

namespace volley::media {

/// Raised with every change of what is in this file or in a type that it uses.
inline constexpr std::uint32_t abi_version = 2;

/// What went wrong, in words for a person; empty where nothing did. Nothing in it comes from a peer's bytes but numbers.
using Fault = std::string;

/// Something made, or why not: exactly one of the two is there.
template <class T>
struct Made {
    std::unique_ptr<T> made;
    Fault fault;
};

// --- video -----------------------------------------------------------------------------------------------------------

enum class VideoCodec { vp8, h264 };

struct VideoSettings {
    int width = 640;  ///< see picture::is_possible_size()
    int height = 480;
    int frames_per_second = 30;     ///< 1 to 240; what bits per frame are reckoned from
    int bits_per_second = 500'000;  ///< 10,000 to 100,000,000
    /// Leave out pictures that the bit rate has no room for; else each is coded, and pictures full of edges take several times that rate.
    bool may_skip = true;
};

struct EncodedPicture {
    Bytes bytes;  ///< one VP8 frame, or NAL units with start codes; empty where the picture was left out (may_skip)
    bool key = false;
    Fault fault;
};

/// For conversation: no picture refers to a later one, none waits for another, one thread. H.264 is constrained baseline, with its parameter sets
/// before each IDR picture. VP8 takes pictures of any possible size; H.264's odd last column or row is left out, and its sides go from 16.
class VideoEncoder {
public:
    VideoEncoder() = default;
    VideoEncoder(const VideoEncoder&) = delete;
    VideoEncoder& operator=(const VideoEncoder&) = delete;
    virtual ~VideoEncoder() = default;

    /// Begins anew, with a key picture. Called before the first encode(), and again for another size or frame rate.
    [[nodiscard]] virtual Fault configure(const VideoSettings& settings) = 0;
    /// @param picture    of the configured size. @param timestamp  of RTP, 90,000 a second; must go up, and may wrap round.
    [[nodiscard]] virtual EncodedPicture encode(const picture::PictureView& picture, std::uint32_t timestamp, bool force_key) = 0;
    /// From the next picture on, which need not be a key picture.
    [[nodiscard]] virtual Fault set_bitrate(int bits_per_second) = 0;
};

struct DecodedPicture {
    picture::PictureView picture;  ///< the decoder's own, until the next decode() or its end; empty where these bytes show none
    Fault fault;                   ///< then there is no picture, and what follows is to be doubted until the next key picture
};

/// Takes bytes of a peer as they come: whatever they are, the answer is a picture or a fault. A picture larger than picture::largest_side is
/// refused by its header, before memory is taken for it. The size may change with any key picture.
class VideoDecoder {
public:
    VideoDecoder() = default;
    VideoDecoder(const VideoDecoder&) = delete;
    VideoDecoder& operator=(const VideoDecoder&) = delete;
    virtual ~VideoDecoder() = default;

    /// @param bytes  one whole picture: a VP8 frame, or the NAL units of one timestamp with start codes.
    [[nodiscard]] virtual DecodedPicture decode(BytesView bytes) = 0;
};

// --- audio -----------------------------------------------------------------------------------------------------------

enum class AudioCodec { opus, pcmu, pcma, g722 };

struct AudioFormat {
    int rate = 0;       ///< samples a second, of each channel
    int channels = 0;   ///< 2: left and right alternate
    int rtp_clock = 0;  ///< ticks of RTP's timestamp a second; G.722 says 8,000 where it is 16,000 (RFC 3551 section 4.5.2)

    /// In 20 ms, the time in one packet.
    [[nodiscard]] constexpr int frame_samples() const noexcept { return rate / 50; }  ///< of each channel
    [[nodiscard]] constexpr int frame_ticks() const noexcept { return rtp_clock / 50; }
};
[[nodiscard]] constexpr AudioFormat format_of(AudioCodec codec) noexcept {
    switch (codec) {
        case AudioCodec::opus:
            return {48000, 2, 48000};
        case AudioCodec::g722:
            return {16000, 1, 8000};
        case AudioCodec::pcmu:
        case AudioCodec::pcma:
            break;
    }
    return {8000, 1, 8000};
}

struct EncodedSound {
    Bytes bytes;  ///< the payload of one packet
    Fault fault;
};

class AudioEncoder {
public:
    AudioEncoder() = default;
    AudioEncoder(const AudioEncoder&) = delete;
    AudioEncoder& operator=(const AudioEncoder&) = delete;
    virtual ~AudioEncoder() = default;

    /// @param samples  20 ms of the codec's format: frame_samples() times channels.
    [[nodiscard]] virtual EncodedSound encode(std::span<const std::int16_t> samples) = 0;
};

struct DecodedSound {
    std::vector<std::int16_t>
        samples;  ///< in the codec's format, channels alternating; as long as the packet says, at most 120 ms
    Fault fault;  ///< then there are none
};

/// Takes a peer's bytes as they come.
class AudioDecoder {
public:
    AudioDecoder() = default;
    AudioDecoder(const AudioDecoder&) = delete;
    AudioDecoder& operator=(const AudioDecoder&) = delete;
    virtual ~AudioDecoder() = default;

    [[nodiscard]] virtual DecodedSound decode(BytesView payload) = 0;
    /// In place of a packet of 20 ms that was lost: Opus goes on with what was heard, the others fade that out.
    [[nodiscard]] virtual DecodedSound conceal() = 0;
};

// --- transforms ------------------------------------------------------------------------------------------------------

/// One for each stream: it may remember what it has seen.
class Transform {
public:
    Transform() = default;
    Transform(const Transform&) = delete;
    Transform& operator=(const Transform&) = delete;
    virtual ~Transform() = default;

    /// @param in       of any possible size, which may change from call to call; must not be `out`'s.
    /// @param seconds  of the picture's own time (RTP timestamps), from the stream's first picture on.
    /// @param out      takes the result, of the same size; its memory is used again.
    [[nodiscard]] virtual Fault apply(const picture::PictureView& in, double seconds, picture::Picture& out) = 0;
};

// --- recorder --------------------------------------------------------------------------------------------------------

struct RecorderSettings {
    std::string path;  ///< written anew
    std::optional<VideoCodec> video;
    std::optional<AudioCodec> audio;  ///< at least one of the two
};

/// A file of what a peer sent, as it was coded: WebM (VP8, Opus), or Matroska where it holds another codec. What there is can be played even if
/// close() was never called, less the last seconds.
class Recorder {
public:
    Recorder() = default;
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    /// Closes.
    virtual ~Recorder() = default;

    /// @param picture    as VideoDecoder::decode() takes it. Those before the first key picture are left out, and so is a broken one.
    /// @param timestamp  of RTP; unwrapped here, and going back is held to a standstill.
    /// @param seconds    when it came, since the recording began. Only the first picture's counts, and the first packet's of the sound: the two
    ///                   series of timestamps have nothing else in common.
    [[nodiscard]] virtual Fault add_video(BytesView picture, std::uint32_t timestamp, double seconds) = 0;
    /// One packet's payload; else the same. Sound in front of the first picture is kept, the last 30 seconds of it.
    [[nodiscard]] virtual Fault add_audio(BytesView payload, std::uint32_t timestamp, double seconds) = 0;
    /// Writes what is left, and the index; a file with nothing in it is removed. Nothing can be added after it. Calling it again does nothing.
    [[nodiscard]] virtual Fault close() = 0;
};

// --- sources ---------------------------------------------------------------------------------------------------------

struct SourcePicture {
    picture::PictureView
        picture;  ///< the source's own, until the next call or its end; empty: there is none any more, or a fault
    Fault fault;
};

/// Pictures one after the other, of a camera or a file, all of one size.
class PictureSource {
public:
    PictureSource() = default;
    PictureSource(const PictureSource&) = delete;
    PictureSource& operator=(const PictureSource&) = delete;
    virtual ~PictureSource() = default;

    [[nodiscard]] virtual double frames_per_second() const = 0;  ///< 1 to 240
    /// A camera's when it comes, some seconds later at most: off the loop.
    [[nodiscard]] virtual SourcePicture next() = 0;
};

struct CameraSettings {
    std::string path;  ///< of the device: /dev/video0
    int width = 640;   ///< wished for; the camera takes what it has
    int height = 480;
    double frames_per_second = 30;
};

// --- the whole -------------------------------------------------------------------------------------------------------

class Plugin {
public:
    Plugin() = default;
    Plugin(const Plugin&) = delete;
    Plugin& operator=(const Plugin&) = delete;
    virtual ~Plugin() = default;

    /// The libraries and their versions: `libvpx 1.12.0, openh264 2.3.1, ...`.
    [[nodiscard]] virtual std::string libraries() const = 0;

    [[nodiscard]] virtual Made<VideoEncoder> make_video_encoder(VideoCodec codec) const = 0;
    [[nodiscard]] virtual Made<VideoDecoder> make_video_decoder(VideoCodec codec) const = 0;
    [[nodiscard]] virtual Made<AudioEncoder> make_audio_encoder(AudioCodec codec) const = 0;
    [[nodiscard]] virtual Made<AudioDecoder> make_audio_decoder(AudioCodec codec) const = 0;

    /// Names of the transforms, in the order in which they are to be shown: `none` first.
    [[nodiscard]] virtual std::vector<std::string> transforms() const = 0;
    /// Fault: no transform has this name. Those that a program adds are not known here: see media/transforms.hpp.
    [[nodiscard]] virtual Made<Transform> make_transform(std::string_view name) const = 0;

    [[nodiscard]] virtual Made<Recorder> open_recorder(const RecorderSettings& settings) const = 0;
    /// A camera of Linux (V4L2), whatever it gives: YUYV, NV12 and MJPEG become I420.
    [[nodiscard]] virtual Made<PictureSource> open_camera(const CameraSettings& settings) const = 0;
};

/// What the library's one symbol gives. Its layout never changes, so that a plugin of another version can be told.
struct PluginEntry {
    std::uint32_t abi = 0;  ///< abi_version of the plugin
    Plugin* plugin =
        nullptr;  ///< the library's own, for as long as the process lives; not to be looked at where `abi` is another
};

/// `extern "C" const PluginEntry* volley_media_plugin() noexcept`.
using PluginFunction = const PluginEntry* (*)() noexcept;
inline constexpr const char* plugin_symbol = "volley_media_plugin";
inline constexpr const char* plugin_file = "libvolley_media.so";

// --- libvolley_avformat.so -------------------------------------------------------------------------------------------

/// What reads files of video that Volley does not read itself: a plugin of its own, since it is large and seldom needed.
class MoviePlugin {
public:
    MoviePlugin() = default;
    MoviePlugin(const MoviePlugin&) = delete;
    MoviePlugin& operator=(const MoviePlugin&) = delete;
    virtual ~MoviePlugin() = default;

    [[nodiscard]] virtual std::string libraries() const = 0;
    /// @param path  of a file of this machine; a playlist in it is followed to files alone.
    [[nodiscard]] virtual Made<PictureSource> open_movie(const std::string& path) const = 0;
};

/// As PluginEntry.
struct MoviePluginEntry {
    std::uint32_t abi = 0;
    MoviePlugin* plugin = nullptr;
};
using MoviePluginFunction = const MoviePluginEntry* (*)() noexcept;
inline constexpr const char* movie_plugin_symbol = "volley_avformat_plugin";
inline constexpr const char* movie_plugin_file = "libvolley_avformat.so";

}  // namespace volley::media
