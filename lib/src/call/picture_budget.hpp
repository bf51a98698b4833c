// How large the pictures of peers may be that are decoded here, one by one and those of all calls together.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "media/plugin.hpp"

namespace volley::call {

/// In pixels. Some 58 bytes are taken for each while a call lasts: by the decoder, the encoder, the transform, and what waits between the three.
struct PictureLimits {
    static constexpr std::size_t usual = std::size_t{1920} * 1200;
    std::size_t one = usual;
    std::size_t all = std::size_t{32} << 20;  ///< sum over all calls of the largest picture of each

    /// Half of the memory that this process may use for all of them, but never less than what ten of the usual limit take, or one of `one`.
    /// @param processes  that share it, evenly; at least 1
    [[nodiscard]] static PictureLimits of_this_machine(unsigned processes = 1, std::size_t one = usual);
};

/// Thread safety: every member from any thread.
class PictureBudget {
public:
    explicit PictureBudget(PictureLimits limits = PictureLimits::of_this_machine()) : limits_(limits) {}
    PictureBudget(const PictureBudget&) = delete;
    PictureBudget& operator=(const PictureBudget&) = delete;
    ~PictureBudget() = default;

    [[nodiscard]] const PictureLimits& limits() const noexcept { return limits_; }
    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

private:
    friend class PictureShare;
    [[nodiscard]] bool take(std::size_t pixels) noexcept;
    void give_back(std::size_t pixels) noexcept { taken_ -= pixels; }

    const PictureLimits limits_;
    std::atomic<std::size_t> taken_ = 0;
};

struct PictureSize {
    std::size_t width = 0;
    std::size_t height = 0;
};
/// What a coded picture says of its size, before a decoder takes memory for it; of several the largest. Nothing: it goes on with the size that there
/// is, or is none.
[[nodiscard]] std::optional<PictureSize> size_of_coded(media::VideoCodec codec, BytesView picture);

/// What one call has of a budget. Thread safety: as a plain value. Lifetime: not longer than the budget.
class PictureShare {
public:
    explicit PictureShare(PictureBudget& budget) noexcept : budget_(budget) {}
    PictureShare(const PictureShare&) = delete;
    PictureShare& operator=(const PictureShare&) = delete;
    ~PictureShare() { release(); }

    /// What a smaller picture leaves free is kept: codecs keep it as well.
    /// @return why such a picture must not be decoded; empty where it may.
    [[nodiscard]] media::Fault admit(const PictureSize& size);
    void release() noexcept;

private:
    PictureBudget& budget_;
    std::size_t pixels_ = 0;
};

}  // namespace volley::call
