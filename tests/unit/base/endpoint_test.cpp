#include "base/endpoint.hpp"

#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "support/seeded_random.hpp"

namespace volley {
namespace {

std::string reprinted(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address ? address->to_string() : "none";
}

TEST(Endpoint, addresses_are_written_as_rfc_5952_says) {
    EXPECT_EQ(reprinted("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(reprinted("2001:0DB8:0:0:0:0:0:0001"), "2001:db8::1");
    EXPECT_EQ(reprinted("::"), "::");
    EXPECT_EQ(reprinted("::1"), "::1");
    EXPECT_EQ(reprinted("1::"), "1::");
    EXPECT_EQ(reprinted("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // one group alone is not left out
    EXPECT_EQ(reprinted("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");           // the longest run
    EXPECT_EQ(reprinted("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");     // the first of equal ones
    EXPECT_EQ(reprinted("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
    EXPECT_EQ(reprinted("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
    EXPECT_EQ(reprinted("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
}

TEST(Endpoint, texts_that_are_no_addresses_are_refused) {
    for (const std::string_view text : {"",
                                        "1",
                                        "1.2.3",
                                        "1.2.3.4.5",
                                        "1.2.3.256",
                                        "1.2.3.04",
                                        "1.2.3.",
                                        ".1.2.3",
                                        "1.2.3.4 ",
                                        "+1.2.3.4",
                                        "1.2.3.-4",
                                        ":",
                                        ":::",
                                        "1::2::3",
                                        "1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7:8:9",
                                        "1:2:3:4:5:6:7:8::",
                                        "::1:2:3:4:5:6:7:8",
                                        "12345::",
                                        "g::",
                                        "fe80::1%eth0",
                                        "[::1]",
                                        "1.2.3.4::",
                                        "::1.2.3.4:5",
                                        "1:",
                                        ":1",
                                        "1:2:3:4:5:6:7:1.2.3.4",
                                        "example.org"})
        EXPECT_EQ(reprinted(text), "none") << text;
}

TEST(Endpoint, any_address_reads_as_it_was_written) {
    test::SeededRandom random(5);
    for (int i = 0; i < 20'000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        random.fill(bytes);
        for (auto& byte : bytes)
            if (random.below(3) != 0) byte = 0;  // runs of zeros are what may go wrong
        for (const std::size_t size : {std::size_t{4}, std::size_t{16}}) {
            const Endpoint endpoint{*IpAddress::from_bytes(BytesView(bytes).first(size)),
                                    static_cast<std::uint16_t>(random.next())};
            ASSERT_EQ(Endpoint::parse(endpoint.to_string()), endpoint) << endpoint.to_string();
        }
    }
}

TEST(Endpoint, only_whole_endpoints_are_read) {
    EXPECT_EQ(Endpoint::parse("[2001:db8::1]:80")->to_string(), "[2001:db8::1]:80");
    for (const std::string_view text :
         {"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:1x", "[1.2.3.4]:1", "::1:80", "[::1]80", "[::1:80"})
        EXPECT_FALSE(Endpoint::parse(text)) << text;
}

TEST(Endpoint, kinds_of_addresses_are_told_apart) {
    const auto address = [](std::string_view text) { return *IpAddress::parse(text); };
    EXPECT_TRUE(address("127.1.2.3").is_loopback());
    EXPECT_TRUE(address("::1").is_loopback());
    EXPECT_FALSE(address("::2").is_loopback());
    EXPECT_FALSE(address("1::1").is_loopback());
    EXPECT_TRUE(address("169.254.9.9").is_link_local());
    EXPECT_TRUE(address("febf::1").is_link_local());
    EXPECT_FALSE(address("fec0::1").is_link_local());
    EXPECT_TRUE(address("239.1.1.1").is_multicast());
    EXPECT_TRUE(address("255.255.255.255").is_multicast());
    EXPECT_TRUE(address("ff02::1").is_multicast());
    EXPECT_FALSE(address("192.0.2.1").is_multicast());
    EXPECT_TRUE(address("::").is_unspecified());
    EXPECT_TRUE(IpAddress().is_unspecified());
    EXPECT_EQ(address("::ffff:192.0.2.1").unmapped(), address("192.0.2.1"));
    EXPECT_EQ(address("::fffe:192.0.2.1").unmapped(), address("::fffe:192.0.2.1"));
    EXPECT_EQ(IpAddress::v4(0xc0000201), address("192.0.2.1"));
}

}  // namespace
}  // namespace volley
