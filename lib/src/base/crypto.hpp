// Digests and checks of packets, by OpenSSL's libcrypto and zlib.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace volley {

using Md5Digest = std::array<std::uint8_t, 16>;
using Sha1Digest = std::array<std::uint8_t, 20>;
using Sha256Digest = std::array<std::uint8_t, 32>;

/// Throw std::bad_alloc where libcrypto has no memory, and where its configuration forbids the digest (MD5 in FIPS mode).
[[nodiscard]] Md5Digest md5(BytesView bytes);
[[nodiscard]] Sha256Digest sha256(BytesView bytes);
/// Source: RFC 2104. The key may have any length.
[[nodiscard]] Sha1Digest hmac_sha1(BytesView key, BytesView bytes);
[[nodiscard]] Sha256Digest hmac_sha256(BytesView key, BytesView bytes);

/// Takes as long for bytes that differ in the first as for those that differ in the last. Unequal lengths are unequal at once.
[[nodiscard]] bool equal_in_constant_time(BytesView a, BytesView b) noexcept;

/// CRC-32 of ISO 3309 and ITU-T V.42, as zlib has it.
[[nodiscard]] std::uint32_t crc32_of(BytesView bytes) noexcept;

}  // namespace volley
