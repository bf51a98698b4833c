// The digest of a certificate that signalling carries, and that the handshake is held to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

#include <volley/error.hpp>

namespace volley::proto::dtls {

/// Those that are strong enough to stand for a certificate (RFC 8122 section 5 has more, SHA-1 and MD5 among them).
enum class HashFunction : std::uint8_t { sha_256, sha_384, sha_512 };

/// The name that SDP has for it: `sha-256`.
[[nodiscard]] std::string_view to_string(HashFunction hash) noexcept;

/// Source: RFC 8122 section 5, the attribute `fingerprint` of SDP.
struct Fingerprint {
    HashFunction hash = HashFunction::sha_256;
    Bytes digest;  ///< as long as the hash function makes it
    bool operator==(const Fingerprint&) const = default;
};

/// Reads the value of an `a=fingerprint` line: `sha-256 7B:8B:F0:...`. Both words are read in either case, as peers write both.
/// Errors: ParseErrc::empty; bad_unit for a hash function that is not one of the three (an offer may well name others beside one that
/// is: skip those); bad_number for digits that are none; out_of_range for more or fewer of them than the hash function makes.
[[nodiscard]] Result<Fingerprint> parse_fingerprint(std::string_view text);

/// `sha-256 7B:8B:F0:...`, in capitals as RFC 8122 has it.
[[nodiscard]] std::string to_string(const Fingerprint& fingerprint);

}  // namespace volley::proto::dtls
