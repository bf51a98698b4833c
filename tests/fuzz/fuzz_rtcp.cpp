// A datagram of RTCP from a hostile peer: refused, or the same values when written and read again.
#include <cstdio>
#include <cstdlib>

#include "proto/rtp/rtcp.hpp"

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_rtcp: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace volley;
    using namespace volley::proto::rtp;
    const auto packets = parse_rtcp(BytesView(data, size));
    if (!packets) return 0;
    must(!packets->empty() && packets->size() <= most_rtcp_packets, "the packets are bounded");
    ByteWriter out;
    for (const Rtcp& packet : *packets) write_rtcp(packet, out);
    must(out.size() <= size, "nothing is made up");
    const auto again = parse_rtcp(out.view());
    must(again.has_value(), "what is written is read");
    must(*again == *packets, "and says the same");
    for (const Rtcp& packet : *packets) {
        const auto* feedback = std::get_if<Feedback>(&packet);
        if (feedback == nullptr) continue;
        must(lost_sequences(*feedback).size() <= feedback->control.size() / 4 * 17, "a word names seventeen packets");
        Feedback other = *feedback;
        if (const auto requests = intra_requests(*feedback); !requests.empty()) {
            other.control = intra_request_of(requests);
            must(intra_requests(other) == requests, "requests are written as they were read");
        }
        if (const auto estimate = receiver_estimate(*feedback)) {
            other.control = receiver_estimate_of(*estimate);
            const auto second = receiver_estimate(other);
            must(second && second->ssrcs == estimate->ssrcs && second->bits_per_second <= estimate->bits_per_second,
                 "an estimate is written as it was read");
        }
    }
    return 0;
}
