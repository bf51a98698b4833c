#include "proto/ice/candidate.hpp"

#include <string>

#include <gtest/gtest.h>

#include "support/seeded_random.hpp"

namespace volley::proto::ice {
namespace {

Candidate parsed(std::string_view line) {
    const auto candidate = parse_candidate(line);
    EXPECT_TRUE(candidate) << line;
    return candidate ? *candidate : Candidate();
}

TEST(IceCandidate, lines_of_known_stacks_are_read) {
    // Chromium, with its extensions.
    Candidate c = parsed(
        "a=candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.17 rport 58993 generation 0 ufrag EEtu network-id 3 "
        "network-cost 10\r\n");
    EXPECT_EQ(c.foundation, "842163049");
    EXPECT_EQ(c.component, 1);
    EXPECT_EQ(c.transport, "udp");
    EXPECT_EQ(c.priority, 1677729535U);
    EXPECT_EQ(c.endpoint.to_string(), "203.0.113.7:46154");
    EXPECT_EQ(c.type, CandidateType::server_reflexive);
    EXPECT_EQ(c.related->to_string(), "10.0.0.17:58993");
    EXPECT_EQ(c.ufrag, "EEtu");
    // Chromium hides its address.
    c = parsed(
        "candidate:1 1 udp 2113937151 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 53215 typ host generation 0 network-cost 999");
    EXPECT_EQ(c.name, "9b36eaac-bb2e-49bb-bb78-21c41c499900.local");
    EXPECT_EQ(c.endpoint.port, 53215);
    // Firefox writes UDP in capitals and TCP candidates beside.
    c = parsed("candidate:0 1 UDP 2122252543 192.168.1.5 61665 typ host");
    EXPECT_EQ(c.transport, "udp");
    c = parsed("candidate:2 1 TCP 2105524479 192.168.1.5 9 typ host tcptype active");
    EXPECT_EQ(c.transport, "tcp");
    EXPECT_EQ(c.tcp_type, "active");
    // aiortc.
    c = parsed("candidate:d2fd3d0d4bb8ee3b4ac4ca8a6d4bb8ee 1 udp 2130706431 fe80::1 40000 typ host");
    EXPECT_TRUE(c.endpoint.address.is_v6());
    // A relay whose related address is not told, and one whose is a name.
    c = parsed("candidate:3 1 udp 41885439 192.0.2.1 55555 typ relay raddr 0.0.0.0 rport 0");
    EXPECT_EQ(c.type, CandidateType::relayed);
    c = parsed("candidate:3 1 udp 41885439 192.0.2.1 55555 typ relay raddr hidden.local rport 0");
    EXPECT_EQ(c.related, std::nullopt);
    // An extension that says nothing.
    c = parsed("candidate:3 1 udp 41885439 192.0.2.1 55555 typ prflx generation");
    EXPECT_EQ(c.type, CandidateType::peer_reflexive);
}

TEST(IceCandidate, what_is_wrong_is_told) {
    const std::pair<std::string_view, CandidateErrc> cases[]{
        {"", CandidateErrc::not_a_candidate},
        {"candidates:1 1 udp 1 192.0.2.1 1 typ host", CandidateErrc::not_a_candidate},
        {"candidate:1 1 udp 1 192.0.2.1 1 type host", CandidateErrc::not_a_candidate},
        {"candidate:1 1 udp 1 192.0.2.1 1", CandidateErrc::not_a_candidate},
        {"candidate: 1 udp 1 192.0.2.1 1 typ host", CandidateErrc::bad_component},
        {"candidate:", CandidateErrc::bad_foundation},
        {"candidate:a_b 1 udp 1 192.0.2.1 1 typ host", CandidateErrc::bad_foundation},
        {"candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host", CandidateErrc::bad_foundation},
        {"candidate:1 0 udp 1 192.0.2.1 1 typ host", CandidateErrc::bad_component},
        {"candidate:1 257 udp 1 192.0.2.1 1 typ host", CandidateErrc::bad_component},
        {"candidate:1 1 udp 0 192.0.2.1 1 typ host", CandidateErrc::bad_priority},
        {"candidate:1 1 udp 2147483648 192.0.2.1 1 typ host", CandidateErrc::bad_priority},
        {"candidate:1 1 udp -1 192.0.2.1 1 typ host", CandidateErrc::bad_priority},
        {"candidate:1 1 udp 1 192.0.2 1 typ host", CandidateErrc::bad_address},
        {"candidate:1 1 udp 1 a\x1b[1m 1 typ host", CandidateErrc::bad_address},
        {"candidate:1 1 udp 1 192.0.2.1 65536 typ host", CandidateErrc::bad_port},
        {"candidate:1 1 udp 1 192.0.2.1 x typ host", CandidateErrc::bad_port},
        {"candidate:1 1 udp 1 192.0.2.1 1 typ local", CandidateErrc::bad_type},
        {"candidate:1 1 udp 1 192.0.2.1 1 typ", CandidateErrc::bad_type},
        {"candidate:1 1 udp 1 192.0.2.1 1 typ host raddr", CandidateErrc::bad_extension}};
    for (const auto& [line, error] : cases) {
        const auto candidate = parse_candidate(line);
        ASSERT_FALSE(candidate) << line;
        EXPECT_EQ(candidate.error(), error) << line << ": " << candidate.error().message();
        EXPECT_FALSE(candidate.error().message().empty());
    }
    EXPECT_EQ(parse_candidate("candidate:1 1 udp 1 192.0.2.1 1 typ host " + std::string(1024, 'x')).error(),
              CandidateErrc::too_long);
}

TEST(IceCandidate, any_candidate_reads_as_it_was_written) {
    test::SeededRandom random(1);
    for (int i = 0; i < 5000; ++i) {
        Candidate c;
        c.foundation = random.text(1 + random.below(32), "abcXYZ019+/");
        c.component = static_cast<int>(1 + random.below(256));
        c.priority = static_cast<std::uint32_t>(1 + random.below(0x7fffffff));
        Bytes address(random.below(2) == 0 ? 4 : 16);
        random.fill(address);
        if (random.below(4) == 0)
            c.name = "x" + random.text(8, "ab-1") + ".local";
        else
            c.endpoint.address = *IpAddress::from_bytes(address);
        c.endpoint.port = static_cast<std::uint16_t>(random.next());
        c.type = static_cast<CandidateType>(random.below(4));
        if (random.below(2) == 0)
            c.related = Endpoint{*IpAddress::from_bytes(address), static_cast<std::uint16_t>(random.next())};
        if (random.below(4) == 0) {
            c.transport = "tcp";
            c.tcp_type = "passive";
        }
        if (random.below(2) == 0) c.ufrag = random.text(8, "abc/+");
        const auto again = parse_candidate(to_line(c));
        ASSERT_TRUE(again) << to_line(c);
        ASSERT_EQ(*again, c) << to_line(c);
    }
}

TEST(IceCandidate, priorities_are_those_of_the_rfc) {
    EXPECT_EQ(candidate_priority(CandidateType::host, 65535), 2130706431U);  // RFC 8445 and every SDP in the world
    EXPECT_EQ(candidate_priority(CandidateType::server_reflexive, 65535), 1694498815U);
    EXPECT_EQ(candidate_priority(CandidateType::peer_reflexive, 65535), 1862270975U);
    EXPECT_EQ(candidate_priority(CandidateType::relayed, 65535), 16777215U);
    EXPECT_EQ(candidate_priority(CandidateType::host, 0, 256), 126U << 24);
    // 2^32 * MIN(G, D) + 2 * MAX(G, D) + (G > D ? 1 : 0)
    EXPECT_EQ(pair_priority(3, 2), (2ULL << 32) + 6 + 1);
    EXPECT_EQ(pair_priority(2, 3), (2ULL << 32) + 6);
    EXPECT_EQ(pair_priority(0xffffffff, 0xffffffff), 0xffffffffULL * 0x100000000ULL + 2 * 0xffffffffULL);
}

}  // namespace
}  // namespace volley::proto::ice
