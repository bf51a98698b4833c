#include "media_plugin/recorder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <optional>
#include <system_error>
#include <type_traits>

#include <ebml/EbmlHead.h>
#include <ebml/EbmlSubHead.h>
#include <ebml/EbmlVoid.h>
#include <ebml/IOCallback.h>
#include <matroska/KaxCluster.h>
#include <matroska/KaxCues.h>
#include <matroska/KaxCuesData.h>
#include <matroska/KaxInfo.h>
#include <matroska/KaxInfoData.h>
#include <matroska/KaxSeekHead.h>
#include <matroska/KaxSegment.h>
#include <matroska/KaxTrackAudio.h>
#include <matroska/KaxTrackEntryData.h>
#include <matroska/KaxTrackVideo.h>
#include <matroska/KaxTracks.h>
#include <matroska/KaxVersion.h>

#include "media_plugin/unwrap.hpp"
#include "proto/h264/nal.hpp"
#include "proto/h264/parameter_sets.hpp"
#include "proto/vp8/frame_header.hpp"

namespace volley::media_plugin {
namespace {

using namespace libebml;      // whose names begin with Ebml
using namespace libmatroska;  // and whose with Kax

constexpr int video_clock = 90'000;
constexpr std::int64_t nanoseconds = 1'000'000;  // of a millisecond, in which all of the file's times are

/// The file, as libebml writes into it. libebml throws where a write falls short; none does here, so that nothing is thrown: the first error is
/// kept, and what would follow it goes nowhere.
class Output final : public IOCallback {
public:
    explicit Output(std::FILE* file) noexcept : file_(file) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() override { close(); }

    [[nodiscard]] bool is_open() const noexcept { return file_ != nullptr; }
    [[nodiscard]] int error() const noexcept { return error_; }  ///< errno's; 0: none
    void flush() { check(error_ != 0 || std::fflush(file_) == 0); }

    std::uint32_t read(void* /*bytes*/, std::size_t /*size*/) override { return 0; }
    std::size_t write(const void* bytes, std::size_t size) override {
        check(error_ != 0 || std::fwrite(bytes, 1, size, file_) == size);
        position_ += size;
        return size;
    }
    std::uint64_t getFilePointer() override { return position_; }
    // Who writes goes only to places that getFilePointer() told before.
    void setFilePointer(std::int64_t offset, seek_mode /*mode*/) override {
        check(error_ != 0 || std::fseek(file_, offset, SEEK_SET) == 0);
        position_ = static_cast<std::uint64_t>(offset);
    }
    void close() override {
        if (file_ != nullptr) check(std::fclose(file_) == 0);
        file_ = nullptr;
    }

private:
    void check(bool done) noexcept {
        if (!done && error_ == 0) error_ = errno;
    }

    std::FILE* file_;
    std::uint64_t position_ = 0;  // where there is nothing to seek in, too
    int error_ = 0;
};

/// Sets the element of a kind in `parent`, which gets one where it has none.
template <class Kind, class Value>
void set(EbmlMaster& parent, const Value& value) {
    if constexpr (std::is_base_of_v<EbmlUInteger, Kind>)
        GetChild<Kind>(parent).SetValue(static_cast<std::uint64_t>(value));
    else
        GetChild<Kind>(parent).SetValue(value);
}

/// Where a stream's packets stand in the file, in milliseconds.
class Line {
public:
    explicit Line(int clock) noexcept : clock_(clock) {}

