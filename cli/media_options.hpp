// What the flags of `volley offer` mean that are about video and audio.
#pragma once

#include <optional>
#include <string>

#include <volley/call/offer.hpp>

#include "raw_args.hpp"

namespace volley::cli {

class MediaReader {
public:
    /// Whether the flag is one of media; then `error` says what is wrong with it, if anything is.
    bool read(const TypedFlag& flag, std::optional<std::string>& error);
    /// What the flags came to. @return what does not fit together, in words, or nothing.
    [[nodiscard]] std::optional<std::string> put_together(call::OfferPlan& plan);

    /// A flag that was given and says what is sent, which who plays has no use for; empty: none was.
    [[nodiscard]] const std::string& of_sending() const noexcept { return of_sending_; }

private:
    call::VideoPlan video_;
    call::AudioPlan audio_;
    std::string record_;
    std::optional<std::size_t> decode_every_;
    bool sends_video_ = false;
    bool sends_audio_ = false;
    std::string needs_video_;  // a flag that was given and goes with --video
    std::string needs_audio_;
    bool has_size_ = false;  // or a rate of frames
    std::string of_sending_;
};

/// Files that a plan names and that cannot be read or written, before anything is sent. @return the first one, why, and what to do; or nothing.
[[nodiscard]] std::optional<std::string> check_files(const call::OfferPlan& plan);

}  // namespace volley::cli
