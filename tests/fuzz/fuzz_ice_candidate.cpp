// A candidate line of a peer: what is taken prints as a line that reads the same, and holds nothing that could leave its line.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "proto/ice/candidate.hpp"

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_ice_candidate: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const auto candidate = volley::proto::ice::parse_candidate({reinterpret_cast<const char*>(data), size});
    if (!candidate) {
        must(!candidate.error().message().empty(), "an error without words");
        return 0;
    }
    const std::string line = to_line(*candidate);
    must(line.find_first_of("\r\n") == std::string::npos, "a line end within a candidate");
    const auto again = volley::proto::ice::parse_candidate(line);
    // An IPv6 address may be written at greater length than it came in, so a line at the limit may go over it.
    must(again.has_value() || line.size() > 1024, "what was printed cannot be read");
    must(!again || *again == *candidate, "what was printed reads differently");
    return 0;
}
