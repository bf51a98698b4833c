// One DTLS association as bytes in and bytes out, whatever library is behind it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "proto/dtls/fingerprint.hpp"

#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley::proto::dtls {

/// `setup:active` of SDP is the client (RFC 8842 section 5.2).
enum class Role : std::uint8_t { client, server };

/// Protection profiles by their numbers on the wire. Source: RFC 5764 section 4.1.2, RFC 7714 section 14.2.
enum class SrtpProfile : std::uint16_t {
    none = 0,
    aes128_cm_hmac_sha1_80 = 0x0001,
    aead_aes_128_gcm = 0x0007,
    aead_aes_256_gcm = 0x0008
};

/// `SRTP_AES128_CM_HMAC_SHA1_80` and so on; `none`.
[[nodiscard]] std::string_view to_string(SrtpProfile profile) noexcept;

/// Master keys and salts, sorted by who encrypts with them. Source: RFC 5764 section 4.2.
struct SrtpKeys {
    SrtpProfile profile = SrtpProfile::none;
    Bytes local_key;   ///< 16 bytes, 32 for AES-256
    Bytes local_salt;  ///< 14 bytes, 12 for GCM
    Bytes remote_key;
    Bytes remote_salt;
};

/// What an association is told before it begins.
struct SessionConfig {
    Role role = Role::client;
    /// The peer's certificate must match one of these; with none, every handshake fails.
    std::vector<Fingerprint> remote_fingerprints;
    /// Of one datagram during the handshake, UDP's and IP's headers not counted: 1,200 less what IPv6 and UDP take.
    std::size_t handshake_packet_bytes = 1200 - 48;
    /// Until a flight is sent again for the first time; each time doubles that, up to max_retransmit. RFC 6347 section 4.2.4.1 says a second;
    /// DTLS of WebRTC begins on a path that was just seen to work, and libwebrtc takes 50 ms as well.
    Duration first_retransmit = std::chrono::milliseconds(50);
    Duration max_retransmit = std::chrono::seconds(3);
    /// From start(), or for a server from the first packet.
    Duration handshake_timeout = std::chrono::seconds(30);
};

enum class Errc {
    not_connected = 1,     ///< the handshake is not done
    closed,                ///< one side has ended the association
    message_too_large,     ///< over max_message_bytes
    queue_full,            ///< the packets that wait for poll_packet() are too many
    handshake_timed_out,   ///< Condition::timeout
    handshake_failed,      ///< Condition::tls
    fingerprint_mismatch,  ///< Condition::tls: the peer is not who signalling said
    peer_alert,            ///< Condition::tls: the peer broke off
    no_srtp,               ///< use_srtp was not negotiated
};
[[nodiscard]] const boost::system::error_category& category() noexcept;
inline error_code make_error_code(Errc e) noexcept { return {static_cast<int>(e), category()}; }

/// What happened, oldest first.
struct Event {
    enum class Kind : std::uint8_t {
        connected,  ///< the peer is who its fingerprint says; keys may be used, data flows
        data,       ///< one record of application data, in `data`
        closed,     ///< the peer said close_notify, or close() was called; the last event
        failed      ///< `error` and `reason` say why; the last event
    };
    Kind kind = Kind::connected;
    Bytes data;
    error_code error;
    std::string reason;  ///< for a person; holds nothing of the peer's but numbers and digests
};

enum class State : std::uint8_t { idle, handshaking, connected, closed, failed };

/// A DTLS 1.2 association (RFC 6347) without socket and clock. The caller moves datagrams: what poll_packet() gives to the peer, what
/// comes from there, told from STUN and RTP by its first byte (20 to 63, RFC 7983), into handle_packet(). After each call of a handle_,
/// start(), send() or close(): poll_packet() and poll_event() until they have nothing, and next_timeout() anew.
///
/// A packet that is not the association's is dropped and changes nothing: garbage, replays, forged or damaged records. Until the handshake
/// is done its packets carry no proof, so an attacker who can send from the peer's address and writes well-formed handshake
/// messages can break it off (RFC 6347 section 4.1.2.7 has no way around that), but never take it over.
/// A ClientHello that comes before the session can be made (its fingerprints may be unknown yet) is kept by the caller and handed in later.
/// Throws: nothing but std::bad_alloc, for any input. Thread safety: one thread at a time.
class Session {
public:
    static constexpr std::size_t max_message_bytes = 16384;  ///< of one record's data: RFC 6347 section 4.1

    Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    /// Begins: a client sends its hello, a server waits for one. Packets may be handed to a server without it.
    virtual void start(TimePoint now) = 0;
    /// One datagram from the peer, of any size and content.
    virtual void handle_packet(TimePoint now, BytesView datagram) = 0;
    /// When next_timeout() has come; harmless before.
    virtual void handle_timeout(TimePoint now) = 0;
    [[nodiscard]] virtual std::optional<TimePoint> next_timeout() const = 0;

    /// Sends one record. Errors: not_connected, closed, message_too_large, queue_full: then nothing of it is sent.
    virtual error_code send(TimePoint now, BytesView data) = 0;
    /// Says close_notify, without waiting for the peer's. During a handshake: breaks it off.
    virtual void close(TimePoint now) = 0;

    /// One datagram for the peer.
    [[nodiscard]] virtual std::optional<Bytes> poll_packet() = 0;
    [[nodiscard]] virtual std::optional<Event> poll_event() = 0;

    [[nodiscard]] virtual State state() const noexcept = 0;
    /// For both directions. Errors: not_connected; no_srtp.
    [[nodiscard]] virtual Result<SrtpKeys> srtp_keys() const = 0;
    /// The cipher suite by OpenSSL's name, for reports; empty until connected.
    [[nodiscard]] virtual std::string_view cipher() const noexcept = 0;
};

}  // namespace volley::proto::dtls

template <>
struct boost::system::is_error_code_enum<volley::proto::dtls::Errc> : std::true_type {};
