// Returned pictures of a call that is over, looked at on a thread beside the loop.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <volley/metrics/media_tally.hpp>

#include "call/frame_loop.hpp"
#include "call/frame_workers.hpp"
#include "call/returned_video.hpp"

namespace volley::call {

/// What comes of it.
struct PicturesFound {
    metrics::TransformSeen transform;  ///< but for what was asked for
    std::string fault;                 ///< why they were not looked at; empty where they were
    std::string unwritten;             ///< why not all could be saved; empty where all were, or none was to be
    std::size_t saved = 0;             ///< how many were
};

/// Tells which transform they show, and saves them. Thread safety: every member from any thread, run() aside.
class PictureLook final : public FrameWork {
public:
    /// @param places  for each picture that is kept the frame of the loop that it shows; nothing where that is not known.
    /// @param loop  nothing where none was sent: then they are only saved. @param folder  where they are saved; empty: nowhere.
    PictureLook(std::vector<KeptPicture> kept, std::vector<std::optional<std::size_t>> places,
                std::shared_ptr<const FrameLoop> loop, std::string folder);

    using Found = PicturesFound;
    /// Nothing while it is not through.
    [[nodiscard]] std::optional<Found> found() const;

    void run() override;
    void fail(std::string why) override;
    [[nodiscard]] bool must_end() const override { return !folder_.empty(); }

private:
    const std::vector<KeptPicture> kept_;
    const std::vector<std::optional<std::size_t>> places_;
    const std::shared_ptr<const FrameLoop> loop_;
    const std::string folder_;

    mutable std::mutex mutex_;
    std::optional<Found> found_;
};

}  // namespace volley::call
