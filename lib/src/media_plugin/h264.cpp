#include "media_plugin/h264.hpp"

#include <algorithm>
#include <array>
#include <climits>

#include <wels/codec_api.h>

#include "media_plugin/unwrap.hpp"
#include "media_plugin/video_settings.hpp"
#include "proto/h264/nal.hpp"
#include "proto/h264/parameter_sets.hpp"

namespace volley::media_plugin {
namespace {

struct DestroyEncoder {
    void operator()(ISVCEncoder* encoder) const noexcept {
        encoder->Uninitialize();
        WelsDestroySVCEncoder(encoder);
    }
};
struct DestroyDecoder {
    void operator()(ISVCDecoder* decoder) const noexcept {
        decoder->Uninitialize();
        WelsDestroyDecoder(decoder);
    }
};

class Encoder final : public media::VideoEncoder {
public:
    media::Fault configure(const media::VideoSettings& settings) override {
        if (auto fault = check(settings); !fault.empty()) return fault;
        if (settings.width < least_side || settings.height < least_side)
            return "OpenH264 takes no picture with a side under 16 pixels";
        codec_.reset();
        ISVCEncoder* made = nullptr;
        if (WelsCreateSVCEncoder(&made) != 0 || made == nullptr) return "OpenH264 gives no encoder";
        codec_.reset(made);
        int quiet = WELS_LOG_QUIET;
        codec_->SetOption(ENCODER_OPTION_TRACE_LEVEL, &quiet);
        SEncParamExt p{};
        codec_->GetDefaultParams(&p);
        p.iUsageType = CAMERA_VIDEO_REAL_TIME;
        p.iPicWidth = even(settings.width);
        p.iPicHeight = even(settings.height);
        p.iTargetBitrate = settings.bits_per_second;
        p.iMaxBitrate = UNSPECIFIED_BIT_RATE;
        p.iRCMode = RC_BITRATE_MODE;
        p.bEnableFrameSkip = settings.may_skip;  // without it the bit rate is not kept to
        p.fMaxFrameRate = static_cast<float>(settings.frames_per_second);
        p.uiIntraPeriod = 0;  // IDR pictures come when they are asked for
        p.iNumRefFrame = 1;
        p.eSpsPpsIdStrategy = CONSTANT_ID;
        p.iEntropyCodingModeFlag = 0;  // CAVLC: baseline has no other
        p.iMultipleThreadIdc = 1;
        p.iTemporalLayerNum = 1;
        p.iSpatialLayerNum = 1;
        p.bPrefixNalAddingCtrl = false;
        p.bEnableLongTermReference = false;
        SSpatialLayerConfig& layer = p.sSpatialLayers[0];
        layer.iVideoWidth = p.iPicWidth;
        layer.iVideoHeight = p.iPicHeight;
        layer.fFrameRate = p.fMaxFrameRate;
        layer.iSpatialBitrate = p.iTargetBitrate;
        layer.iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
        layer.uiProfileIdc = PRO_BASELINE;
        layer.uiLevelIdc = LEVEL_UNKNOWN;  // the lowest that will do
        layer.sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
        if (codec_->InitializeExt(&p) != cmResultSuccess) {
            codec_.reset();
            return "OpenH264 cannot encode " + std::to_string(settings.width) + " x " + std::to_string(settings.height) +
                   " pixels at " + std::to_string(settings.frames_per_second) + " frames a second";
        }
        int format = videoFormatI420;
        codec_->SetOption(ENCODER_OPTION_DATAFORMAT, &format);
        settings_ = settings;
        unwrap_ = {};
        last_ = -1;
        return {};
    }

