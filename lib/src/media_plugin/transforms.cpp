#include "media_plugin/transforms.hpp"

#include <array>
#include <cstring>
#include <exception>

#include <opencv2/core.hpp>
#include <opencv2/core/version.hpp>
#include <opencv2/imgproc.hpp>

namespace volley::media_plugin {
namespace {

using picture::Picture;
using picture::PictureView;

constexpr int round_up(int side, int step) noexcept { return (side + step - 1) / step * step; }

void copy_plane(const picture::Plane& from, std::uint8_t* to, int stride) noexcept {
    for (int y = 0; y < from.height; ++y)
        std::memcpy(to + static_cast<std::ptrdiff_t>(y) * stride, from.row(y).data(), from.row(y).size());
}

/// A picture as the example has it, 8-bit blue, green and red, and back. OpenCV converts I420 of even sides only, in one block: an odd last column
/// or row is doubled on the way there and left out on the way back.
class Converter {
public:
    /// @return of the picture's size, and not to be kept. May be written to.
    cv::Mat to_bgr(const PictureView& in) {
        width_ = in.width;
        height_ = in.height;
        const int even_width = round_up(width_, 2);
        const int even_height = round_up(height_, 2);
        block_.create(even_height / 2 * 3, even_width, CV_8UC1);
        const picture::Plane luma = in.plane(picture::plane_y);
        std::uint8_t* y = block_.data;
        copy_plane(luma, y, even_width);
        if (even_width > width_)
            for (int row = 0; row < height_; ++row)
                y[static_cast<std::ptrdiff_t>(row) * even_width + width_] = luma.row(row).back();
        if (even_height > height_) {
            std::uint8_t* last = y + static_cast<std::ptrdiff_t>(height_ - 1) * even_width;
            std::memcpy(last + even_width, last, static_cast<std::size_t>(even_width));
        }
        std::uint8_t* u = y + static_cast<std::ptrdiff_t>(even_width) * even_height;
        std::uint8_t* v = u + static_cast<std::ptrdiff_t>(even_width / 2) * (even_height / 2);
        copy_plane(in.plane(picture::plane_u), u, even_width / 2);
        copy_plane(in.plane(picture::plane_v), v, even_width / 2);
        cv::cvtColor(block_, bgr_, cv::COLOR_YUV2BGR_I420);
        return bgr_(cv::Rect(0, 0, width_, height_));
    }

