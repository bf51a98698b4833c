#include "proto/dtls/record.hpp"

namespace volley::proto::dtls {
namespace {

// Of records: RFC 5246 section 6.2.1.
constexpr std::uint8_t change_cipher_spec = 20;
constexpr std::uint8_t alert = 21;
constexpr std::uint8_t handshake = 22;
constexpr std::uint8_t application_data = 23;
// RFC 5246 section 6.2.3: a ciphertext may be so much longer than its 2^14 bytes of plaintext.
constexpr std::size_t max_record_bytes = 16384 + 2048;
// OpenSSL takes no larger handshake message unless the certificates may be larger, and no more messages ahead of the next one.
constexpr std::uint32_t max_handshake_message_bytes = 18432;
constexpr std::uint16_t max_handshake_sequence = 16;

// Handshake messages in the clear that a client sends, and those that a server sends: RFC 5246 section 7.4, RFC 6347 section 4.3.2.
constexpr std::uint8_t client_hello = 1;
bool sent_by_client(std::uint8_t type) noexcept { return type == client_hello || type == 11 || type == 15 || type == 16; }
bool sent_by_server(std::uint8_t type) noexcept {
    return type == 0 || type == 2 || type == 3 || type == 4 || (type >= 11 && type <= 14) || type == 22;
}

// A record may hold several messages, or fragments of them.
bool handshake_in_the_clear(ByteReader fragments, Role role, Phase phase) noexcept {
    do {
        const std::uint8_t type = fragments.u8();
        const std::uint32_t length = static_cast<std::uint32_t>(fragments.u8()) << 16 | fragments.u16();
        const std::uint16_t sequence = fragments.u16();
        const std::uint32_t offset = static_cast<std::uint32_t>(fragments.u8()) << 16 | fragments.u16();
        const std::uint32_t size = static_cast<std::uint32_t>(fragments.u8()) << 16 | fragments.u16();
        (void)fragments.bytes(size);
        if (!fragments.ok() || length > max_handshake_message_bytes || sequence > max_handshake_sequence ||
            offset + size > length)
            return false;
        // OpenSSL reads a piece of nothing as a message that ended too early.
        if (size == 0 && length != 0) return false;
        if (role == Role::server ? !sent_by_client(type) : !sent_by_server(type)) return false;
        if (phase == Phase::hello && (type != client_hello || sequence != 0)) return false;
    } while (fragments.left() != 0);
    return true;
}

bool in_the_clear(std::uint8_t type, BytesView body, Role role, Phase phase) noexcept {
    switch (type) {
        case change_cipher_spec:
            return phase != Phase::hello && body.size() == 1 && body[0] == 1;
        case alert:
            // A warning says nothing that anybody acts on, but for close_notify, and five of them make OpenSSL give up.
            return phase != Phase::hello && body.size() == 2 && (body[0] == 2 || (body[0] == 1 && body[1] == 0));
        case handshake:
            return handshake_in_the_clear(ByteReader(body), role, phase);
        default:
            return false;
    }
}

}  // namespace

Look look_at(BytesView datagram, Role role, Phase phase) noexcept {
    Look look;
    ByteReader reader(datagram);
    do {
        const std::uint8_t type = reader.u8();
        const std::uint8_t major = reader.u8();
        const std::uint8_t minor = reader.u8();
        const std::uint16_t epoch = reader.u16();
        (void)reader.bytes(6);  // the sequence number
        const std::uint16_t length = reader.u16();
        const BytesView body = reader.bytes(length);
        // A ClientHello's record says DTLS 1.0 (254.255), so that old servers answer; everything else 1.2 (254.253).
        if (!reader.ok() || type < change_cipher_spec || type > application_data || major != 254 ||
            (minor != 255 && minor != 253))
            return {};
        if (length == 0 || length > max_record_bytes) return {};
        // There is one epoch of keys, since nothing is negotiated anew.
        if (epoch > 1 || (epoch == 1 && phase == Phase::hello)) return {};
        if (epoch == 1) {
            look.encrypted = true;
        } else if (phase != Phase::connected && !in_the_clear(type, body, role, phase)) {
            return {};
        }
    } while (reader.left() != 0);
    // Late packets of the handshake: a connected association has no use for what is in the clear.
    look.plausible = phase != Phase::connected || look.encrypted;
    return look;
}

}  // namespace volley::proto::dtls
