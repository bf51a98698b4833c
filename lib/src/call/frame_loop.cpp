#include "call/frame_loop.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <volley/error.hpp>

#include "call/media_streams.hpp"
#include "media/load.hpp"
#include "picture/ivf.hpp"
#include "picture/scene.hpp"
#include "picture/y4m.hpp"
#include "proto/h264/nal.hpp"
#include "proto/vp8/frame_header.hpp"

namespace volley::call {
namespace {

constexpr std::uintmax_t largest_file = std::uintmax_t{1} << 30;
constexpr std::size_t most_frames = 18'000;  // ten minutes at 30 a second
constexpr Duration camera_length = std::chrono::seconds(10);
constexpr Duration movie_length = std::chrono::seconds(60);
constexpr std::uint64_t scene_seed = 1;
constexpr double video_clock = 90'000;

std::string in_words(const std::string& path, const std::string& what) { return escape_for_terminal(path) + ": " + what; }

std::optional<Bytes> read_bytes(const std::string& path, std::string& fault) {
    std::error_code ec;
    const auto size = std::filesystem::file_size(path, ec);
    if (ec) {
        fault = in_words(path, ec.message());
        return std::nullopt;
    }
    if (size > largest_file) {
        fault = in_words(path, "a video of at most 1 GiB is expected");
        return std::nullopt;
    }
    std::ifstream in(path, std::ios::binary);
    Bytes out(static_cast<std::size_t>(size));
    in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    if (!in) {
        fault = in_words(path, "cannot be read");
        return std::nullopt;
    }
    return out;
}

bool begins_with(BytesView file, std::string_view word) {
    return text_of(file.first(std::min(file.size(), word.size()))) == word;
}
bool is_ivf(BytesView file) { return begins_with(file, "DKIF"); }
bool is_y4m(BytesView file) { return begins_with(file, "YUV4MPEG2"); }

/// The first bytes of a file, enough to tell what it is.
Bytes head_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    Bytes out(32);
    in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

std::optional<media::VideoCodec> codec_of(const picture::IvfHeader& header) {
    const std::string_view name(header.codec.data(), header.codec.size());
    if (name == "VP80") return media::VideoCodec::vp8;
    if (name == "H264") return media::VideoCodec::h264;
    return std::nullopt;
}

bool is_key(media::VideoCodec codec, BytesView frame) {
    if (codec == media::VideoCodec::h264) return proto::h264::is_key(frame);
    const auto header = proto::vp8::read_frame_header(frame);
    return header && header->key;
}

/// Pictures into payloads, with a key frame now and then.
class Encoding {
public:
    Encoding(FrameLoop& out, const VideoPlan& plan, LoopProgress& progress) : out_(out), plan_(plan), progress_(progress) {}

    bool begin(std::string& fault) {
        const auto& loaded = media::plugin();
        if (loaded.plugin == nullptr) {
            fault = loaded.fault;
            return false;
        }
        auto made = loaded.plugin->make_video_encoder(out_.codec);
        if (made.made) {
            encoder_ = std::move(made.made);
            media::VideoSettings settings;
            settings.width = out_.width;
            settings.height = out_.height;
            settings.frames_per_second = std::max(1, static_cast<int>(std::lround(out_.frames_per_second)));
            settings.bits_per_second = static_cast<int>(plan_.bits_per_second);
            settings.may_skip = false;  // a frame that is not sent is none that is measured
            made.fault = encoder_->configure(settings);
        }
        fault = std::move(made.fault);
        return fault.empty();
    }

