// Packets of a hostile peer in an association that stands, or, where the first size has its highest bit set, that is only connecting:
// whatever they are, what is kept is bounded, and time can go on.
// The input is packets without their common header, each behind its size in two bytes. What an honest peer would have drawn at random is
// put in: the verification tag, the checksum, and the initial TSNs, so that numbers in chunks count from 0.
#include <cstdio>
#include <cstdlib>

#include "proto/sctp/packet.hpp"
#include "unit/proto/sctp/sctp_pair.hpp"

namespace {

using namespace std::chrono_literals;
using volley::Bytes;
using volley::test::VirtualClock;
namespace sctp = volley::proto::sctp;

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_sctp: %s\n", what);
    std::abort();
}

std::uint32_t number_at(const Bytes& bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
    return value;
}
void add_at(Bytes& bytes, std::size_t at, std::uint32_t more) {
    if (at + 4 > bytes.size()) return;
    const std::uint32_t value = number_at(bytes, at) + more;
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * (3 - i)));
}

// Of an INIT: RFC 9260 section 3.3.2.
struct Hello {
    std::uint32_t tag = 0;
    std::uint32_t tsn = 0;
};
Hello hello_of(const Bytes& init) { return {number_at(init, 16), number_at(init, 28)}; }

void count_from_zero(Bytes& packet, const Hello& sender, const Hello& receiver) {
    for (std::size_t at = sctp::header_bytes; at + 4 <= packet.size();) {
        const std::size_t length = static_cast<std::size_t>(packet[at + 2]) << 8 | packet[at + 3];
        switch (packet[at]) {
            case 0:    // DATA
            case 64:   // I-DATA
            case 192:  // FORWARD-TSN
                add_at(packet, at + 4, sender.tsn);
                break;
            case 3:  // SACK
                add_at(packet, at + 4, receiver.tsn - 1);
                break;
            case 130:  // RE-CONFIG, the number of its first request, and of an answer the number of ours
                if (at + 6 < packet.size()) add_at(packet, at + 8, packet[at + 5] == 16 ? receiver.tsn : sender.tsn);
                break;
            default:
                break;
        }
        if (length < 4) return;
        at += (length + 3) / 4 * 4;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    auto& stack = volley::test::sctp_stack();
    sctp::AssociationConfig config;
    config.max_receive_message = 20'000;
    const auto victim = stack.connect(VirtualClock::now(), config, 1);
    auto peer = stack.connect(VirtualClock::now(), config, 2);
    Bytes packet = victim->poll_packet().value();
    const Hello victim_hello = hello_of(packet);
    peer->handle_packet(VirtualClock::now(), packet);
    packet = peer->poll_packet().value();
    const Hello peer_hello = hello_of(packet);
    const bool early = size > 0 && (data[0] & 0x80) != 0;
    if (!early) victim->handle_packet(VirtualClock::now(), packet);
    for (int i = 0; i < 5 && !early; ++i) {
        while (auto out = peer->poll_packet()) victim->handle_packet(VirtualClock::now(), *out);
        while (auto out = victim->poll_packet()) peer->handle_packet(VirtualClock::now(), *out);
    }
    must(early || victim->state() == sctp::State::open, "two of ours come together");
    peer.reset();

    const auto look = [&] {
        std::size_t packets = 0;
        std::size_t events = 0;
        while (victim->poll_packet()) ++packets;
        while (auto event = victim->poll_event()) {
            ++events;
            must(event->data.size() <= config.max_receive_message, "a message is within its limit");
        }
        must(packets <= 4096 && events <= 70'000, "what waits is bounded");
    };
    // Something of ours under way, for acknowledgements to be about.
    (void)victim->send(VirtualClock::now(), 0, 51, Bytes(3000, 'x'), {});
    (void)victim->reset(VirtualClock::now(), 1);
    for (std::size_t at = 0; at + 2 <= size;) {
        const std::size_t wanted = static_cast<std::size_t>(data[at] & 0x7f) << 8 | data[at + 1];
        at += 2;
        const std::size_t length = std::min(wanted, size - at);
        Bytes hostile(sctp::header_bytes + length);
        std::copy_n(data + at, length, hostile.begin() + sctp::header_bytes);
        at += length;
        for (std::size_t i = 0; i < 4; ++i) hostile[4 + i] = static_cast<std::uint8_t>(victim_hello.tag >> (8 * (3 - i)));
        count_from_zero(hostile, peer_hello, victim_hello);
        if (hostile.size() >= sctp::header_bytes + 4 && hostile[sctp::header_bytes] == 1) {
            for (std::size_t i = 4; i < 8; ++i) hostile[i] = 0;  // an INIT has no tag: the association is begun anew
        }
        sctp::address(hostile, {5000, 5000});
        victim->handle_packet(VirtualClock::now(), hostile);
        look();
        VirtualClock::advance(10ms);
        stack.handle_timeout(VirtualClock::now());
    }
    for (int i = 0; i < 8; ++i) {
        VirtualClock::advance(500ms);
        stack.handle_timeout(VirtualClock::now());
        look();
    }
    (void)victim->send(VirtualClock::now(), 0, 51, Bytes(10, 'x'), {});
    victim->abort(VirtualClock::now());
    look();
    return 0;
}
