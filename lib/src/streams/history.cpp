#include "streams/history.hpp"

#include <utility>

namespace volley::streams {
namespace {

constexpr std::size_t first_packets = 32;

}  // namespace

KeptPacket* History::put(TimePoint now, std::uint64_t sequence) {
    if (ring_.empty()) ring_.resize(first_packets);
    for (;;) {
        KeptPacket& there = place(sequence);
        const bool wanted = there.sequence && (!there.sent || now < *there.sent + keep);
        if (!wanted || ring_.size() >= most_packets || *there.sequence == sequence) break;
        grow();
    }
    KeptPacket& out = place(sequence);
    if (out.sequence && *out.sequence > sequence) return nullptr;
    out.sequence = sequence;
    out.bytes.clear();
    out.queued = now;
    out.sent.reset();
    out.resent.reset();
    out.resending = false;
    return &out;
}

KeptPacket* History::find(std::uint64_t sequence) noexcept {
    if (ring_.empty()) return nullptr;
    KeptPacket& out = place(sequence);
    return out.sequence == sequence ? &out : nullptr;
}

void History::grow() {
    std::vector<KeptPacket> old(ring_.size() * 2);
    std::swap(old, ring_);
    for (KeptPacket& packet : old)
        if (packet.sequence) place(*packet.sequence) = std::move(packet);
}

}  // namespace volley::streams
