// What a hostile peer sends to open a channel: refused, or the same bytes when written again.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/utf8.hpp"
#include "proto/dcep/message.hpp"

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_dcep: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace volley;
    using namespace volley::proto::dcep;
    const BytesView input(data, size);
    const auto message = parse(input);
    if (!message) {
        must(!message.error().message().empty(), "what is refused is said why");
        return 0;
    }
    const auto written = write(*message);
    must(written.has_value(), "what is read can be written");
    const auto again = parse(*written);
    must(again && *again == *message, "and says the same");
    if (const auto* open = std::get_if<Open>(&*message)) {
        must(written->size() == size, "every byte is accounted for");
        must(first_bad_utf8(open->label) == std::string_view::npos, "a label is UTF-8");
        // The one thing that is not kept is what a reliable channel says it has no use for.
        if (open->reliability != Reliability::reliable)
            must(std::equal(input.begin(), input.end(), written->begin()), "the bytes are the same");
    }
    return 0;
}
