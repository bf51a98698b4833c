#include "media_plugin/recorder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <system_error>

#include "media_plugin/ebml.hpp"
#include "media_plugin/unwrap.hpp"
#include "proto/h264/nal.hpp"
#include "proto/h264/parameter_sets.hpp"
#include "proto/vp8/frame_header.hpp"

namespace volley::media_plugin {
namespace {

// The elements' ids, by their names in RFC 9559.
namespace id {
constexpr std::uint32_t ebml = 0x1A45DFA3, ebml_version = 0x4286, ebml_read_version = 0x42F7, ebml_max_id_length = 0x42F2,
                        ebml_max_size_length = 0x42F3, doc_type = 0x4282, doc_type_version = 0x4287,
                        doc_type_read_version = 0x4285;
constexpr std::uint32_t segment = 0x18538067, seek_head = 0x114D9B74, seek = 0x4DBB, seek_id = 0x53AB, seek_position = 0x53AC;
constexpr std::uint32_t info = 0x1549A966, timestamp_scale = 0x2AD7B1, duration = 0x4489, muxing_app = 0x4D80,
                        writing_app = 0x5741;
constexpr std::uint32_t tracks = 0x1654AE6B, track_entry = 0xAE, track_number = 0xD7, track_uid = 0x73C5, track_type = 0x83,
                        flag_lacing = 0x9C, language = 0x22B59C, codec_id = 0x86, codec_private = 0x63A2, codec_delay = 0x56AA,
                        seek_pre_roll = 0x56BB;
constexpr std::uint32_t video = 0xE0, pixel_width = 0xB0, pixel_height = 0xBA, audio = 0xE1, sampling_frequency = 0xB5,
                        channels = 0x9F;
constexpr std::uint32_t cluster = 0x1F43B675, timestamp = 0xE7, simple_block = 0xA3;
constexpr std::uint32_t cues = 0x1C53BB6B, cue_point = 0xBB, cue_time = 0xB3, cue_track_positions = 0xB7, cue_track = 0xF7,
                        cue_cluster_position = 0xF1;
}  // namespace id

constexpr std::uint8_t video_track = 1;
constexpr std::uint8_t audio_track = 2;
constexpr int video_clock = 90'000;

/// Where a stream's packets stand in the file, in milliseconds.
class Line {
public:
    explicit Line(int clock) noexcept : clock_(clock) {}

