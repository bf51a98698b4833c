// RTP's timestamps without their end.
#pragma once

#include <cstdint>

namespace volley::media_plugin {

/// Makes of numbers modulo 2^32 ones that go on: each is taken for the nearest to the one before. The first is 0.
class Unwrapper {
public:
    std::int64_t operator()(std::uint32_t timestamp) noexcept {
        if (any_) at_ += static_cast<std::int32_t>(timestamp - last_);
        any_ = true;
        last_ = timestamp;
        return at_;
    }

private:
    bool any_ = false;
    std::uint32_t last_ = 0;
    std::int64_t at_ = 0;
};

}  // namespace volley::media_plugin