    /// @param bgr  of the size that to_bgr() was given.
    void from_bgr(const cv::Mat& bgr, Picture& out) {
        const int even_width = round_up(width_, 2);
        const int even_height = round_up(height_, 2);
        const cv::Mat* whole = &bgr;
        if (even_width != width_ || even_height != height_) {
            cv::copyMakeBorder(bgr, padded_, 0, even_height - height_, 0, even_width - width_, cv::BORDER_REPLICATE);
            whole = &padded_;
        }
        cv::cvtColor(*whole, block_, cv::COLOR_BGR2YUV_I420);
        if (out.width() != width_ || out.height() != height_) out = Picture(width_, height_);
        const std::uint8_t* y = block_.data;
        const std::uint8_t* u = y + static_cast<std::ptrdiff_t>(even_width) * even_height;
        const std::uint8_t* v = u + static_cast<std::ptrdiff_t>(even_width / 2) * (even_height / 2);
        PictureView view;
        view.width = width_;
        view.height = height_;
        view.data = {y, u, v};
        view.stride = {even_width, even_width / 2, even_width / 2};
        for (const auto i : {picture::plane_y, picture::plane_u, picture::plane_v}) {
            const picture::MutablePlane plane = out.plane(i);
            copy_plane(view.plane(i), plane.data, plane.stride);
        }
    }

private:
    int width_ = 0;
    int height_ = 0;
    cv::Mat block_;
    cv::Mat bgr_;
    cv::Mat padded_;
};

class None final : public media::Transform {
public:
    media::Fault apply(const PictureView& in, double, Picture& out) override {
        out.copy_from(in);
        return {};
    }
};

/// One that works on blue, green and red.
class ColourTransform : public media::Transform {
public:
    media::Fault apply(const PictureView& in, double seconds, Picture& out) final {
        if (!picture::is_possible_size(in.width, in.height)) return "no picture to transform";
        try {
            converter_.from_bgr(run(converter_.to_bgr(in), seconds), out);
        } catch (const std::exception& e) {
            return std::string("OpenCV cannot transform the picture: ") + e.what();
        }
        return {};
    }

protected:
    /// @return of the same size.
    virtual cv::Mat run(const cv::Mat& image, double seconds) = 0;

private:
    Converter converter_;
};

class Cartoon final : public ColourTransform {
    cv::Mat run(const cv::Mat& original, double) override {
        // Halving twice and doubling twice gives the same size back for multiples of four alone (the example fails for others): the right and
        // lower edges go on, and are cut off in the end.
        const int width = round_up(original.cols, 4);
        const int height = round_up(original.rows, 4);
        cv::Mat image = original;
        if (width != original.cols || height != original.rows) {
            cv::copyMakeBorder(original, padded_, 0, height - original.rows, 0, width - original.cols, cv::BORDER_REPLICATE);
            image = padded_;
        }
        cv::pyrDown(image, half_);
        cv::pyrDown(half_, small_);
        constexpr int passes = 6;
        for (int i = 0; i < passes; ++i) {
            cv::bilateralFilter(small_, filtered_, 9, 9, 7);
            cv::swap(small_, filtered_);
        }
        cv::pyrUp(small_, half_);
        cv::pyrUp(half_, colour_);
        cv::cvtColor(image, edges_, cv::COLOR_RGB2GRAY);  // of what is BGR: so does the example
        cv::medianBlur(edges_, blurred_, 7);
        cv::adaptiveThreshold(blurred_, edges_, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY, 9, 2);
        cv::cvtColor(edges_, lines_, cv::COLOR_GRAY2RGB);
        cv::bitwise_and(colour_, lines_, colour_);
        return colour_(cv::Rect(0, 0, original.cols, original.rows));
    }

    cv::Mat padded_;
    cv::Mat half_;
    cv::Mat small_;
    cv::Mat filtered_;
    cv::Mat colour_;
    cv::Mat edges_;
    cv::Mat blurred_;
    cv::Mat lines_;
};

class Edges final : public ColourTransform {
    cv::Mat run(const cv::Mat& image, double) override {
        cv::Canny(image, edges_, 100, 200);
        cv::cvtColor(edges_, lines_, cv::COLOR_GRAY2BGR);
        return lines_;
    }

    cv::Mat edges_;
    cv::Mat lines_;
};

class Rotate final : public ColourTransform {
    cv::Mat run(const cv::Mat& image, double seconds) override {
        constexpr double degrees_a_second = 45;
        const cv::Point2f centre(static_cast<float>(image.cols) / 2, static_cast<float>(image.rows) / 2);
        cv::warpAffine(image, turned_, cv::getRotationMatrix2D(centre, seconds * degrees_a_second, 1), image.size());
        return turned_;
    }

    cv::Mat turned_;
};

template <class T>
std::unique_ptr<media::Transform> make() {
    return std::make_unique<T>();
}

struct Known {
    std::string_view name;
    std::unique_ptr<media::Transform> (*make)();
};
constexpr std::array<Known, 4> known{
    {{"none", &make<None>}, {"cartoon", &make<Cartoon>}, {"edges", &make<Edges>}, {"rotate", &make<Rotate>}}};

}  // namespace

std::vector<std::string> transform_names() {
    std::vector<std::string> names;
    for (const Known& transform : known) names.emplace_back(transform.name);
    return names;
}

media::Made<media::Transform> make_transform(std::string_view name) {
    for (const Known& transform : known)
        if (transform.name == name) return {transform.make(), {}};
    return {nullptr, "there is no such transform"};
}

std::string transforms_library() { return "OpenCV " CV_VERSION; }

void use_one_thread() { cv::setNumThreads(1); }

}  // namespace volley::media_plugin
