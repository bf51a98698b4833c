#include "avformat_plugin/movie.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libswscale/swscale.h>
}

namespace volley::avformat_plugin {
namespace {

constexpr double usual_rate = 25;
constexpr double most_frames_per_second = 240;
constexpr int most_faults_in_a_row = 100;

std::string words_of(int error) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(error, text.data(), text.size());
    return text.data();
}

struct Closing {
    void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
    void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
    void operator()(AVFrame* p) const { av_frame_free(&p); }
    void operator()(AVPacket* p) const { av_packet_free(&p); }
    void operator()(SwsContext* p) const { sws_freeContext(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Closing>;

class Movie final : public media::PictureSource {
public:
    media::Fault open(const std::string& path) {
        AVDictionary* options = nullptr;
        // A playlist may name anything: nothing of the network is opened for it.
        av_dict_set(&options, "protocol_whitelist", "file", 0);
        AVFormatContext* file = nullptr;
        const int opened = avformat_open_input(&file, ("file:" + path).c_str(), nullptr, &options);
        av_dict_free(&options);
        if (opened < 0) return words_of(opened);
        file_.reset(file);
        if (const int found = avformat_find_stream_info(file, nullptr); found < 0) return words_of(found);
        const AVCodec* codec = nullptr;
        stream_ = av_find_best_stream(file, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
        if (stream_ == AVERROR_STREAM_NOT_FOUND) return "there is no video in it";
        if (stream_ < 0 || codec == nullptr) return "libavcodec has no decoder for its video";
        AVStream* const stream = file->streams[stream_];
        decoder_.reset(avcodec_alloc_context3(codec));
        packet_.reset(av_packet_alloc());
        frame_.reset(av_frame_alloc());
        if (!decoder_ || !packet_ || !frame_) return words_of(AVERROR(ENOMEM));
        if (const int copied = avcodec_parameters_to_context(decoder_.get(), stream->codecpar); copied < 0)
            return words_of(copied);
        decoder_->max_pixels = static_cast<std::int64_t>(picture::largest_side) * picture::largest_side;
        if (const int begun = avcodec_open2(decoder_.get(), codec, nullptr); begun < 0) return words_of(begun);
        const AVRational rate = av_guess_frame_rate(file, stream, nullptr);
        rate_ = rate.num > 0 && rate.den > 0 ? std::clamp(av_q2d(rate), 1.0, most_frames_per_second) : usual_rate;
        return {};
    }

    double frames_per_second() const override { return rate_; }

    media::SourcePicture next() override {
        for (int faults = 0;;) {
            const int got = avcodec_receive_frame(decoder_.get(), frame_.get());
            if (got == AVERROR_EOF) return {};
            if (got >= 0) return converted();
            // What is damaged is left out, as players do.
            if (got != AVERROR(EAGAIN) && ++faults > most_faults_in_a_row) return {{}, words_of(got)};
            if (const auto fault = feed(); !fault.empty() && ++faults > most_faults_in_a_row) return {{}, fault};
        }
    }

private:
    /// Gives the decoder a packet, or tells it that there is none any more.
    media::Fault feed() {
        for (;;) {
            const int read = av_read_frame(file_.get(), packet_.get());
            if (read < 0) {
                const int flushed = avcodec_send_packet(decoder_.get(), nullptr);
                return read == AVERROR_EOF || flushed >= 0 || flushed == AVERROR_EOF ? media::Fault() : words_of(read);
            }
            const bool ours = packet_->stream_index == stream_;
            const int sent = ours ? avcodec_send_packet(decoder_.get(), packet_.get()) : 0;
            av_packet_unref(packet_.get());
            if (ours) return sent < 0 ? words_of(sent) : media::Fault();
        }
    }

    /// As I420 of the first picture's size.
    media::SourcePicture converted() {
        if (picture_.empty()) {
            if (!picture::is_possible_size(frame_->width, frame_->height))
                return {{}, "its pictures are larger than " + std::to_string(picture::largest_side)};
            picture_ = picture::Picture(frame_->width, frame_->height);
        }
        scaler_.reset(sws_getCachedContext(scaler_.release(), frame_->width, frame_->height,
                                           static_cast<AVPixelFormat>(frame_->format), picture_.width(), picture_.height(),
                                           AV_PIX_FMT_YUV420P, SWS_BILINEAR, nullptr, nullptr, nullptr));
        if (!scaler_) return {{}, "its pictures have a format that is not converted"};
        std::array<std::uint8_t*, 4> planes{};
        std::array<int, 4> strides{};
        for (const auto i : {picture::plane_y, picture::plane_u, picture::plane_v}) {
            const auto plane = picture_.plane(i);
            planes[i] = plane.data;
            strides[i] = plane.stride;
        }
        const int rows =
            sws_scale(scaler_.get(), frame_->data, frame_->linesize, 0, frame_->height, planes.data(), strides.data());
        av_frame_unref(frame_.get());
        if (rows < 0) return {{}, words_of(rows)};
        return {picture_.view(), {}};
    }

    Owned<AVFormatContext> file_;
    Owned<AVCodecContext> decoder_;
    Owned<AVPacket> packet_;
    Owned<AVFrame> frame_;
    Owned<SwsContext> scaler_;
    int stream_ = -1;
    double rate_ = usual_rate;
    picture::Picture picture_;
};

}  // namespace

media::Made<media::PictureSource> open_movie(const std::string& path) {
    av_log_set_level(AV_LOG_QUIET);
    auto movie = std::make_unique<Movie>();
    if (auto fault = movie->open(path); !fault.empty()) return {nullptr, std::move(fault)};
    return {std::move(movie), {}};
}

std::string libraries() {
    const auto words = [](const char* name, unsigned version) {
        return std::string(name) + ' ' + std::to_string(AV_VERSION_MAJOR(version)) + '.' +
               std::to_string(AV_VERSION_MINOR(version));
    };
    return words("libavformat", avformat_version()) + ", " + words("libavcodec", avcodec_version()) + ", " +
           words("libswscale", swscale_version());
}

}  // namespace volley::avformat_plugin
