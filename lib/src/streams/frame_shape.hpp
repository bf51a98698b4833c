// What the payload of one packet says of the frame that it belongs to: the one thing of a codec that receiving has to know.
#pragma once

#include <functional>

#include "base/bytes.hpp"
#include "proto/sdp/session.hpp"

namespace volley::streams {

struct PacketShape {
    /// Nothing of its frame comes before it. May stay false where the payload format does not tell: then a packet starts a frame that
    /// follows the last one of another.
    bool starts_frame = false;
    /// Nothing of its frame comes behind it; beside the marker, which says the same.
    bool ends_frame = false;
    /// Its frame can be decoded without another one. True in one packet of the frame is enough.
    bool key = false;
    /// It stands before the picture itself and is not needed for it, so that a packet that `starts_frame` may come behind it: then the frame starts here.
    bool leads = false;
};

/// @param codec    of the section, by payload type. @param payload  not empty, of the peer: it may hold anything.
using ShapeReader = std::function<PacketShape(const proto::sdp::Codec& codec, BytesView payload)>;

}  // namespace volley::streams
