#include "proto/dtls/fingerprint.hpp"

#include <gtest/gtest.h>

namespace volley::proto::dtls {
namespace {

// RFC 8122 section 5 has such a line; the digits here are those of an offer of Chromium.
constexpr std::string_view line =
    "sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08";

TEST(Fingerprint, reads_what_it_prints) {
    const auto read = parse_fingerprint(line);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->hash, HashFunction::sha_256);
    ASSERT_EQ(read->digest.size(), 32U);
    EXPECT_EQ(read->digest.front(), 0x7b);
    EXPECT_EQ(read->digest.back(), 0x08);
    EXPECT_EQ(to_string(*read), line);
}

TEST(Fingerprint, is_read_in_either_case) {
    std::string other(line);
    for (char& c : other) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c >= 'A' && c <= 'Z' ? c + 32 : c);
    ASSERT_TRUE(parse_fingerprint(other)) << other;
    EXPECT_EQ(*parse_fingerprint(other), *parse_fingerprint(line));
    EXPECT_TRUE(parse_fingerprint("  " + other + "\r"));
}

TEST(Fingerprint, says_what_is_wrong_with_others) {
    EXPECT_EQ(parse_fingerprint("").error(), ParseErrc::empty);
    EXPECT_EQ(parse_fingerprint("sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33").error(),
              ParseErrc::bad_unit);
    EXPECT_EQ(parse_fingerprint("sha-25").error(), ParseErrc::bad_unit);
    EXPECT_EQ(parse_fingerprint("sha-256").error(), ParseErrc::out_of_range);
    EXPECT_EQ(parse_fingerprint("sha-384" + std::string(line.substr(7))).error(), ParseErrc::out_of_range);
    EXPECT_EQ(parse_fingerprint(std::string(line) + ":00").error(), ParseErrc::out_of_range);
    std::string wrong(line);
    wrong.back() = 'G';
    EXPECT_EQ(parse_fingerprint(wrong).error(), ParseErrc::bad_number);
    wrong = line;
    wrong[10] = '-';
    EXPECT_EQ(parse_fingerprint(wrong).error(), ParseErrc::bad_number);
}

}  // namespace
}  // namespace volley::proto::dtls
