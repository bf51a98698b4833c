// What shows that a STUN message is genuine, or one at all. Source: RFC 8489 sections 9.1, 9.2, 14.5 to 14.7.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "proto/stun/message.hpp"

namespace volley::proto::stun {

enum class Integrity {
    absent,  ///< the message carries none
    wrong,
    right,
};

/// Checks MESSAGE-INTEGRITY-SHA256 where the message has one, else MESSAGE-INTEGRITY. A shortened SHA256 is taken from 16 bytes on.
/// @param key  the password itself for short-term credentials, long_term_key() for long-term ones.
[[nodiscard]] Integrity check_integrity(const MessageView& message, BytesView key);

/// The message ends with a FINGERPRINT, and it is that of the message.
[[nodiscard]] bool has_right_fingerprint(const MessageView& message) noexcept;

/// The value of FINGERPRINT behind these bytes, whose length field counts the attribute already.
[[nodiscard]] std::uint32_t fingerprint_of(BytesView message) noexcept;

/// MD5 of `username:realm:password`: the key of long-term credentials (section 9.2.2). User name and password are taken as they are:
/// whoever allows other characters than ASCII prepares them (RFC 8265 OpaqueString) before.
[[nodiscard]] Md5Digest long_term_key(std::string_view username, std::string_view realm, std::string_view password);
/// The same by SHA-256: password algorithm 2 (section 18.5.1.2).
[[nodiscard]] Sha256Digest long_term_key_sha256(std::string_view username, std::string_view realm, std::string_view password);
/// The value of USERHASH (section 14.4).
[[nodiscard]] Sha256Digest userhash(std::string_view username, std::string_view realm);

}  // namespace volley::proto::stun