    std::int64_t at(std::uint32_t timestamp, double seconds) noexcept {
        constexpr double latest = 1e9;  // seconds: whatever it is, it fits
        if (!begun_) offset_ = std::isfinite(seconds) ? std::llround(std::clamp(seconds, 0.0, latest) * 1000) : 0;
        begun_ = true;
        // Ticks: a peer may let them jump as it likes, and nanoseconds are to fit.
        constexpr std::int64_t farthest = std::int64_t{1} << 44;
        last_ = std::max(last_, offset_ + std::clamp(unwrap_(timestamp), -farthest, farthest) * 1000 / clock_);
        return last_;
    }

private:
    int clock_;
    bool begun_ = false;
    std::int64_t offset_ = 0;
    std::int64_t last_ = 0;
    Unwrapper unwrap_;
};

// Units with their lengths in front, as Matroska has them, in place of start codes.
Bytes with_lengths(const std::vector<BytesView>& units) {
    ByteWriter out;
    for (const BytesView unit : units) {
        if (proto::h264::type_of(unit) == proto::h264::NalType::access_unit_delimiter) continue;
        out.u32(static_cast<std::uint32_t>(unit.size()));
        out.bytes(unit);
    }
    return out.take();
}

/// A picture as it goes into the file.
struct VideoFrame {
    Bytes bytes;
    bool key = false;
    /// Of key pictures: what their track says.
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    Bytes setup;  ///< CodecPrivate
};

std::optional<VideoFrame> read_vp8(BytesView bytes) {
    const auto header = proto::vp8::read_frame_header(bytes);
    if (!header) return std::nullopt;
    return VideoFrame{{bytes.begin(), bytes.end()}, header->key, header->width, header->height, {}};
}

std::optional<VideoFrame> read_h264(BytesView bytes) {
    using proto::h264::NalType;
    if (bytes.size() > proto::h264::most_picture_bytes) return std::nullopt;
    const auto units = proto::h264::split_annex_b(bytes);
    if (!units || units->empty()) return std::nullopt;
    constexpr std::size_t longest = 0xffff;  // of a parameter set, for the field that says its length
    VideoFrame out;
    BytesView sequence;
    BytesView picture;
    for (const BytesView unit : *units) {
        const NalType type = proto::h264::type_of(unit);
        if (type == NalType::sequence_parameters && sequence.empty() && unit.size() <= longest) sequence = unit;
        if (type == NalType::picture_parameters && picture.empty() && unit.size() <= longest) picture = unit;
        if (type == NalType::idr_slice) out.key = true;
    }
    out.bytes = with_lengths(*units);
    if (out.bytes.empty()) return std::nullopt;
    if (sequence.empty() || picture.empty()) return out;
    const auto parameters = proto::h264::read_sequence_parameters(sequence);
    if (!parameters) return std::nullopt;
    out.width = parameters->width;
    out.height = parameters->height;
    constexpr std::uint8_t lengths_of_four = 0xff;  // reserved bits, and 4 - 1
    constexpr std::uint8_t one_sequence_set = 0xe1;
    ByteWriter setup;
    setup.u8(1);
    setup.u8(parameters->profile.profile_idc);
    setup.u8(parameters->profile.constraints);
    setup.u8(parameters->profile.level_idc);
    setup.u8(lengths_of_four);
    setup.u8(one_sequence_set);
    setup.u16(static_cast<std::uint16_t>(sequence.size()));
    setup.bytes(sequence);
    setup.u8(1);
    setup.u16(static_cast<std::uint16_t>(picture.size()));
    setup.bytes(picture);
    out.setup = setup.take();
    return out;
}

void little(ByteWriter& out, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.u8(static_cast<std::uint8_t>(value >> (8 * i)));
}

constexpr std::uint32_t opus_pre_skip = 312;  // samples that libopus's encoder looks ahead at 48 kHz: 6.5 ms

Bytes opus_head() {
    ByteWriter out;
    out.bytes(bytes_of("OpusHead"));
    out.u8(1);
    out.u8(2);  // channels
    little(out, opus_pre_skip, 2);
    little(out, 48'000, 4);
    little(out, 0, 2);  // gain
    out.u8(0);          // mapping
    return out.take();
}

// WAVEFORMATEX, by which Matroska names what has no name of its own there.
Bytes wave_format(media::AudioCodec codec) {
    const media::AudioFormat format = media::format_of(codec);
    const bool is_g722 = codec == media::AudioCodec::g722;
    std::uint32_t tag = 0x028f;
    if (codec == media::AudioCodec::pcmu) tag = 7;
    if (codec == media::AudioCodec::pcma) tag = 6;
    ByteWriter out;
    little(out, tag, 2);
    little(out, static_cast<std::uint32_t>(format.channels), 2);
    little(out, static_cast<std::uint32_t>(format.rate), 4);
    little(out, 8'000, 4);  // bytes a second, of all three
    little(out, 1, 2);      // bytes of a block
    little(out, is_g722 ? 4 : 8, 2);
    little(out, 0, 2);
    return out.take();
}

class Matroska final : public media::Recorder {
public:
    Matroska(std::FILE* file, const media::RecorderSettings& settings)
        : out_(file),
          settings_(settings),
          video_line_(video_clock),
          audio_line_(settings.audio ? format_of(*settings.audio).rtp_clock : 1) {}
    ~Matroska() override { (void)close(); }

    media::Fault add_video(BytesView picture, std::uint32_t timestamp, double seconds) override {
        if (auto why = cannot_add(); !why.empty()) return why;
        if (!settings_.video) return "the recording has no video";
        auto frame = *settings_.video == media::VideoCodec::vp8 ? read_vp8(picture) : read_h264(picture);
        if (!frame) return {};
        if (!has_tracks_) {
            if (!frame->key || frame->width == 0) return {};
            write_head(&*frame);
        }
        if (video_ == nullptr) return {};  // closed without it, or begun before
        add_block({true, frame->key, video_line_.at(timestamp, seconds), std::move(frame->bytes)});
        return fault();
    }

    media::Fault add_audio(BytesView payload, std::uint32_t timestamp, double seconds) override {
        if (auto why = cannot_add(); !why.empty()) return why;
        if (!settings_.audio) return "the recording has no audio";
        constexpr std::size_t most_payload_bytes = 64UL * 1024;  // no datagram is larger
        if (payload.empty() || payload.size() > most_payload_bytes) return {};
        Block block{false, true, audio_line_.at(timestamp, seconds), {payload.begin(), payload.end()}};
        if (!has_tracks_ && !settings_.video) write_head(nullptr);
        if (has_tracks_) {
            add_block(std::move(block));
            return fault();
        }
        constexpr std::int64_t most_waiting_ms = 30'000;
        constexpr std::size_t most_waiting = 3'000;  // packets may be as short as 10 ms
        waiting_.push_back(std::move(block));
        while (waiting_.size() > most_waiting || waiting_.back().at - waiting_.front().at > most_waiting_ms) waiting_.pop_front();
        return {};
    }

    media::Fault close() override {
        if (!out_.is_open()) return {};
        if (!has_tracks_ && !waiting_.empty()) write_head(nullptr);
        if (has_tracks_) {
            end_cluster();
            finish();
        }
        out_.close();
        if (!has_tracks_) remove_empty();
        return fault();
    }

private:
    struct Block {
        bool is_video = false;
        bool key = false;
        std::int64_t at = 0;  // milliseconds
        Bytes bytes;
    };

    media::Fault fault() const {
        return out_.error() == 0 ? media::Fault() : settings_.path + ": " + std::strerror(out_.error());
    }
    media::Fault cannot_add() const { return out_.is_open() ? fault() : "the recording is closed"; }

    // A file that holds nothing is none that anybody can play.
    void remove_empty() const {
        std::error_code ignored;
        if (std::filesystem::is_regular_file(settings_.path, ignored)) std::filesystem::remove(settings_.path, ignored);
    }

    // Up to and including the tracks, which are known once the first key picture is there. nullptr: without video.
    void write_head(const VideoFrame* picture) {
        const bool is_webm = (picture == nullptr || *settings_.video == media::VideoCodec::vp8) &&
                             (!settings_.audio || *settings_.audio == media::AudioCodec::opus);
        constexpr bool with_defaults = true;
        EbmlHead head;
        set<EDocType>(head, is_webm ? "webm" : "matroska");
        set<EDocTypeVersion>(head, 4);
        set<EDocTypeReadVersion>(head, 2);
        head.Render(out_, with_defaults);
        constexpr int widest = 8;  // bytes of its size, which is unknown until it is closed
        segment_.SetSizeInfinite();
        segment_.WriteHead(out_, widest);
        // Room for what turns out in the end.
        constexpr std::uint64_t seek_head_bytes = 94;
        constexpr std::uint64_t duration_bytes = 9;  // a double, and of the element's id what is longer than the room's
        room_for_seek_head_.SetSize(seek_head_bytes);
        room_for_seek_head_.Render(out_);
        room_for_duration_.SetSize(duration_bytes);
        set<KaxTimecodeScale>(info_, nanoseconds);
        set<KaxMuxingApp>(info_, L"libmatroska");
        set<KaxWritingApp>(info_, L"volley");
        info_.Render(out_, with_defaults);
        if (picture != nullptr) video_ = &describe_video(*picture);
        if (settings_.audio) audio_ = &describe_audio();
        tracks_.Render(out_);
        has_tracks_ = true;
        for (Block& block : waiting_) add_block(std::move(block));
        waiting_.clear();
    }

    KaxTrackEntry& add_track(track_type type, const char* codec, const Bytes& setup) {
        auto& out = AddNewChild<KaxTrackEntry>(tracks_);
        set<KaxTrackNumber>(out, type);
        set<KaxTrackUID>(out, type);
        set<KaxTrackType>(out, type);
        set<KaxTrackFlagLacing>(out, 0);
        set<KaxTrackLanguage>(out, "und");
        set<KaxCodecID>(out, codec);
        if (!setup.empty()) GetChild<KaxCodecPrivate>(out).CopyBuffer(setup.data(), static_cast<std::uint32_t>(setup.size()));
        return out;
    }

    KaxTrackEntry& describe_video(const VideoFrame& picture) {
        const bool is_vp8 = *settings_.video == media::VideoCodec::vp8;
        auto& out = add_track(track_video, is_vp8 ? "V_VP8" : "V_MPEG4/ISO/AVC", picture.setup);
        auto& size = GetChild<KaxTrackVideo>(out);
        set<KaxVideoPixelWidth>(size, picture.width);
        set<KaxVideoPixelHeight>(size, picture.height);
        return out;
    }

    KaxTrackEntry& describe_audio() {
        const bool is_opus = *settings_.audio == media::AudioCodec::opus;
        const media::AudioFormat format = media::format_of(*settings_.audio);
        auto& out =
            add_track(track_audio, is_opus ? "A_OPUS" : "A_MS/ACM", is_opus ? opus_head() : wave_format(*settings_.audio));
        if (is_opus) {
            set<KaxCodecDelay>(out, opus_pre_skip * nanoseconds / 48);
            set<KaxSeekPreRoll>(out, 80 * nanoseconds);  // as WebM has it
        }
        auto& sound = GetChild<KaxTrackAudio>(out);
        set<KaxAudioSamplingFreq>(sound, format.rate);
        set<KaxAudioChannels>(sound, format.channels);
        return out;
    }

    void add_block(Block block) {
        constexpr std::int64_t longest_ms = 5'000;
        constexpr std::size_t largest = 4UL * 1024 * 1024;
        const bool starts = block.key && block.is_video;
        if (cluster_ && (starts || block.at - cluster_at_ > longest_ms || cluster_bytes_ > largest)) end_cluster();
        if (!cluster_) {
            cluster_.emplace().SetParent(segment_);
            cluster_->InitTimecode(static_cast<std::uint64_t>(block.at), nanoseconds);
            cluster_at_ = block.at;
            cluster_bytes_ = 0;
            // Where one can begin to watch, or to listen where there is nothing to be seen.
            if (starts || video_ == nullptr) add_cue();
        }
        // The two streams are not of one mind about the time: what is far behind is held up.
        constexpr std::int64_t farthest = 30'000;
        const std::int64_t at = std::max(block.at, cluster_at_ - farthest);
        auto& out = AddNewChild<KaxSimpleBlock>(*cluster_);
        out.SetParent(*cluster_);
        out.SetKeyframe(block.key);
        // A copy, which the element deletes.
        auto* const bytes = new DataBuffer(block.bytes.data(), static_cast<std::uint32_t>(block.bytes.size()), nullptr, true);
        out.AddFrame(block.is_video ? *video_ : *audio_, static_cast<std::uint64_t>(at * nanoseconds), *bytes, LACING_NONE);
        cluster_bytes_ += sizeof(out) + sizeof(*bytes) + block.bytes.size();
        end_ms_ = std::max(end_ms_, block.at + 1);
    }

    // To the cluster that begins.
    void add_cue() {
        constexpr std::size_t most = 50'000;  // 40 MB of memory; players find what is behind the last by reading on
        if (cues_.ListSize() == most) return;
        auto& point = AddNewChild<KaxCuePoint>(cues_);
        set<KaxCueTime>(point, cluster_at_);
        auto& where = GetChild<KaxCueTrackPositions>(point);
        set<KaxCueTrack>(where, video_ != nullptr ? track_video : track_audio);
        set<KaxCueClusterPosition>(where, segment_.GetRelativePosition(out_.getFilePointer()));
    }

    void end_cluster() {
        if (!cluster_) return;
        cluster_->Render(out_, cues_);
        cluster_.reset();
        out_.flush();
    }

    void finish() {
        KaxSeekHead seeks;
        seeks.IndexThis(info_, segment_);
        seeks.IndexThis(tracks_, segment_);
        if (cues_.ListSize() != 0) {
            cues_.Render(out_);
            seeks.IndexThis(cues_, segment_);
        }
        room_for_seek_head_.ReplaceWith(seeks, out_);
        KaxDuration duration;
        duration.SetPrecision(EbmlFloat::FLOAT_64);
        duration.SetValue(static_cast<double>(end_ms_));
        room_for_duration_.ReplaceWith(duration, out_);
        segment_.ForceSize(out_.getFilePointer() - segment_.GetDataStart());
        segment_.OverwriteHead(out_);
    }

    Output out_;
    media::RecorderSettings settings_;
    Line video_line_;
    Line audio_line_;
    bool has_tracks_ = false;
    std::deque<Block> waiting_;
    KaxSegment segment_;
    KaxInfo& info_ = GetChild<KaxInfo>(segment_);
    KaxTracks& tracks_ = GetChild<KaxTracks>(segment_);
    KaxCues& cues_ = GetChild<KaxCues>(segment_);
    EbmlVoid room_for_seek_head_;
    EbmlVoid& room_for_duration_ = AddNewChild<EbmlVoid>(info_);
    KaxTrackEntry* video_ = nullptr;  // in tracks_, as the next
    KaxTrackEntry* audio_ = nullptr;
    std::optional<KaxCluster> cluster_;
    std::int64_t cluster_at_ = 0;
    std::size_t cluster_bytes_ = 0;  // in memory
    std::int64_t end_ms_ = 0;
};

}  // namespace

std::string recorder_library() { return "libmatroska " + KaxCodeVersion; }

media::Made<media::Recorder> open_recorder(const media::RecorderSettings& settings) {
    if (!settings.video && !settings.audio) return {nullptr, "a recording of neither video nor audio"};
    std::FILE* file = std::fopen(settings.path.c_str(), "wbe");
    if (file == nullptr) return {nullptr, settings.path + ": " + std::strerror(errno)};
    return {std::make_unique<Matroska>(file, settings), {}};
}

}  // namespace volley::media_plugin
