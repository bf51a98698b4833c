// A small https server whose certificate is made on the spot.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace volley::test {

/// Answers every request on 127.0.0.1 with 200 and "secret", keeping connections alive. Its certificate, which it signed itself, names
/// 127.0.0.1 and nothing else.
class TlsServer {
public:
    TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;
    ~TlsServer();
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// The certificate as a PEM file, for clients that are to trust it; removed with the server.
    [[nodiscard]] const std::string& certificate_file() const noexcept;
    /// Handshakes that succeeded.
    [[nodiscard]] int sessions() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace volley::test