    bool add(const picture::PictureView& picture, std::optional<std::uint32_t> code, std::string& fault) {
        if (progress_.stop) {
            fault = "stopped";
            return false;
        }
        const auto every = std::max<std::size_t>(
            1, static_cast<std::size_t>(std::lround(out_.frames_per_second * to_seconds(FrameLoop::key_distance))));
        const bool key = count_ % every == 0 || key_owed_;
        const auto timestamp =
            static_cast<std::uint32_t>(std::llround(static_cast<double>(count_) * video_clock / out_.frames_per_second));
        ++count_;
        auto encoded = encoder_->encode(picture, timestamp, key);
        if (!encoded.fault.empty()) {
            fault = std::move(encoded.fault);
            return false;
        }
        LoopFrame frame{{}, encoded.key, code};
        key_owed_ = key && encoded.bytes.empty();
        if (!encoded.bytes.empty()) {
            auto payloads = packetise(out_.codec, encoded.bytes, 0);
            if (!payloads) {
                fault = "a picture cannot be cut into packets";
                return false;
            }
            frame.payloads = std::move(*payloads);
        }
        // One that the encoder left out is one that is not sent: its time passes all the same.
        out_.frames.push_back(std::move(frame));
        ++progress_.done;
        return true;
    }

private:
    FrameLoop& out_;
    const VideoPlan& plan_;
    LoopProgress& progress_;
    std::unique_ptr<media::VideoEncoder> encoder_;
    std::size_t count_ = 0;
    bool key_owed_ = false;
};

bool paint(const VideoPlan& plan, FrameLoop& out, std::string& fault, LoopProgress& progress) {
    out.width = plan.width;
    out.height = plan.height;
    out.frames_per_second = plan.frames_per_second;
    out.painted = true;
    const picture::RingCode rings(out.width, out.height);
    out.layout = rings.layout();
    const picture::Scene scene(out.width, out.height, scene_seed);
    Encoding encoding(out, plan, progress);
    if (!encoding.begin(fault)) return false;
    auto count = static_cast<std::size_t>(std::lround(to_seconds(FrameLoop::made_length) * out.frames_per_second));
    if (out.layout.bits > 0) count = std::min<std::size_t>(count, out.layout.codes());
    progress.all = count;
    picture::Picture picture;
    for (std::size_t i = 0; i < count; ++i) {
        scene.paint(picture, i);
        rings.paint(picture, i);
        std::optional<std::uint32_t> code;
        if (out.layout.bits > 0) code = static_cast<std::uint32_t>(i);
        if (!encoding.add(picture, code, fault)) return false;
    }
    return true;
}

bool read_ivf(const VideoPlan& plan, BytesView file, FrameLoop& out, std::string& fault) {
    auto reader = picture::IvfReader::open(file);
    if (!reader) {
        fault = in_words(plan.source, to_string(reader.error()));
        return false;
    }
    const auto& header = reader->header();
    const auto codec = codec_of(header);
    if (codec != out.codec) {
        fault = in_words(plan.source, "its video is not " + std::string(to_string(out.codec)));
        return false;
    }
    out.width = header.width;
    out.height = header.height;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    for (;;) {
        const auto frame = reader->next();
        if (!frame) {
            fault = in_words(plan.source, to_string(frame.error()));
            return false;
        }
        if (!*frame || out.frames.size() == most_frames) break;
        const auto& [timestamp, data, offset] = **frame;
        const bool key = !data.empty() && is_key(out.codec, data);
        if (out.frames.empty() && !key) continue;
        if (out.frames.empty()) first = timestamp;
        last = timestamp;
        auto payloads = data.empty() ? std::vector<Bytes>() : packetise(out.codec, data, 0).value_or(std::vector<Bytes>());
        out.frames.push_back({std::move(payloads), key, std::nullopt});
    }
    const double ticks = static_cast<double>(header.ticks_per_second) / header.ticks_denominator;
    const double seconds = ticks > 0 && last > first ? static_cast<double>(last - first) / ticks : 0;
    if (seconds > 0) out.frames_per_second = std::clamp(static_cast<double>(out.frames.size() - 1) / seconds, 1.0, 240.0);
    return true;
}

bool read_y4m(const VideoPlan& plan, BytesView file, FrameLoop& out, std::string& fault, LoopProgress& progress) {
    auto reader = picture::Y4mReader::open(file);
    if (!reader) {
        fault = in_words(plan.source, to_string(reader.error()));
        return false;
    }
    out.width = reader->width();
    out.height = reader->height();
    out.frames_per_second = std::clamp(reader->rate().per_second(), 1.0, 240.0);
    Encoding encoding(out, plan, progress);
    if (!encoding.begin(fault)) return false;
    for (;;) {
        const auto frame = reader->next();
        if (!frame) {
            fault = in_words(plan.source, to_string(frame.error()));
            return false;
        }
        if (!*frame || out.frames.size() == most_frames) return true;
        if (!encoding.add(**frame, std::nullopt, fault)) return false;
    }
}

/// Of a camera or a file whose pictures somebody else reads: so many seconds of it.
bool film(const VideoPlan& plan, media::Made<media::PictureSource> source, Duration length, FrameLoop& out, std::string& fault,
          LoopProgress& progress) {
    if (!source.made) {
        fault = in_words(plan.source, source.fault);
        return false;
    }
    out.frames_per_second = source.made->frames_per_second();
    const auto most = std::min(most_frames, static_cast<std::size_t>(std::lround(to_seconds(length) * out.frames_per_second)));
    Encoding encoding(out, plan, progress);
    while (out.frames.size() < most) {
        const auto next = source.made->next();
        if (!next.fault.empty()) {
            fault = in_words(plan.source, next.fault);
            return false;
        }
        if (next.picture.empty()) return true;
        if (out.width == 0) {
            out.width = next.picture.width;
            out.height = next.picture.height;
            if (!encoding.begin(fault)) return false;
        }
        if (!encoding.add(next.picture, std::nullopt, fault)) return false;
    }
    return true;
}

bool read_camera(const VideoPlan& plan, FrameLoop& out, std::string& fault, LoopProgress& progress) {
    const auto& loaded = media::plugin();
    if (loaded.plugin == nullptr) {
        fault = loaded.fault;
        return false;
    }
    constexpr std::string_view scheme = "v4l2:";
    const std::string path = plan.source.starts_with(scheme) ? plan.source.substr(scheme.size()) : plan.source;
    return film(plan, loaded.plugin->open_camera({path, plan.width, plan.height, plan.frames_per_second}), camera_length, out,
                fault, progress);
}

media::Made<media::PictureSource> open_movie(const std::string& path) {
    const auto& loaded = media::movie_plugin();
    if (loaded.plugin == nullptr) return {nullptr, "this is neither IVF nor Y4M, and for all else there is " + loaded.fault};
    return loaded.plugin->open_movie(path);
}

bool read_movie(const VideoPlan& plan, FrameLoop& out, std::string& fault, LoopProgress& progress) {
    return film(plan, open_movie(plan.source), movie_length, out, fault, progress);
}

bool read_file(const VideoPlan& plan, FrameLoop& out, std::string& fault, LoopProgress& progress) {
    const Bytes head = head_of(plan.source);
    if (!is_ivf(head) && !is_y4m(head)) return read_movie(plan, out, fault, progress);
    const auto file = read_bytes(plan.source, fault);
    if (!file) return false;
    return is_ivf(head) ? read_ivf(plan, *file, out, fault) : read_y4m(plan, *file, out, fault, progress);
}

}  // namespace

std::size_t FrameLoop::key_from(std::size_t index) const noexcept {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const std::size_t at = (index + i) % frames.size();
        if (frames[at].key) return at;
    }
    return 0;
}