    media::EncodedPicture encode(const picture::PictureView& picture, std::uint32_t timestamp, bool force_key) override {
        media::EncodedPicture out;
        if (!codec_) {
            out.fault = "the encoder is not configured";
            return out;
        }
        out.fault = check(settings_, picture);
        if (!out.fault.empty()) return out;
        if (force_key) codec_->ForceIntraFrame(true);
        constexpr int ticks_a_millisecond = 90;
        last_ = std::max<std::int64_t>(unwrap_(timestamp), last_ + 1);
        SSourcePicture source{};
        source.iColorFormat = videoFormatI420;
        source.iPicWidth = even(picture.width);
        source.iPicHeight = even(picture.height);
        source.uiTimeStamp = last_ / ticks_a_millisecond;
        for (const auto i : {picture::plane_y, picture::plane_u, picture::plane_v}) {
            source.pData[i] = const_cast<std::uint8_t*>(picture.data[i]);  // not written to
            source.iStride[i] = picture.stride[i];
        }
        SFrameBSInfo info{};
        if (codec_->EncodeFrame(&source, &info) != cmResultSuccess) {
            out.fault = "OpenH264 cannot encode the picture";
            return out;
        }
        if (info.eFrameType == videoFrameTypeSkip) return out;
        for (int i = 0; i < info.iLayerNum; ++i) {
            const SLayerBSInfo& layer = info.sLayerInfo[i];
            std::ptrdiff_t size = 0;
            for (int k = 0; k < layer.iNalCount; ++k) size += layer.pNalLengthInByte[k];
            out.bytes.insert(out.bytes.end(), layer.pBsBuf, layer.pBsBuf + size);
        }
        out.key = info.eFrameType == videoFrameTypeIDR;
        return out;
    }

    media::Fault set_bitrate(int bits_per_second) override {
        if (!codec_) return "the encoder is not configured";
        if (auto fault = check_bitrate(bits_per_second); !fault.empty()) return fault;
        SBitrateInfo info{SPATIAL_LAYER_ALL, bits_per_second};
        if (codec_->SetOption(ENCODER_OPTION_BITRATE, &info) != cmResultSuccess) return "OpenH264 does not take the bit rate";
        return {};
    }

private:
    static constexpr int least_side = 16;
    static constexpr int even(int side) noexcept { return side - side % 2; }

