// Datagrams of a stranger to a DTLS association that is made, under way or connected: nothing that they hold ends a connected one, and
// what is kept is bounded. The first byte chooses what they meet, the others are packets, each behind its size in two bytes.
#include <cstdio>
#include <cstdlib>

#include "unit/proto/dtls/dtls_pair.hpp"

namespace {

using volley::BytesView;
using volley::test::VirtualClock;
namespace dtls = volley::proto::dtls;

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_dtls: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size < 1) return 0;
    const unsigned choice = data[0] % 4;
    volley::test::DtlsPair pair;
    auto& client = *pair.client.session;
    auto& server = *pair.server.session;
    dtls::Session& victim = choice % 2 == 0 ? server : client;
    if (choice == 1) client.start(VirtualClock::now());  // waits for a server's hello
    if (choice == 2) {                                   // has answered one
        client.start(VirtualClock::now());
        server.handle_packet(VirtualClock::now(), client.poll_packet().value());
    }
    if (choice == 3) must(pair.connect(), "two of ours come together");
    for (std::size_t at = 1; at + 2 <= size;) {
        const std::size_t wanted = static_cast<std::size_t>(data[at]) << 8 | data[at + 1];
        at += 2;
        const std::size_t length = std::min(wanted, size - at);
        victim.handle_packet(VirtualClock::now(), BytesView(data + at, length));
        at += length;
        VirtualClock::advance(std::chrono::milliseconds(20));
        victim.handle_timeout(VirtualClock::now());
        std::size_t packets = 0;
        while (victim.poll_packet()) ++packets;
        must(packets <= 64, "a packet is not answered by many");
        while (auto event = victim.poll_event())
            must(event->kind != dtls::Event::Kind::data, "a stranger's data is not delivered");
    }
    must(choice != 3 || victim.state() == dtls::State::connected, "a stranger does not end what stands");
    must(choice == 3 || victim.state() != dtls::State::connected, "a stranger is not let in");
    return 0;
}