    std::int64_t at(std::uint32_t timestamp, double seconds) noexcept {
        constexpr double latest = 1e9;  // seconds: whatever it is, it fits
        if (!begun_) offset_ = std::isfinite(seconds) ? std::llround(std::clamp(seconds, 0.0, latest) * 1000) : 0;
        begun_ = true;
        constexpr std::int64_t farthest = std::int64_t{1} << 50;  // ticks: a peer may let them jump as it likes
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

EbmlWriter track(std::uint8_t number, std::uint8_t type, std::string_view codec, BytesView setup) {
    EbmlWriter out;
    out.number(id::track_number, number);
    out.number(id::track_uid, number);
    out.number(id::track_type, type);
    out.number(id::flag_lacing, 0);
    out.text(id::language, "und");
    out.text(id::codec_id, codec);
    if (!setup.empty()) out.binary(id::codec_private, setup);
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
        : file_(file),
          settings_(settings),
          video_line_(video_clock),
          audio_line_(settings.audio ? format_of(*settings.audio).rtp_clock : 1) {}
    ~Matroska() override { (void)close(); }

    media::Fault add_video(BytesView picture, std::uint32_t timestamp, double seconds) override {
        if (auto fault = cannot_add(); !fault.empty()) return fault;
        if (!settings_.video) return "the recording has no video";
        auto frame = *settings_.video == media::VideoCodec::vp8 ? read_vp8(picture) : read_h264(picture);
        if (!frame) return {};
        if (!has_tracks_) {
            if (!frame->key || frame->width == 0) return {};
            write_head(&*frame);
        }
        if (!shows_video_) return {};  // closed without it, or begun before
        add_block({video_track, frame->key, video_line_.at(timestamp, seconds), std::move(frame->bytes)});
        return fault_;
    }

    media::Fault add_audio(BytesView payload, std::uint32_t timestamp, double seconds) override {
        if (auto fault = cannot_add(); !fault.empty()) return fault;
        if (!settings_.audio) return "the recording has no audio";
        constexpr std::size_t most_payload_bytes = 64UL * 1024;  // no datagram is larger
        if (payload.empty() || payload.size() > most_payload_bytes) return {};
        Block block{audio_track, true, audio_line_.at(timestamp, seconds), {payload.begin(), payload.end()}};
        if (!has_tracks_ && !settings_.video) write_head(nullptr);
        if (has_tracks_) {
            add_block(std::move(block));
            return fault_;
        }
        constexpr std::int64_t most_waiting_ms = 30'000;
        constexpr std::size_t most_waiting = 3'000;  // packets may be as short as 10 ms
        waiting_.push_back(std::move(block));
        while (waiting_.size() > most_waiting || waiting_.back().at - waiting_.front().at > most_waiting_ms) waiting_.pop_front();
        return {};
    }

    media::Fault close() override {
        if (file_ == nullptr) return {};
        if (!has_tracks_ && !waiting_.empty()) write_head(nullptr);
        if (has_tracks_) {
            end_cluster();
            write_cues();
            finish_head();
        }
        if (std::fclose(file_) != 0) fail();
        file_ = nullptr;
        if (!has_tracks_) remove_empty();
        return fault_;
    }

private:
    struct Block {
        std::uint8_t track = 0;
        bool key = false;
        std::int64_t at = 0;  // milliseconds
        Bytes bytes;
    };
    struct Cue {
        std::int64_t at = 0;
        std::uint8_t track = 0;
        std::uint64_t position = 0;
    };

    static constexpr std::size_t seek_head_bytes = 96;
    static constexpr std::size_t duration_bytes = 11;  // id, size and a double

    media::Fault cannot_add() const { return file_ == nullptr ? "the recording is closed" : fault_; }

    void fail() {
        if (fault_.empty()) fault_ = settings_.path + ": " + std::strerror(errno);
    }

    // A file that holds nothing is none that anybody can play.
    void remove_empty() const {
        std::error_code ignored;
        if (std::filesystem::is_regular_file(settings_.path, ignored)) std::filesystem::remove(settings_.path, ignored);
    }

    void write(BytesView bytes) {
        if (!fault_.empty()) return;
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail();
        written_ += bytes.size();
    }

    void overwrite(std::uint64_t at, BytesView bytes) {
        if (!fault_.empty()) return;
        if (std::fseek(file_, static_cast<long>(at), SEEK_SET) != 0 ||
            std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
            fail();
    }

    // Up to and including the tracks, which are known once the first key picture is there. nullptr: without video.
    void write_head(const VideoFrame* picture) {
        const bool is_webm = (picture == nullptr || *settings_.video == media::VideoCodec::vp8) &&
                             (!settings_.audio || *settings_.audio == media::AudioCodec::opus);
        EbmlWriter inside;
        inside.number(id::ebml_version, 1);
        inside.number(id::ebml_read_version, 1);
        inside.number(id::ebml_max_id_length, 4);
        inside.number(id::ebml_max_size_length, 8);
        inside.text(id::doc_type, is_webm ? "webm" : "matroska");
        inside.number(id::doc_type_version, 4);
        inside.number(id::doc_type_read_version, 2);
        EbmlWriter head;
        head.master(id::ebml, inside);
        head.begin_long(id::segment, EbmlWriter::unknown_size);  // until it is closed
        segment_ = head.size();
        head.gap(seek_head_bytes);
        info_ = head.size() - segment_;
        EbmlWriter info;
        info.number(id::timestamp_scale, 1'000'000);  // nanoseconds
        info.text(id::muxing_app, "volley");
        info.text(id::writing_app, "volley");
        // Last, and room only: how long it is turns out in the end.
        info.gap(duration_bytes);
        head.master(id::info, info);
        duration_ = head.size() - duration_bytes;
        tracks_ = head.size() - segment_;
        EbmlWriter tracks;
        if (picture != nullptr) tracks.master(id::track_entry, describe_video(*picture));
        if (settings_.audio) tracks.master(id::track_entry, describe_audio());
        head.master(id::tracks, tracks);
        write(head.view());
        has_tracks_ = true;
        shows_video_ = picture != nullptr;
        for (Block& block : waiting_) add_block(std::move(block));
        waiting_.clear();
    }

    EbmlWriter describe_video(const VideoFrame& picture) const {
        constexpr std::uint8_t type = 1;
        EbmlWriter out =
            track(video_track, type, *settings_.video == media::VideoCodec::vp8 ? "V_VP8" : "V_MPEG4/ISO/AVC", picture.setup);
        EbmlWriter size;
        size.number(id::pixel_width, picture.width);
        size.number(id::pixel_height, picture.height);
        out.master(id::video, size);
        return out;
    }

    EbmlWriter describe_audio() const {
        constexpr std::uint8_t type = 2;
        const bool is_opus = *settings_.audio == media::AudioCodec::opus;
        const media::AudioFormat format = media::format_of(*settings_.audio);
        EbmlWriter out =
            track(audio_track, type, is_opus ? "A_OPUS" : "A_MS/ACM", is_opus ? opus_head() : wave_format(*settings_.audio));
        if (is_opus) {
            constexpr std::uint64_t nanoseconds = 1'000'000'000;
            out.number(id::codec_delay, opus_pre_skip * nanoseconds / 48'000);
            out.number(id::seek_pre_roll, 80'000'000);  // nanoseconds, as WebM has it
        }
        EbmlWriter sound;
        sound.real(id::sampling_frequency, format.rate);
        sound.number(id::channels, static_cast<std::uint64_t>(format.channels));
        out.master(id::audio, sound);
        return out;
    }

    void add_block(Block block) {
        constexpr std::int64_t longest_ms = 5'000;
        constexpr std::size_t largest = 4UL * 1024 * 1024;
        const bool starts = block.key && block.track == video_track;
        if (in_cluster_ && (starts || block.at - cluster_at_ > longest_ms || cluster_.size() > largest)) end_cluster();
        if (!in_cluster_) {
            in_cluster_ = true;
            cluster_at_ = block.at;
            cluster_ = {};
            cluster_.number(id::timestamp, static_cast<std::uint64_t>(cluster_at_));
            // Where one can begin to watch, or to listen where there is nothing to be seen.
            if (starts || !shows_video_) cues_.push_back({block.at, block.track, written_ - segment_});
        }
        // The two streams are not of one mind about the time: what is far behind is held up.
        constexpr std::int64_t farthest = 30'000;
        const std::int64_t relative = std::max(block.at - cluster_at_, -farthest);
        constexpr std::uint8_t key_flag = 0x80;
        ByteWriter head;
        head.u8(static_cast<std::uint8_t>(0x80U | block.track));
        head.u16(static_cast<std::uint16_t>(static_cast<std::int16_t>(relative)));
        head.u8(block.key ? key_flag : 0);
        head.bytes(block.bytes);
        cluster_.binary(id::simple_block, head.view());
        end_ms_ = std::max(end_ms_, block.at + 1);
    }

    void end_cluster() {
        if (!in_cluster_) return;
        in_cluster_ = false;
        EbmlWriter head;
        head.begin(id::cluster, cluster_.size());
        write(head.view());
        write(cluster_.view());
        if (fault_.empty() && std::fflush(file_) != 0) fail();
    }

    void write_cues() {
        EbmlWriter all;
        for (const Cue& cue : cues_) {
            EbmlWriter where;
            where.number(id::cue_track, cue.track);
            where.number(id::cue_cluster_position, cue.position);
            EbmlWriter point;
            point.number(id::cue_time, static_cast<std::uint64_t>(cue.at));
            point.master(id::cue_track_positions, where);
            all.master(id::cue_point, point);
        }
        cues_position_ = written_ - segment_;
        if (cues_.empty()) return;
        EbmlWriter out;
        out.master(id::cues, all);
        write(out.view());
    }

    void finish_head() {
        EbmlWriter seeks;
        const auto seek = [&](std::uint32_t what, std::uint64_t position) {
            ByteWriter name;
            name.u32(what);
            EbmlWriter entry;
            entry.binary(id::seek_id, name.view());
            entry.number(id::seek_position, position);
            seeks.master(id::seek, entry);
        };
        seek(id::info, info_);
        seek(id::tracks, tracks_);
        if (!cues_.empty()) seek(id::cues, cues_position_);
        EbmlWriter head;
        head.master(id::seek_head, seeks);
        head.gap(seek_head_bytes - head.size());
        overwrite(segment_, head.view());
        EbmlWriter duration;
        duration.real(id::duration, static_cast<double>(end_ms_));
        overwrite(duration_, duration.view());
        EbmlWriter segment;
        segment.begin_long(id::segment, written_ - segment_);
        overwrite(segment_ - segment.size(), segment.view());
    }

    std::FILE* file_;
    media::RecorderSettings settings_;
    media::Fault fault_;
    Line video_line_;
    Line audio_line_;
    bool has_tracks_ = false;
    bool shows_video_ = false;
    std::deque<Block> waiting_;
    std::uint64_t written_ = 0;
    std::uint64_t segment_ = 0;  // where its first element begins; the next three count from there
    std::uint64_t info_ = 0;
    std::uint64_t tracks_ = 0;
    std::uint64_t cues_position_ = 0;
    std::uint64_t duration_ = 0;  // in the file
    bool in_cluster_ = false;
    std::int64_t cluster_at_ = 0;
    EbmlWriter cluster_;
    std::int64_t end_ms_ = 0;
    std::vector<Cue> cues_;
};

}  // namespace

media::Made<media::Recorder> open_recorder(const media::RecorderSettings& settings) {
    if (!settings.video && !settings.audio) return {nullptr, "a recording of neither video nor audio"};
    std::FILE* file = std::fopen(settings.path.c_str(), "wbe");
    if (file == nullptr) return {nullptr, settings.path + ": " + std::strerror(errno)};
    return {std::make_unique<Matroska>(file, settings), {}};
}

}  // namespace volley::media_plugin