    std::unique_ptr<ISVCEncoder, DestroyEncoder> codec_;
    media::VideoSettings settings_;
    Unwrapper unwrap_;
    std::int64_t last_ = -1;
};

class Decoder final : public media::VideoDecoder {
public:
    media::DecodedPicture decode(BytesView bytes) override {
        if (bytes.size() > proto::h264::most_picture_bytes) return {{}, "the picture is too large"};
        const auto units = proto::h264::split_annex_b(bytes);
        if (!units) return {{}, units.error().message()};
        input_.clear();
        Bytes sequence;
        bool has_slice = false;
        bool has_idr = false;
        for (const BytesView unit : *units) {
            using proto::h264::NalType;
            const NalType type = proto::h264::type_of(unit);
            if (type == NalType::sequence_parameters) {
                if (auto fault = check_size(unit); !fault.empty()) return {{}, std::move(fault)};
                sequence.insert(sequence.end(), unit.begin(), unit.end());
            } else if (type == NalType::slice || type == NalType::idr_slice) {
                has_slice = true;
                has_idr = has_idr || type == NalType::idr_slice;
            } else if (type != NalType::picture_parameters) {
                continue;  // scalable coding's among them: OpenH264 would take other sizes from those
            }
            constexpr std::array<std::uint8_t, 4> start_code{0, 0, 0, 1};
            input_.insert(input_.end(), start_code.begin(), start_code.end());
            input_.insert(input_.end(), unit.begin(), unit.end());
        }
        if (input_.empty()) return {{}, "no NAL unit of a picture"};
        // Other parameters are another stream: a decoder that never has to change its size has less to get wrong.
        if (!sequence.empty() && sequence != sequence_) {
            codec_.reset();
            sequence_ = std::move(sequence);
        }
        // Parameter sets may come ahead of the picture that needs them.
        if (!codec_ && has_slice && !has_idr) return {{}, "no IDR picture came before"};
        if (!codec_ && !begin()) return {{}, "OpenH264 gives no decoder"};
        std::array<std::uint8_t*, 3> planes{};
        SBufferInfo info{};
        const DECODING_STATE state =
            codec_->DecodeFrameNoDelay(input_.data(), static_cast<int>(input_.size()), planes.data(), &info);
        if (state != dsErrorFree) {
            // Whatever state the library is in after that, the next IDR picture finds a new one.
            codec_.reset();
            return {{}, "OpenH264 cannot decode the picture: state " + std::to_string(static_cast<unsigned>(state))};
        }
        if (info.iBufferStatus != 1) return {};
        const SSysMEMBuffer& buffer = info.UsrData.sSystemBuffer;
        if (planes[0] == nullptr || planes[1] == nullptr || planes[2] == nullptr ||
            !picture::is_possible_size(buffer.iWidth, buffer.iHeight)) {
            codec_.reset();
            return {{}, "OpenH264 gives no picture that can be"};
        }
        media::DecodedPicture out;
        out.picture.width = buffer.iWidth;
        out.picture.height = buffer.iHeight;
        for (const auto i : {picture::plane_y, picture::plane_u, picture::plane_v}) {
            out.picture.data[i] = planes[i];
            out.picture.stride[i] = buffer.iStride[i == picture::plane_y ? 0 : 1];
        }
        return out;
    }

private:
    static media::Fault check_size(BytesView unit) {
        const auto parameters = proto::h264::read_sequence_parameters(unit);
        if (!parameters) return "the sequence parameter set: " + parameters.error().message();
        const std::string what = "a picture of " + std::to_string(parameters->coded_width) + " x " +
                                 std::to_string(parameters->coded_height) + " pixels";
        if (parameters->coded_width > picture::largest_side || parameters->coded_height > picture::largest_side)
            return what + ": each side may have " + std::to_string(picture::largest_side);
        // Taken at once for as many pictures as may be referred to, whether any of them comes or not.
        constexpr std::size_t most_bytes = std::size_t{256} * 1024 * 1024;
        const std::size_t one =
            picture::i420_bytes(static_cast<int>(parameters->coded_width), static_cast<int>(parameters->coded_height));
        if (one * (parameters->reference_frames + 2) > most_bytes)
            return what + " that refers to " + std::to_string(parameters->reference_frames) +
                   " others: that takes more than 256 MiB";
        return {};
    }

    bool begin() {
        ISVCDecoder* made = nullptr;
        if (WelsCreateDecoder(&made) != 0 || made == nullptr) return false;
        codec_.reset(made);
        int quiet = WELS_LOG_QUIET;
        codec_->SetOption(DECODER_OPTION_TRACE_LEVEL, &quiet);
        SDecodingParam p{};
        p.uiTargetDqLayer = UCHAR_MAX;
        p.eEcActiveIdc = ERROR_CON_DISABLE;  // what is missing is a fault, not a guess
        p.sVideoProperty.size = sizeof(p.sVideoProperty);
        p.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
        if (codec_->Initialize(&p) == 0) return true;
        codec_.reset();
        return false;
    }

    std::unique_ptr<ISVCDecoder, DestroyDecoder> codec_;
    Bytes input_;
    Bytes sequence_;  // the parameters that the decoder was given
};

}  // namespace

std::unique_ptr<media::VideoEncoder> make_h264_encoder() { return std::make_unique<Encoder>(); }
std::unique_ptr<media::VideoDecoder> make_h264_decoder() { return std::make_unique<Decoder>(); }
std::string h264_library() {
    OpenH264Version version{};
    WelsGetCodecVersionEx(&version);
    return "OpenH264 " + std::to_string(version.uMajor) + "." + std::to_string(version.uMinor) + "." +
           std::to_string(version.uRevision);
}

}  // namespace volley::media_plugin
