// An answer from a hostile server, read at once and in pieces: the same events, within the limits.
// The first byte chooses the request and the limits, the second how the input is cut.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "support/decoded_answer.hpp"

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_http_response: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size < 2) return 0;
    const unsigned options = data[0];
    const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
    const bool to_head = (options & 1) != 0;
    volley::proto::http::ResponseLimits limits;
    if ((options & 2) != 0) limits.head_bytes = 48 + (options >> 3);
    if ((options & 4) != 0) limits.body_bytes = options >> 3;

    const auto whole = volley::test::decode(input, {}, to_head, limits);
    must(whole.broken.empty(), whole.broken.c_str());
    std::size_t head_bytes = 0;
    for (const auto& head : whole.heads) {
        head_bytes += head.reason.size();
        for (const auto& [name, value] : head.fields) head_bytes += name.size() + value.size() + 1;
    }
    must(head_bytes <= limits.head_bytes, "the heads keep to their limit");
    must(volley::test::decode(input, volley::test::cut_at_random(input.size(), data[1]), to_head, limits) == whole,
         "pieces say something else than the whole");
    must(volley::test::decode(input, volley::test::cut_everywhere(input.size()), to_head, limits) == whole,
         "single bytes say something else than the whole");
    return 0;
}
