// DTLS by OpenSSL 3.0. Everything of OpenSSL stays behind this header.
#pragma once

#include <memory>
#include <vector>

#include "proto/dtls/session.hpp"

namespace volley::proto::dtls {

class OpensslContext;

/// A certificate with its key, and what all associations that use it share: about a millisecond of work, so a process makes one and
/// hands it to every session; a call that must not be linked with others gets its own. Thread safety: may be shared between threads.
class Identity {
public:
    /// A new ECDSA P-256 key and a certificate that it signs itself (RFC 8827 section 6.5), with a random name and serial number, valid
    /// from yesterday, for clocks that are late, for a year. Throws std::runtime_error where OpenSSL cannot.
    Identity();

    /// Of the certificate, for signalling; each is made once.
    [[nodiscard]] const Fingerprint& fingerprint(HashFunction hash) const noexcept;

private:
    friend std::unique_ptr<Session> make_openssl_session(const Identity&, SessionConfig);
    std::shared_ptr<OpensslContext> context_;
};

/// DTLS 1.2 alone; ECDHE with AEAD ciphers, and AES-CBC for peers that have nothing better; certificates required of both sides;
/// no renegotiation, tickets or cached sessions. Needs no more of `identity` afterwards than it shares.
///
/// Time: OpenSSL asks gettimeofday(2) itself, so its retransmission timer follows the wall clock. next_timeout() is that timer's
/// remaining time from the `now` of the last call on; a wall clock that jumps back delays retransmissions, up to handshake_timeout.
/// Memory: 75 KiB during the handshake, 40 KiB after it; while it is under way a hostile peer can raise it by at most 1 MiB.
[[nodiscard]] std::unique_ptr<Session> make_openssl_session(const Identity& identity, SessionConfig config);

}  // namespace volley::proto::dtls
