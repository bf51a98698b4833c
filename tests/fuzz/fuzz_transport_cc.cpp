// Transport-wide feedback from a hostile peer: refused, or the same when written and read again; and what a sender makes of it.
#include <cstdio>
#include <cstdlib>

#include "proto/rtp/transport_cc.hpp"
#include "streams/transport_wide.hpp"

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_transport_cc: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace volley;
    using namespace volley::proto::rtp;
    Feedback feedback;
    feedback.type = RtcpType::transport_feedback;
    feedback.format = Feedback::transport_wide;
    feedback.control.assign(data, data + size);
    const auto read = transport_feedback(feedback);
    if (!read) return 0;
    must(!read->deltas.empty() && read->deltas.size() <= most_transport_statuses, "the packets are bounded");
    feedback.control = transport_feedback_of(*read);
    must(feedback.control.size() % 4 == 0, "whole words");
    const auto again = transport_feedback(feedback);
    must(again && *again == *read, "it says the same when it is read again");
    streams::SendLog log;
    TimePoint now{std::chrono::hours(1)};
    for (int i = 0; i < 200; ++i) (void)log.add(now += std::chrono::milliseconds(5), 1000);
    must(log.take(*read).size() <= 200, "of packets that were sent");
    std::size_t came = 0;
    for (const auto& result : log.take(*again)) came += result.came ? 1 : 0;
    must(came == 0, "a packet comes once");
    return 0;
}
