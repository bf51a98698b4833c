// What comes on a call, written to a file by a thread beside the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "call/frame_workers.hpp"
#include "media/plugin.hpp"

namespace volley::call {

/// Opens its file with the first picture or packet that it is given; the codecs that come are told beforehand, since a file says at its
/// beginning what is in it. A codec that changes within a call is not followed: those pictures are left out and counted.
/// Thread safety: every member from any thread, run() aside.
class Recording final : public FrameWork, public std::enable_shared_from_this<Recording> {
public:
    static constexpr std::size_t most_waiting_bytes = std::size_t{16} << 20;  ///< a disk that is slower loses what comes then

    /// @param workers  do the writing; they outlive this object
    Recording(FrameWorkers& workers, std::string path, std::optional<media::VideoCodec> video,
              std::optional<media::AudioCodec> audio);

    /// @param picture  whole, as it is coded
    void add_video(media::VideoCodec codec, BytesView picture, std::uint32_t timestamp, TimePoint at);
    void add_audio(media::AudioCodec codec, BytesView payload, std::uint32_t timestamp, TimePoint at);
    /// Writes what is left, then nothing more.
    void close();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Why nothing, or nothing more, is written; empty where it is.
    [[nodiscard]] std::string fault() const;
    [[nodiscard]] std::uint64_t left_out() const;
    /// The file is whole, or there is none.
    [[nodiscard]] bool closed() const;
    /// Once it is closed: there is something in it.
    [[nodiscard]] bool wrote() const;

    void run() override;
    void fail(std::string why) override;
    [[nodiscard]] bool must_end() const override { return true; }

private:
    struct Piece {
        bool is_video = false;
        std::uint32_t timestamp = 0;
        double seconds = 0;
        Bytes bytes;
    };
    void add(bool is_video, BytesView bytes, std::uint32_t timestamp, TimePoint at);
    [[nodiscard]] media::Fault write(const Piece& piece);

    FrameWorkers& workers_;
    const std::string path_;
    const std::optional<media::VideoCodec> video_;
    const std::optional<media::AudioCodec> audio_;

    mutable std::mutex mutex_;
    std::deque<Piece> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::optional<TimePoint> began_;
    std::string fault_;
    std::uint64_t left_out_ = 0;
    bool closing_ = false;
    bool closed_ = false;
    bool wrote_ = false;

    std::unique_ptr<media::Recorder> recorder_;  // of run() alone
};

}  // namespace volley::call
