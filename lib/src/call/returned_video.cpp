#include "call/returned_video.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include <volley/error.hpp>

#include "media/load.hpp"
#include "media/transforms.hpp"
#include "picture/png.hpp"
#include "picture/strip.hpp"
#include "picture/transform_score.hpp"

namespace volley::call {
namespace {

constexpr std::uint32_t video_clock = 90'000;
constexpr std::uint32_t keep_after = video_clock;      // encoders need a moment to settle
constexpr std::uint32_t keep_every = video_clock / 2;  // far enough apart for what moves with time
constexpr std::array<std::string_view, 3> still_transforms{"none", "cartoon", "edges"};  // and `rotate`, which turns

}  // namespace

ReturnedVideo::ReturnedVideo(std::shared_ptr<const FrameLoop> loop, std::function<void()> there_is)
    : there_is_(std::move(there_is)), loop_(std::move(loop)) {}

void ReturnedVideo::set_loop(std::shared_ptr<const FrameLoop> loop) {
    const std::scoped_lock lock(mutex_);
    loop_ = std::move(loop);
}

bool ReturnedVideo::put(media::VideoCodec codec, CodedPicture picture) {
    const std::scoped_lock lock(mutex_);
    if (picture.key) until_key_ = false;
    if (!until_key_ && waiting_.size() >= most_waiting) {
        seen_.dropped += waiting_.size();
        waiting_.clear();
        until_key_ = !picture.key;
    }
    if (until_key_) {
        ++seen_.dropped;
        return false;
    }
    waiting_.push_back({codec, std::move(picture)});
    return true;
}

ReturnedVideo::Output ReturnedVideo::take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(output_, {});
}

ReturnedVideo::Seen ReturnedVideo::seen() const {
    const std::scoped_lock lock(mutex_);
    return seen_;
}

std::vector<KeptPicture> ReturnedVideo::take_kept() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(kept_, {});
}

bool ReturnedVideo::idle() const {
    const std::scoped_lock lock(mutex_);
    return !running_ && waiting_.empty();
}

bool ReturnedVideo::make_decoder(media::VideoCodec codec) {
    if (given_up_) return false;
    if (decoder_ && decoding_ == codec) return true;
    decoder_.reset();
    decoding_ = codec;
    const auto& loaded = media::plugin();
    std::string fault = loaded.fault;
    if (loaded.plugin != nullptr) {
        auto made = loaded.plugin->make_video_decoder(codec);
        decoder_ = std::move(made.made);
        fault = std::move(made.fault);
    }
    if (decoder_) return true;
    fail(std::move(fault));
    return false;
}

void ReturnedVideo::fail(std::string why) {
    given_up_ = true;
    decoder_.reset();
    {
        const std::scoped_lock lock(mutex_);
        running_ = false;
        output_.fault = std::move(why);
    }
    there_is_();
}

std::optional<std::uint32_t> ReturnedVideo::code_of(const picture::PictureView& picture) {
    if (read_ == nullptr || read_->layout.bits == 0) return std::nullopt;
    if (!rings_ || rings_->width() != picture.width || rings_->height() != picture.height)
        rings_.emplace(read_->layout, picture.width, picture.height);
    const auto reading = rings_->read(picture);
    if (!reading || reading->confidence < picture::RingReading::clear) return std::nullopt;
    return reading->code;
}

void ReturnedVideo::keep(const CodedPicture& coded, const picture::PictureView& picture, std::optional<std::uint32_t> code) {
    if (!first_timestamp_) first_timestamp_ = coded.timestamp;
    if (coded.timestamp - *first_timestamp_ < keep_after) return;
    if (last_kept_ && coded.timestamp - *last_kept_ < keep_every) return;
    const std::scoped_lock lock(mutex_);
    if (kept_.size() >= most_kept) return;
    last_kept_ = coded.timestamp;
    kept_.push_back({coded.timestamp, code, picture::Picture(picture)});
}

