// TLS on a client's sockets: OpenSSL's context and sessions, one for each origin and thread.
#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include <volley/client/transport.hpp>

namespace volley::client {

struct SslFree {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

/// Certificates, verification, ALPN `http/1.1` and the newest session, which later connections resume (RFC 8446 section 2.2).
/// Thread safety: none.
class TlsClient {
public:
    explicit TlsClient(const Target& target);
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;
    ~TlsClient();

    /// Why no connection can be made (an unreadable certificate file, say); empty where one can.
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

    /// A TLS state for a connected socket, which it does not own: name sent (SNI, names only: RFC 6066 section 3), to be verified
    /// (RFC 9110 section 4.3.4), session offered. Null when memory ends.
    [[nodiscard]] SslPtr begin(int descriptor);

    /// Whether the last read(2) for it gave as much as was asked for, so that more may lie in the socket.
    [[nodiscard]] static bool read_was_full(SSL* ssl) noexcept;

    /// In words, why a handshake failed.
    [[nodiscard]] static std::string explain(SSL* ssl);

private:
    static int keep_session(SSL* ssl, SSL_SESSION* session);

    std::string host_;
    bool is_address_ = false;
    bool verify_ = true;
    SSL_CTX* context_ = nullptr;
    SSL_SESSION* session_ = nullptr;
    std::string trouble_;
};

}  // namespace volley::client
