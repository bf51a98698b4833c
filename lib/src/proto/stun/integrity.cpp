#include "proto/stun/integrity.hpp"

#include <algorithm>
#include <string>

namespace volley::proto::stun {
namespace {

// The bytes before the attribute, with the length that the message had when its value was computed: up to this attribute's end.
Bytes covered(const MessageView& message, std::size_t offset, std::size_t value_size) {
    const BytesView before = message.bytes().first(offset);
    Bytes out(before.begin(), before.end());
    const std::size_t length = offset + 4 + value_size - header_size;
    out[2] = static_cast<std::uint8_t>(length >> 8);
    out[3] = static_cast<std::uint8_t>(length);
    return out;
}

std::string joined(std::string_view username, std::string_view realm, std::string_view password) {
    std::string out;
    out.append(username).append(":").append(realm).append(":").append(password);
    return out;
}

}  // namespace

Integrity check_integrity(const MessageView& message, BytesView key) {
    for (const Attribute attribute : {Attribute::message_integrity_sha256, Attribute::message_integrity}) {
        const auto offset = message.offset_of(attribute);
        const auto value = message.find(attribute);
        if (!offset || !value) continue;
        const Bytes bytes = covered(message, *offset, value->size());
        bool equal = false;
        if (attribute == Attribute::message_integrity_sha256) {
            const Sha256Digest right = hmac_sha256(key, bytes);
            equal = equal_in_constant_time(*value, BytesView(right).first(std::min(value->size(), right.size())));
        } else {
            equal = equal_in_constant_time(*value, hmac_sha1(key, bytes));
        }
        return equal ? Integrity::right : Integrity::wrong;
    }
    return Integrity::absent;
}

bool has_right_fingerprint(const MessageView& message) noexcept {
    const auto offset = message.offset_of(Attribute::fingerprint);
    // It is the last attribute, so the length in the header counts it and needs no change.
    return offset && message.u32(Attribute::fingerprint) == fingerprint_of(message.bytes().first(*offset));
}

std::uint32_t fingerprint_of(BytesView message) noexcept { return crc32_of(message) ^ 0x5354554eU; }

Md5Digest long_term_key(std::string_view username, std::string_view realm, std::string_view password) {
    return md5(bytes_of(joined(username, realm, password)));
}

Sha256Digest long_term_key_sha256(std::string_view username, std::string_view realm, std::string_view password) {
    return sha256(bytes_of(joined(username, realm, password)));
}

Sha256Digest userhash(std::string_view username, std::string_view realm) {
    std::string text(username);
    text.append(":").append(realm);
    return sha256(bytes_of(text));
}

}  // namespace volley::proto::stun
