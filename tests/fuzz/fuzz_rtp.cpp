// An RTP packet from a hostile peer: refused, or the same bytes when written again; its extension is walked to an end.
#include <cstdio>
#include <cstdlib>

#include "proto/rtp/extensions.hpp"
#include "proto/rtp/packet.hpp"

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_rtp: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace volley;
    using namespace volley::proto::rtp;
    const BytesView input(data, size);
    const auto packet = parse(input);
    if (!packet) return 0;
    must(written_bytes(*packet) == size, "every byte is accounted for");
    Bytes out(size);
    must(write(*packet, out).has_value(), "what is read can be written");
    // What fills the padding may be anything but its count.
    const std::size_t filled = packet->padding == 0 ? 0 : packet->padding - 1U;
    const std::size_t same = size - packet->padding;
    must(std::equal(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(same), out.begin()), "and is the same");
    must(filled == 0 || out.back() == input.back(), "its padding counts the same");

    ExtensionReader reader(packet->extension);
    std::vector<ExtensionElement> elements;
    std::size_t bytes = 0;
    while (const auto element = reader.next()) {
        must(element->id != 0, "an element has an id");
        elements.push_back(*element);
        bytes += element->data.size() + 1;
    }
    must(bytes <= packet->extension.data.size(), "elements do not overlap");
    if (elements.empty()) return 0;
    std::uint16_t profile = 0;
    const auto written = write_elements(elements, profile);
    must(written.has_value(), "elements that were read can be written");
    ExtensionReader again({profile, *written});
    for (const ExtensionElement& element : elements) {
        const auto other = again.next();
        must(other && other->id == element.id &&
                 std::equal(other->data.begin(), other->data.end(), element.data.begin(), element.data.end()),
             "and are the same");
    }
    must(!again.next() && again.ok(), "and no more");
    return 0;
}
