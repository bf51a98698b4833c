#include "media_plugin/vp8.hpp"

#include <algorithm>

#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

#include "media_plugin/unwrap.hpp"
#include "media_plugin/video_settings.hpp"
#include "proto/vp8/frame_header.hpp"
#include "proto/vp8/payload.hpp"

namespace volley::media_plugin {
namespace {

constexpr int rtp_clock = 90'000;

std::string words_of(vpx_codec_ctx_t& codec, const char* what) {
    const char* error = vpx_codec_error(&codec);
    const char* detail = vpx_codec_error_detail(&codec);
    std::string out = std::string(what) + ": " + (error == nullptr ? "libvpx does not say why" : error);
    if (detail != nullptr) out += std::string(": ") + detail;
    return out;
}

// How much quality is given up for speed, -16 to 16: the larger the picture, the more. At 640x480 and -6 a frame takes 2 ms.
int speed_for(int pixels) noexcept {
    if (pixels <= 352 * 288) return -4;
    if (pixels <= 640 * 480) return -6;
    return -8;
}

class Encoder final : public media::VideoEncoder {
public:
    ~Encoder() override { end(); }

    media::Fault configure(const media::VideoSettings& settings) override {
        if (auto fault = check(settings); !fault.empty()) return fault;
        end();
        if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config_, 0) != VPX_CODEC_OK) return "libvpx has no VP8 encoder";
        config_.g_w = static_cast<unsigned>(settings.width);
        config_.g_h = static_cast<unsigned>(settings.height);
        config_.g_threads = 1;
        config_.g_timebase = {1, rtp_clock};
        config_.g_lag_in_frames = 0;
        config_.g_pass = VPX_RC_ONE_PASS;
        // A lost packet is sent again, or else a key frame is asked for; frames that can be read without the one before would cost bits
        // and be shown wrong all the same.
        config_.g_error_resilient = 0;
        config_.rc_end_usage = VPX_CBR;
        set_kilobits(settings.bits_per_second);
        config_.rc_min_quantizer = 2;
        // The coarsest that there is, and a picture left out now and then: with 56, as others have it, a picture of edges takes four times
        // the bits that it may.
        config_.rc_max_quantizer = 63;
        config_.rc_dropframe_thresh = settings.may_skip ? 30 : 0;  // percent of the buffer
        config_.rc_resize_allowed = 0;
        config_.rc_undershoot_pct = 100;
        config_.rc_overshoot_pct = 15;
        config_.rc_buf_initial_sz = 500;  // of what comes in so many milliseconds
        config_.rc_buf_optimal_sz = optimal_buffer_ms;
        config_.rc_buf_sz = 1000;
        config_.kf_mode = VPX_KF_AUTO;
        config_.kf_min_dist = 0;
        config_.kf_max_dist = 3000;  // they come when they are asked for
        if (vpx_codec_enc_init(&codec_, vpx_codec_vp8_cx(), &config_, 0) != VPX_CODEC_OK)
            return words_of(codec_, "libvpx cannot encode this");
        live_ = true;
        settings_ = settings;
        last_ = -1;
        unwrap_ = {};
        // A key frame takes what comes in half the buffer's time at most, but three frames' bits.
        const int key_percent = std::max(300, optimal_buffer_ms * settings.frames_per_second / 20);
        vpx_codec_control(&codec_, VP8E_SET_CPUUSED, speed_for(settings.width * settings.height));
        vpx_codec_control(&codec_, VP8E_SET_NOISE_SENSITIVITY, 0U);
        vpx_codec_control(&codec_, VP8E_SET_STATIC_THRESHOLD, 1U);
        vpx_codec_control(&codec_, VP8E_SET_TOKEN_PARTITIONS, static_cast<int>(VP8_ONE_TOKENPARTITION));
        vpx_codec_control(&codec_, VP8E_SET_MAX_INTRA_BITRATE_PCT, static_cast<unsigned>(key_percent));
        return {};
    }

