// A small https server whose certificate is made on the spot.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace volley::test {

/// Answers every request on 127.0.0.1 with 200 and "secret", keeping connections alive. Its certificate, which it signed itself, names
/// 127.0.0.1 and nothing else.
class TlsServer {
public:
    struct Options {
        std::string names = "IP:127.0.0.1";  ///< of the certificate, in OpenSSL's spelling
        std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
        bool cut = false;    ///< goes after one answer, without the close_notify that TLS ends with
        bool early = false;  ///< answers before it is asked, in one piece with the end of the handshake
        /// What the second request of a connection is answered with, each in a record of its own, all in one flight. Empty: as the first.
        std::vector<std::string> second{};
        bool wants_certificate = false;  ///< asks clients for one, and takes its own
    };
    /// What a client showed in its handshake.
    struct Seen {
        std::string name;  ///< SNI; empty where none was sent
        std::string alpn;  ///< the client's whole list, each with its length before it
        bool resumed = false;
        bool certificate = false;
    };

    TlsServer();
    explicit TlsServer(Options options);
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;
    ~TlsServer();
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// The certificate as a PEM file, for clients that are to trust it; removed with the server.
    [[nodiscard]] const std::string& certificate_file() const noexcept;
    /// Handshakes that succeeded.
    [[nodiscard]] int sessions() const noexcept;
    [[nodiscard]] std::vector<Seen> seen() const;
    /// The client's kernel has all of `second`.
    [[nodiscard]] bool second_arrived() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace volley::test
