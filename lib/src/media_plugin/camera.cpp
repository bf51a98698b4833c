#include "media_plugin/camera.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace volley::media_plugin {
namespace {

/// Cameras need a moment to begin.
constexpr auto patience = std::chrono::seconds(5);
constexpr int look_again_ms = 20;
constexpr double most_frames_per_second = 240;

std::string words_of(int error) { return std::strerror(error); }

class Camera final : public media::PictureSource {
public:
    /// @param device  libv4l2's, which is this object's now.
    explicit Camera(int device) : device_(device) {}
    ~Camera() override { v4l2_close(device_); }
    Camera(const Camera&) = delete;
    Camera& operator=(const Camera&) = delete;

    /// @return what is wrong; empty where nothing is.
    media::Fault configure(const media::CameraSettings& settings) {
        v4l2_format format{};
        format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        format.fmt.pix.width = static_cast<std::uint32_t>(settings.width);
        format.fmt.pix.height = static_cast<std::uint32_t>(settings.height);
        format.fmt.pix.pixelformat = V4L2_PIX_FMT_YUV420;
        format.fmt.pix.field = V4L2_FIELD_ANY;
        if (v4l2_ioctl(device_, VIDIOC_S_FMT, &format) != 0) return "its format cannot be set: " + words_of(errno);
        const auto& got = format.fmt.pix;
        if (got.pixelformat != V4L2_PIX_FMT_YUV420) return "it gives no format that becomes I420";
        if (got.width > picture::largest_side || got.height > picture::largest_side) return "its pictures are larger than 4096";
        width_ = static_cast<int>(got.width);
        height_ = static_cast<int>(got.height);
        if (!picture::is_possible_size(width_, height_)) return "its pictures have no size";
        stride_ = std::max(static_cast<int>(got.bytesperline), width_);
        const auto chroma = static_cast<std::size_t>(stride_ / 2) * static_cast<std::size_t>(picture::chroma_side(height_));
        luma_bytes_ = static_cast<std::size_t>(stride_) * static_cast<std::size_t>(height_);
        chroma_bytes_ = chroma;
        buffer_.resize(std::max<std::size_t>(luma_bytes_ + 2 * chroma, got.sizeimage));

        v4l2_streamparm rate{};
        rate.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        rate.parm.capture.timeperframe = {1000, static_cast<std::uint32_t>(std::lround(settings.frames_per_second * 1000))};
        if (v4l2_ioctl(device_, VIDIOC_S_PARM, &rate) != 0) return {};  // it has one rate, and does not say which
        const auto& time = rate.parm.capture.timeperframe;
        if (time.numerator > 0 && time.denominator > 0)
            rate_ = std::clamp(static_cast<double>(time.denominator) / time.numerator, 1.0, most_frames_per_second);
        return {};
    }

    double frames_per_second() const override { return rate_; }

    media::SourcePicture next() override {
        const auto until = std::chrono::steady_clock::now() + patience;
        for (;;) {
            const ssize_t got = v4l2_read(device_, buffer_.data(), buffer_.size());
            if (got >= 0 && static_cast<std::size_t>(got) < luma_bytes_ + 2 * chroma_bytes_)
                return {{}, "it gave half a picture"};
            if (got >= 0) return {view(), {}};
            if (errno != EAGAIN && errno != EINTR) return {{}, words_of(errno)};
            if (std::chrono::steady_clock::now() >= until) return {{}, "no picture came in 5 s"};
            // Before the first picture there may be nothing to wait for, and poll says so at once.
            pollfd one{device_, POLLIN, 0};
            if (poll(&one, 1, look_again_ms) > 0 && (one.revents & POLLIN) == 0) usleep(look_again_ms * 1000);
        }
    }

private:
    [[nodiscard]] picture::PictureView view() const {
        const auto* const data = buffer_.data();
        return {
            width_, height_, {data, data + luma_bytes_, data + luma_bytes_ + chroma_bytes_}, {stride_, stride_ / 2, stride_ / 2}};
    }

    int device_;
    int width_ = 0;
    int height_ = 0;
    int stride_ = 0;
    double rate_ = 30;
    std::size_t luma_bytes_ = 0;
    std::size_t chroma_bytes_ = 0;
    std::vector<std::uint8_t> buffer_;
};

/// What a file is that was opened as a camera; empty where it is one.
media::Fault what_is_wrong(int file) {
    v4l2_capability able{};
    if (ioctl(file, VIDIOC_QUERYCAP, &able) != 0) return "this is no video device (V4L2)";
    const auto caps = (able.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? able.device_caps : able.capabilities;
    if ((caps & V4L2_CAP_VIDEO_CAPTURE) == 0) return "this device captures no video";
    return {};
}

}  // namespace

media::Made<media::PictureSource> open_camera(const media::CameraSettings& settings) {
    v4l2_log_file = nullptr;
    const int file = open(settings.path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return {nullptr, errno == ENOENT ? "there is no such device" : words_of(errno)};
    if (auto fault = what_is_wrong(file); !fault.empty()) {
        close(file);
        return {nullptr, std::move(fault)};
    }
    const int device = v4l2_fd_open(file, 0);
    if (device < 0) {
        auto fault = words_of(errno);
        close(file);
        return {nullptr, std::move(fault)};
    }
    auto camera = std::make_unique<Camera>(device);
    if (auto fault = camera->configure(settings); !fault.empty()) return {nullptr, std::move(fault)};
    return {std::move(camera), {}};
}

}  // namespace volley::media_plugin
