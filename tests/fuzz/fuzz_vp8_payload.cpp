// VP8 payloads of a hostile peer: the input is a row of them, each behind two bytes that say its length.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "proto/vp8/frame_header.hpp"
#include "proto/vp8/payload.hpp"

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_vp8_payload: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace volley;
    using namespace volley::proto::vp8;
    ByteReader in(BytesView(data, size));
    std::vector<BytesView> payloads;
    std::size_t bytes = 0;
    while (in.left() > 0) {
        const BytesView payload = in.bytes(std::min<std::size_t>(in.u16(), in.left()));
        payloads.push_back(payload);
        const auto parsed = parse(payload);
        must(starts_frame(payload) == (parsed && parsed->starts_frame()), "both say where a frame starts");
        must(!starts_key_frame(payload) || starts_frame(payload), "what starts a key frame starts a frame");
        if (!parsed) {
            must(!parsed.error().message().empty(), "what is refused is said why");
            continue;
        }
        must(!parsed->data.empty() && parsed->descriptor.bytes + parsed->data.size() == payload.size(),
             "every byte is accounted for");
        must(parsed->descriptor.bytes <= 6, "a descriptor has six bytes at most");
        must(!parsed->descriptor.picture_id || *parsed->descriptor.picture_id <= picture_id_mask, "a picture id has 15 bits");
        bytes += parsed->data.size();

        Bytes changed(payload.begin(), payload.end());
        must(set_picture_id(changed, 0x2a55) == parsed->descriptor.picture_id.has_value(),
             "a picture id is changed where there is one");
        const auto again = parse(changed);
        must(again && std::equal(again->data.begin(), again->data.end(), parsed->data.begin(), parsed->data.end()),
             "and nothing else");
        if (parsed->descriptor.picture_id)
            must(again->descriptor.picture_id == (parsed->descriptor.long_picture_id ? 0x2a55 : 0x55), "it is the new one");
    }
    const auto frame = assemble(payloads);
    if (!frame) return 0;
    must(frame->size() == bytes && !frame->empty(), "all of the frame is there");
    (void)read_frame_header(*frame);
    const auto cut = packetise(*frame, 100, 7);
    must(cut.has_value(), "what was put together can be cut");
    const auto whole = assemble(*cut);
    must(whole && *whole == *frame, "and is the same again");
    return 0;
}
