// A stream of a hostile TURN server: the same frames however it is torn, and nothing kept but one of them.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "proto/turn/framing.hpp"

namespace {

using volley::Bytes;
using volley::BytesView;

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_turn_framing: %s\n", what);
    std::abort();
}

std::vector<Bytes> frames_of(BytesView stream, std::size_t piece, bool& broken) {
    volley::proto::turn::StreamFramer framer;
    std::vector<Bytes> out;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        framer.push(stream.subspan(at, std::min(piece, stream.size() - at)));
        while (const auto frame = framer.next()) out.emplace_back(frame->begin(), frame->end());
    }
    broken = framer.broken();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView stream(data + 1, size - 1);
    bool broken = false;
    bool broken_in_pieces = false;
    const auto whole = frames_of(stream, size, broken);
    must(frames_of(stream, 1U + data[0] % 16U, broken_in_pieces) == whole && broken == broken_in_pieces,
         "pieces give other frames than the whole");
    for (const auto& frame : whole) {
        const auto channel = volley::proto::turn::parse_channel_data(frame);
        must(!channel || channel->data.size() + 4 <= frame.size(), "channel data leaves its frame");
    }
    return 0;
}
