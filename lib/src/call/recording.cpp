#include "call/recording.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "media/load.hpp"

namespace volley::call {

Recording::Recording(FrameWorkers& workers, std::string path, std::optional<media::VideoCodec> video,
                     std::optional<media::AudioCodec> audio)
    : workers_(workers), path_(std::move(path)), video_(video), audio_(audio) {}

void Recording::add_video(media::VideoCodec codec, BytesView picture, std::uint32_t timestamp, TimePoint at) {
    if (video_ == codec) {
        add(true, picture, timestamp, at);
        return;
    }
    const std::scoped_lock lock(mutex_);
    ++left_out_;
}

void Recording::add_audio(media::AudioCodec codec, BytesView payload, std::uint32_t timestamp, TimePoint at) {
    if (audio_ == codec) {
        add(false, payload, timestamp, at);
        return;
    }
    const std::scoped_lock lock(mutex_);
    ++left_out_;
}

void Recording::add(bool is_video, BytesView bytes, std::uint32_t timestamp, TimePoint at) {
    {
        const std::scoped_lock lock(mutex_);
        if (closing_ || !fault_.empty() || waiting_bytes_ + bytes.size() > most_waiting_bytes) {
            ++left_out_;
            return;
        }
        if (!began_) began_ = at;
        waiting_bytes_ += bytes.size();
        waiting_.push_back({is_video, timestamp, to_seconds(at - *began_), Bytes(bytes.begin(), bytes.end())});
    }
    workers_.want(shared_from_this());
}

void Recording::close() {
    {
        const std::scoped_lock lock(mutex_);
        if (std::exchange(closing_, true)) return;
    }
    workers_.want(shared_from_this());
}

std::string Recording::fault() const {
    const std::scoped_lock lock(mutex_);
    return fault_;
}

std::uint64_t Recording::left_out() const {
    const std::scoped_lock lock(mutex_);
    return left_out_;
}

bool Recording::closed() const {
    const std::scoped_lock lock(mutex_);
    return closed_;
}

bool Recording::wrote() const {
    const std::scoped_lock lock(mutex_);
    return wrote_;
}

media::Fault Recording::write(const Piece& piece) {
    if (!recorder_) {
        const auto& loaded = media::plugin();
        if (loaded.plugin == nullptr) return loaded.fault;
        auto opened = loaded.plugin->open_recorder({path_, video_, audio_});
        if (!opened.made) return std::move(opened.fault);
        recorder_ = std::move(opened.made);
    }
    return piece.is_video ? recorder_->add_video(piece.bytes, piece.timestamp, piece.seconds)
                          : recorder_->add_audio(piece.bytes, piece.timestamp, piece.seconds);
}

void Recording::run() {
    std::deque<Piece> pieces;
    bool closing = false;
    {
        const std::scoped_lock lock(mutex_);
        pieces.swap(waiting_);
        waiting_bytes_ = 0;
        closing = closing_ && !closed_;
    }
    media::Fault fault;
    for (const auto& piece : pieces) {
        fault = write(piece);
        if (!fault.empty()) break;
    }
    if (closing && recorder_ && fault.empty()) fault = recorder_->close();
    std::error_code ignored;
    const bool wrote = closing && recorder_ && fault.empty() && std::filesystem::exists(path_, ignored);
    const std::scoped_lock lock(mutex_);
    wrote_ = wrote_ || wrote;
    if (fault_.empty()) fault_ = std::move(fault);
    if (closing) closed_ = true;
}

void Recording::fail(std::string why) {
    recorder_.reset();
    const std::scoped_lock lock(mutex_);
    if (fault_.empty()) fault_ = std::move(why);
    closed_ = closing_;
}

}  // namespace volley::call
