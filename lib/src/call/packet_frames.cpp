#include "call/packet_frames.hpp"

#include <utility>

#include "call/media_streams.hpp"
#include "proto/h264/nal.hpp"
#include "proto/vp8/frame_header.hpp"

namespace volley::call {
namespace {

bool is_key(media::VideoCodec codec, BytesView picture) {
    if (codec == media::VideoCodec::h264) return proto::h264::is_key(picture);
    const auto header = proto::vp8::read_frame_header(picture);
    return header && header->key;
}

}  // namespace

void PacketFrames::add(const streams::PacketReceived& packet, const std::function<void(Picture&&)>& whole) {
    if (begun_ && packet.sequence < next_) return;
    waiting_.try_emplace(packet.sequence, Waiting{packet.timestamp, packet.marker, packet.payload});
    for (;;) {
        if (take_front(whole)) continue;
        if (waiting_.size() <= most_waiting) return;
        skip_front();
    }
}

/// @return whether there was a picture with all its packets, or padding, which is of none, and it is gone.
bool PacketFrames::take_front(const std::function<void(Picture&&)>& whole) {
    if (waiting_.empty()) return false;
    if (begun_ && waiting_.begin()->first != next_) return false;
    auto at = waiting_.begin();
    if (at->second.is_padding()) {
        begun_ = true;
        next_ = at->first + 1;
        waiting_.erase(at);
        return true;
    }
    const std::uint32_t timestamp = at->second.timestamp;
    std::uint64_t number = at->first;
    bool ended = false;
    for (; at != waiting_.end() && at->first == number && !ended; ++at, ++number) {
        if (at->second.is_padding()) continue;
        if (at->second.timestamp != timestamp) break;
        ended = at->second.marker;
    }
    // A picture whose last packet has no marker ends where another timestamp begins.
    const bool another = at != waiting_.end() && at->first == number && at->second.timestamp != timestamp;
    if (!ended && !another) return false;
    // Only now, so that a picture that never ends is not copied for each of its packets.
    std::vector<Bytes> payloads;
    for (auto of = waiting_.begin(); of != at; ++of)
        if (!of->second.is_padding()) payloads.push_back(std::move(of->second.payload));
    waiting_.erase(waiting_.begin(), at);
    begun_ = true;
    next_ = number;
    auto picture = assemble(codec_, payloads);
    if (!picture || (until_key_ && !is_key(codec_, *picture))) {
        until_key_ = true;
        return true;
    }
    until_key_ = false;
    whole({std::move(*picture), timestamp});
    return true;
}

/// What waits at the front lacks packets that will not come: it goes on behind them.
void PacketFrames::skip_front() {
    until_key_ = true;
    if (begun_ && waiting_.begin()->first != next_) {
        next_ = waiting_.begin()->first;
        return;
    }
    const std::uint32_t timestamp = waiting_.begin()->second.timestamp;
    while (!waiting_.empty() && waiting_.begin()->second.timestamp == timestamp) waiting_.erase(waiting_.begin());
    if (!waiting_.empty()) next_ = waiting_.begin()->first;
    begun_ = !waiting_.empty();
}

}  // namespace volley::call
