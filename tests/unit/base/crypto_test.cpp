#include "base/crypto.hpp"

#include <string>

#include <gtest/gtest.h>

#include "support/hex.hpp"

namespace volley {
namespace {

using test::unhex;

template <class Digest>
Bytes copy(const Digest& digest) {
    return {digest.begin(), digest.end()};
}

TEST(Crypto, digests_are_those_of_the_specifications) {
    // RFC 1321 section A.5, FIPS 180-2 appendix B.1.
    EXPECT_EQ(copy(md5(bytes_of("abc"))), unhex("900150983cd24fb0d6963f7d28e17f72"));
    EXPECT_EQ(copy(sha256(bytes_of("abc"))), unhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    EXPECT_EQ(copy(md5({})), unhex("d41d8cd98f00b204e9800998ecf8427e"));
}

TEST(Crypto, hmacs_are_those_of_the_specifications) {
    // RFC 2202 section 3, cases 2 and 6; RFC 4231 section 4.3.
    const auto text = bytes_of("what do ya want for nothing?");
    EXPECT_EQ(copy(hmac_sha1(bytes_of("Jefe"), text)), unhex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
    EXPECT_EQ(copy(hmac_sha1(Bytes(80, 0xaa), bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"))),
              unhex("aa4ae5e15272d00e95705637ce8a3b55ed402112"));
    EXPECT_EQ(copy(hmac_sha256(bytes_of("Jefe"), text)),
              unhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}

TEST(Crypto, an_empty_key_is_a_key) {
    // Not "the key from before", which libcrypto takes a null pointer for.
    EXPECT_EQ(copy(hmac_sha1({}, {})), unhex("fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"));
    EXPECT_EQ(copy(hmac_sha256({}, {})), unhex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

TEST(Crypto, bytes_are_equal_only_if_all_are) {
    EXPECT_TRUE(equal_in_constant_time({}, {}));
    EXPECT_TRUE(equal_in_constant_time(bytes_of("abc"), bytes_of("abc")));
    EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("abd")));
    EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("bbc")));
    EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("ab")));
}

TEST(Crypto, crc32_is_the_one_of_ethernet) {
    EXPECT_EQ(crc32_of(bytes_of("123456789")), 0xcbf43926U);
    EXPECT_EQ(crc32_of({}), 0U);
}

}  // namespace
}  // namespace volley