    media::EncodedPicture encode(const picture::PictureView& picture, std::uint32_t timestamp, bool force_key) override {
        media::EncodedPicture out;
        if (!live_) {
            out.fault = "the encoder is not configured";
            return out;
        }
        out.fault = check(settings_, picture);
        if (!out.fault.empty()) return out;
        vpx_image_t image{};
        // Not written to: libvpx takes what it encodes through the same type as what it decodes.
        auto* luma = const_cast<std::uint8_t*>(picture.data[picture::plane_y]);
        if (vpx_img_wrap(&image, VPX_IMG_FMT_I420, config_.g_w, config_.g_h, 1, luma) == nullptr) {
            out.fault = "libvpx does not take the picture";
            return out;
        }
        for (const auto i : {picture::plane_y, picture::plane_u, picture::plane_v}) {
            image.planes[i] = const_cast<std::uint8_t*>(picture.data[i]);
            image.stride[i] = picture.stride[i];
        }
        last_ = std::max<std::int64_t>(unwrap_(timestamp), last_ + 1);
        const auto duration = static_cast<unsigned long>(rtp_clock / settings_.frames_per_second);
        const vpx_enc_frame_flags_t flags = force_key ? VPX_EFLAG_FORCE_KF : 0;
        if (vpx_codec_encode(&codec_, &image, last_, duration, flags, VPX_DL_REALTIME) != VPX_CODEC_OK) {
            out.fault = words_of(codec_, "libvpx cannot encode the picture");
            return out;
        }
        vpx_codec_iter_t at = nullptr;
        while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&codec_, &at)) {
            if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
            const auto* bytes = static_cast<const std::uint8_t*>(packet->data.frame.buf);
            out.bytes.assign(bytes, bytes + packet->data.frame.sz);
            out.key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
        }
        return out;
    }

    media::Fault set_bitrate(int bits_per_second) override {
        if (!live_) return "the encoder is not configured";
        if (auto fault = check_bitrate(bits_per_second); !fault.empty()) return fault;
        set_kilobits(bits_per_second);
        if (vpx_codec_enc_config_set(&codec_, &config_) != VPX_CODEC_OK)
            return words_of(codec_, "libvpx does not take the bit rate");
        return {};
    }

private:
    static constexpr int optimal_buffer_ms = 600;

    void set_kilobits(int bits_per_second) noexcept {
        config_.rc_target_bitrate = static_cast<unsigned>((bits_per_second + 500) / 1000);
    }

    void end() noexcept {
        if (live_) vpx_codec_destroy(&codec_);
        live_ = false;
    }

    vpx_codec_enc_cfg_t config_{};
    vpx_codec_ctx_t codec_{};
    bool live_ = false;
    media::VideoSettings settings_;
    Unwrapper unwrap_;
    std::int64_t last_ = -1;
};

class Decoder final : public media::VideoDecoder {
public:
    ~Decoder() override { end(); }

    media::DecodedPicture decode(BytesView bytes) override {
        const auto header = proto::vp8::read_frame_header(bytes);
        if (!header) return {{}, header.error().message()};
        if (bytes.size() > proto::vp8::most_frame_bytes) return {{}, "the frame is too large"};
        if (header->key) {
            if (!picture::is_possible_size(header->width, header->height))
                return {{},
                        "a picture of " + std::to_string(header->width) + " x " + std::to_string(header->height) +
                            " pixels: each side may have " + std::to_string(picture::largest_side)};
            if (!live_ && !begin()) return {{}, words_of(codec_, "libvpx cannot decode")};
        } else if (!live_) {
            return {{}, "no key frame came before"};
        }
        if (vpx_codec_decode(&codec_, bytes.data(), static_cast<unsigned>(bytes.size()), nullptr, 0) != VPX_CODEC_OK)
            return broken(words_of(codec_, "libvpx cannot decode the frame"));
        vpx_codec_iter_t at = nullptr;
        const vpx_image_t* image = nullptr;
        while (const vpx_image_t* next = vpx_codec_get_frame(&codec_, &at)) image = next;
        int corrupted = 0;
        if (vpx_codec_control(&codec_, VP8D_GET_FRAME_CORRUPTED, &corrupted) == VPX_CODEC_OK && corrupted != 0)
            return broken("the frame, or one that it refers to, is damaged");
        if (image == nullptr) return {};  // one that is not to be shown
        if (image->fmt != VPX_IMG_FMT_I420 ||
            !picture::is_possible_size(static_cast<int>(image->d_w), static_cast<int>(image->d_h)))
            return broken("the decoded picture is not one of I420");
        media::DecodedPicture out;
        out.picture.width = static_cast<int>(image->d_w);
        out.picture.height = static_cast<int>(image->d_h);
        for (const auto i : {picture::plane_y, picture::plane_u, picture::plane_v}) {
            out.picture.data[i] = image->planes[i];
            out.picture.stride[i] = image->stride[i];
        }
        return out;
    }

private:
    bool begin() noexcept {
        vpx_codec_dec_cfg_t config{};
        config.threads = 1;
        live_ = vpx_codec_dec_init(&codec_, vpx_codec_vp8_dx(), &config, 0) == VPX_CODEC_OK;
        return live_;
    }

    // Whatever state the library is in after that, the next key frame finds a new one.
    media::DecodedPicture broken(std::string why) noexcept {
        end();
        return {{}, std::move(why)};
    }

    void end() noexcept {
        if (live_) vpx_codec_destroy(&codec_);
        live_ = false;
    }

    vpx_codec_ctx_t codec_{};
    bool live_ = false;
};

}  // namespace

std::unique_ptr<media::VideoEncoder> make_vp8_encoder() { return std::make_unique<Encoder>(); }
std::unique_ptr<media::VideoDecoder> make_vp8_decoder() { return std::make_unique<Decoder>(); }
std::string vp8_library() { return std::string("libvpx ") + vpx_codec_version_str(); }

}  // namespace volley::media_plugin
