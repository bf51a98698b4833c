// A description from a hostile peer: refused with words, or read; what was read is written again byte for byte, and means the same when
// it is written anew. Answers to it are ones that its offerer can take.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proto/sdp/fragment.hpp"
#include "proto/sdp/negotiation.hpp"

namespace {

using namespace volley;
using namespace volley::proto::sdp;

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_sdp: %s\n", what);
    std::abort();
}

void check_error(const SourceError& error, std::string_view input) {
    must(!error.text.empty(), "what is refused is said why");
    must(error.text.size() < 1000 && error.hint.size() < 1000 && error.line_text.size() <= 200, "the words are bounded");
    must(error.pos.line >= 0 && static_cast<std::size_t>(error.pos.line) <= input.size() + 1, "the line exists");
    for (const char c : format_source_error(error))
        must(c == '\n' || c == '\t' || c < 0 || c >= 0x20, "the words are safe to print");
}

Local local_side() {
    Local local;
    local.transport.ice = {"ours", "oursoursoursoursoursours"};
    local.transport.fingerprints = {{"sha-256", std::vector<std::uint8_t>(32, 7)}};
    local.data = LocalData{};
    LocalMedia audio;
    audio.kind = "audio";
    audio.codecs = {{111, "opus", 48000, 2, "", {"transport-cc"}}, {0, "PCMU", 8000, 1, "", {}}};
    audio.extensions = {{4, {}, "urn:ietf:params:rtp-hdrext:sdes:mid", ""}};
    LocalMedia video;
    video.kind = "video";
    video.codecs = {{96, "VP8", 90000, 1, "", {"nack", "nack pli"}}, {97, "rtx", 90000, 1, "apt=96", {}}};
    local.media = {audio, video};
    return local;
}

void check_fragment(std::string_view input) {
    const auto fragment = read_fragment(input);
    if (!fragment) return check_error(fragment.error(), input);
    const std::string text = print(*fragment);
    const auto again = read_fragment(text);
    must(again.has_value(), "a fragment that is written is read");
    must(print(*again) == text, "and says the same");
}

void check_answer(const Session& offer) {
    static const Local local = local_side();
    const auto answer = create_answer(offer, local);
    if (!answer) return must(!answer.error().text.empty(), "an offer that is refused is said why");
    must(answer->answer.media.size() == offer.media.size(), "an answer has each section of the offer");
    must(answer->agreed.data || !answer->agreed.media.empty(), "an answer takes something");
    must(!answer->agreed.fingerprints.empty(), "the peer's certificate is known by a fingerprint");
    const auto read_back = read(print(write(answer->answer)));
    must(read_back.has_value(), "an answer that is written is read");
    const auto agreed = apply_answer(offer, *read_back);
    must(agreed.has_value(), "an answer fits its offer");
    must(agreed->dtls != answer->agreed.dtls, "one side is the client");
    must(agreed->media.size() == answer->agreed.media.size() + answer->idle.size(), "both sides have the same media");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_fragment(input);
    const auto description = parse(input);
    if (!description) {
        check_error(description.error(), input);
        return 0;
    }
    must(print(*description) == input, "what is read is written again byte for byte");
    const auto session = read(*description);
    if (!session) {
        check_error(session.error(), input);
        return 0;
    }
    const std::string text = print(write(*session));
    const auto again = read(text);
    must(again.has_value(), "values that are written are read");
    must(print(write(*again)) == text, "and say the same");
    check_answer(*session);
    return 0;
}