void ReturnedVideo::run() {
    std::deque<Waiting> pictures;
    {
        const std::scoped_lock lock(mutex_);
        pictures.swap(waiting_);
        running_ = true;
        read_ = loop_;
    }
    Output out;
    Seen seen;
    for (const auto& [codec, coded] : pictures) {
        if (!make_decoder(codec)) break;
        const auto decoded = decoder_->decode(coded.bytes);
        if (!decoded.fault.empty()) {
            ++seen.undecodable;
            out.wants_key = true;
            continue;
        }
        if (decoded.picture.empty()) continue;
        // The picture is there now; what is read off it is our own doing.
        const TimePoint at = Clock::now();
        if (width_ > 0 && (decoded.picture.width != width_ || decoded.picture.height != height_)) {
            ++seen.resized;
            width_before_ = width_;
            height_before_ = height_;
        }
        width_ = decoded.picture.width;
        height_ = decoded.picture.height;
        const auto code = code_of(decoded.picture);
        out.frames.push_back({coded.timestamp, at, code});
        keep(coded, decoded.picture, code);
    }
    const bool tells = !out.frames.empty() || out.wants_key;
    {
        const std::scoped_lock lock(mutex_);
        running_ = false;
        for (auto& frame : out.frames) output_.frames.push_back(frame);
        output_.wants_key = output_.wants_key || out.wants_key;
        seen_.undecodable += seen.undecodable;
        seen_.resized += seen.resized;
        seen_.width = width_;
        seen_.height = height_;
        seen_.width_before = width_before_;
        seen_.height_before = height_before_;
    }
    if (tells) there_is_();
}

metrics::TransformSeen look_at(const std::vector<KeptPicture>& kept, const FrameLoop& loop,
                               const std::function<std::optional<std::size_t>(const KeptPicture&)>& index_of) {
    struct Made {
        picture::Picture sent;
        std::array<picture::Picture, still_transforms.size()> candidates;
    };
    metrics::TransformSeen out;
    std::deque<Made> made;  // stays where it is: probes point into it
    std::vector<picture::TransformProbe> probes;
    for (const auto& one : kept) {
        const auto index = index_of(one);
        auto sent = index ? loop.picture_of(*index) : std::nullopt;
        if (!sent) continue;
        auto& mine = made.emplace_back();
        mine.sent = std::move(*sent);
        picture::TransformProbe probe;
        probe.sent = mine.sent.view();
        probe.returned = one.picture.view();
        probe.seconds = static_cast<double>(static_cast<std::int32_t>(one.timestamp - kept.front().timestamp)) / video_clock;
        for (std::size_t i = 0; i < still_transforms.size(); ++i) {
            auto transform = media::make_transform(still_transforms[i]);
            if (!transform.made || !transform.made->apply(mine.sent.view(), 0, mine.candidates[i]).empty()) continue;
            probe.candidates.push_back({std::string(still_transforms[i]), mine.candidates[i].view()});
        }
        probes.push_back(std::move(probe));
    }
    if (probes.empty()) return out;
    const auto verdict = picture::score_transforms(probes);
    out.seen = verdict.name;
    out.margin = verdict.margin;
    out.pictures = probes.size();
    for (const auto& score : verdict.scores) out.scores.push_back({score.name, score.correlation});
    return out;
}

namespace {

std::string write_png(const std::filesystem::path& path, const picture::RgbImage& image) {
    const Bytes bytes = picture::png_of(image.width, image.height, image.rgb);
    errno = 0;
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    return file ? std::string() : path.string() + ": " + (errno != 0 ? std::strerror(errno) : "cannot be written");
}

}  // namespace

std::string save_pictures(const std::string& folder, const std::vector<KeptPicture>& kept, const FrameLoop* loop,
                          const std::function<std::optional<std::size_t>(const KeptPicture&)>& index_of) {
    std::error_code ec;
    std::filesystem::create_directories(folder, ec);
    if (ec) return folder + ": " + ec.message();
    std::deque<picture::Picture> sent;
    std::vector<picture::StripPair> pairs;
    std::size_t number = 0;
    for (const auto& one : kept) {
        const auto index = index_of(one);
        auto picture = index && loop != nullptr ? loop->picture_of(*index) : std::nullopt;
        const auto& mine = sent.emplace_back(picture ? std::move(*picture) : picture::Picture());
        pairs.push_back({mine.view(), one.picture.view()});
        ++number;
        const std::filesystem::path at(folder);
        if (!mine.empty())
            if (auto fault = write_png(at / fmt::format("{:02}-sent.png", number), picture::rgb_of(mine)); !fault.empty())
                return fault;
        if (auto fault = write_png(at / fmt::format("{:02}-returned.png", number), picture::rgb_of(one.picture)); !fault.empty())
            return fault;
    }
    return write_png(std::filesystem::path(folder) / "strip.png", picture::strip(pairs));
}

}  // namespace volley::call
