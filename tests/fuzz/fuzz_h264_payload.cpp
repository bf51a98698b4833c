// H.264 payloads of a hostile peer: the input is a row of them, each behind two bytes that say its length.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "proto/h264/parameter_sets.hpp"
#include "proto/h264/payload.hpp"

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_h264_payload: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace volley;
    using namespace volley::proto::h264;
    const BytesView input(data, size);
    ByteReader in(input);
    std::vector<BytesView> payloads;
    bool idr = false;
    while (in.left() > 0) {
        payloads.push_back(in.bytes(std::min<std::size_t>(in.u16(), in.left())));
        idr = inspect(payloads.back()).idr || idr;
    }
    const auto parameters = read_sequence_parameters(input);
    if (parameters) {
        must(parameters->width >= 1 && parameters->width <= parameters->coded_width, "no more is cropped than there is");
        must(parameters->height >= 1 && parameters->height <= parameters->coded_height, "nor of its height");
        must(parameters->coded_width <= 65536 && parameters->coded_height <= 65536, "sides are bounded");
        must(parameters->coded_width % 16 == 0 && parameters->coded_height % 16 == 0, "macroblocks are whole");
    }
    (void)split_annex_b(input);
    const auto picture = assemble(payloads);
    if (!picture) {
        must(!picture.error().message().empty(), "what is refused is said why");
        return 0;
    }
    must(!idr || is_key(*picture), "what the payloads said of a key picture is so");
    // Bytes of a peer may hold start codes, so that what was put together has other units; packing them is stable from then on.
    const auto packed = packetise(*picture, 50);
    if (!packed) return 0;
    const auto again = assemble(*packed);
    must(again.has_value(), "what was packed can be put together");
    const auto units = split_annex_b(*picture);
    const auto same = split_annex_b(*again);
    must(units && same && units->size() == same->size(), "no unit is lost");
    for (std::size_t i = 0; i < units->size(); ++i)
        must(std::equal((*units)[i].begin(), (*units)[i].end(), (*same)[i].begin(), (*same)[i].end()), "each is the same");
    return 0;
}
