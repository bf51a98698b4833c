// One picture as it is coded.
#pragma once

#include <cstdint>

#include <volley/time.hpp>

#include "base/bytes.hpp"

namespace volley::call {

/// Of either direction.
struct CodedPicture {
    Bytes bytes;
    std::uint32_t timestamp = 0;  ///< of RTP, 90,000 a second
    bool key = false;
    TimePoint came{};  ///< when it was there, whole and in turn
};

}  // namespace volley::call
