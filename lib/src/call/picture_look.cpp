#include "call/picture_look.hpp"

#include <utility>

namespace volley::call {

PictureLook::PictureLook(std::vector<KeptPicture> kept, std::vector<std::optional<std::size_t>> places,
                         std::shared_ptr<const FrameLoop> loop, std::string folder)
    : kept_(std::move(kept)), places_(std::move(places)), loop_(std::move(loop)), folder_(std::move(folder)) {}

std::optional<PictureLook::Found> PictureLook::found() const {
    const std::scoped_lock lock(mutex_);
    return found_;
}

void PictureLook::run() {
    const auto place = [this](const KeptPicture& one) { return places_[static_cast<std::size_t>(&one - kept_.data())]; };
    Found found;
    if (loop_) found.transform = look_at(kept_, *loop_, place);
    if (!folder_.empty() && !kept_.empty()) found.unwritten = save_pictures(folder_, kept_, loop_.get(), place);
    if (!folder_.empty() && found.unwritten.empty()) found.saved = kept_.size();
    const std::scoped_lock lock(mutex_);
    found_ = std::move(found);
}

void PictureLook::fail(std::string why) {
    const std::scoped_lock lock(mutex_);
    auto& found = found_.emplace();
    if (folder_.empty())
        found.fault = std::move(why);
    else
        found.unwritten = folder_ + ": " + why;
}

}  // namespace volley::call