std::uint64_t FrameLoop::bytes() const noexcept {
    std::uint64_t out = 0;
    for (const auto& frame : frames)
        for (const auto& payload : frame.payloads) out += payload.size();
    return out;
}

std::optional<picture::Picture> FrameLoop::picture_of(std::size_t index) const {
    if (!painted || index >= frames.size()) return std::nullopt;
    picture::Picture out;
    picture::Scene(width, height, scene_seed).paint(out, index);
    picture::RingCode(width, height).paint(out, index);
    return out;
}

std::optional<media::VideoCodec> codec_of_source(const VideoPlan& plan, std::string& fault) {
    if (plan.source.empty() || is_camera(plan.source)) return std::nullopt;
    if (const auto why = why_unreadable(plan.source); !why.empty()) {
        fault = in_words(plan.source, "cannot be read: " + why);
        return std::nullopt;
    }
    const Bytes head = head_of(plan.source);
    if (head.empty()) {
        fault = in_words(plan.source, "cannot be read, or is empty");
        return std::nullopt;
    }
    if (!is_ivf(head)) {
        if (is_y4m(head)) return std::nullopt;
        if (const auto movie = open_movie(plan.source); !movie.made) fault = in_words(plan.source, movie.fault);
        return std::nullopt;
    }
    const auto reader = picture::IvfReader::open(head);
    const auto codec = reader ? codec_of(reader->header()) : std::nullopt;
    if (!codec) fault = in_words(plan.source, reader ? "IVF of VP8 (VP80) or H.264 is expected" : to_string(reader.error()));
    if (codec && !plan.codecs.empty() && std::ranges::find(plan.codecs, to_string(*codec)) == plan.codecs.end())
        fault = in_words(plan.source, fmt::format("it is {}, and IVF is sent as it is coded: ask for that codec, or for none",
                                                  to_string(*codec)));
    return codec;
}

std::string fault_of_source(const VideoPlan& plan) {
    std::string fault;
    const auto codec = codec_of_source(plan, fault);
    if (!fault.empty() || plan.source.empty() || is_camera(plan.source)) return fault;
    if (codec) {
        // Read as it is coded: it costs no more than looking.
        LoopProgress progress;
        (void)make_frame_loop(plan, *codec, fault, progress);
        return fault;
    }
    if (!is_y4m(head_of(plan.source))) {
        const auto movie = open_movie(plan.source);
        if (!movie.made) return in_words(plan.source, movie.fault);
        const auto first = movie.made->next();
        if (first.fault.empty() && first.picture.empty()) return in_words(plan.source, "there is no picture in it");
        return first.fault.empty() ? std::string() : in_words(plan.source, first.fault);
    }
    const auto file = read_bytes(plan.source, fault);
    if (!file) return fault;
    auto reader = picture::Y4mReader::open(*file);
    if (!reader) return in_words(plan.source, to_string(reader.error()));
    for (std::size_t frames = 0;; ++frames) {
        const auto frame = reader->next();
        if (!frame) return in_words(plan.source, to_string(frame.error()));
        if (!*frame && frames == 0) return in_words(plan.source, "there is no picture in it");
        if (!*frame || frames == most_frames) return {};
    }
}

std::shared_ptr<const FrameLoop> make_frame_loop(const VideoPlan& plan, media::VideoCodec codec, std::string& fault,
                                                 LoopProgress& progress) {
    auto out = std::make_shared<FrameLoop>();
    out->codec = codec;
    bool made = false;
    if (plan.source.empty())
        made = paint(plan, *out, fault, progress);
    else
        made = is_camera(plan.source) ? read_camera(plan, *out, fault, progress) : read_file(plan, *out, fault, progress);
    if (!made) return nullptr;
    if (out->frames.empty() || out->bytes() == 0) {
        fault = in_words(plan.source, "there is no frame in it that decoding can begin with");
        return nullptr;
    }
    return out;
}

}  // namespace volley::call
