// What the sessions of one certificate share.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "proto/dtls/session.hpp"

namespace volley::proto::dtls {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* p) const noexcept {
        Free(p);
    }
};
using SslPtr = std::unique_ptr<SSL, Freed<SSL_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using BioMethodPtr = std::unique_ptr<BIO_METHOD, Freed<BIO_meth_free>>;

/// Where a BIO of OpensslContext reads and writes: one datagram in, any number out, each write one datagram.
struct DatagramPipe {
    BytesView in;  // nothing: what is asked for comes later
    std::deque<Bytes> out;
};

/// What the verification of the peer's certificate needs and says, while a handshake runs.
struct PeerCheck {
    const std::vector<Fingerprint>* expected = nullptr;
    bool matched = false;
    std::string mismatch;  // in words, once there was one
};

class OpensslContext {
public:
    OpensslContext();  // throws std::runtime_error

    [[nodiscard]] const Fingerprint& fingerprint(HashFunction hash) const noexcept {
        return fingerprints_[static_cast<std::size_t>(hash)];
    }
    /// An association without a role yet, whose BIO reads and writes `pipe`, and whose peer is held to `check`; both must outlive it.
    [[nodiscard]] SslPtr make_ssl(DatagramPipe& pipe, PeerCheck& check) const;

private:
    BioMethodPtr bio_method_;  // must outlive every BIO, so sessions share this object
    SslCtxPtr ssl_ctx_;
    std::array<Fingerprint, 3> fingerprints_;
};

/// @param certificate  of either side. Throws std::bad_alloc where OpenSSL has no memory.
[[nodiscard]] Fingerprint fingerprint_of(const X509& certificate, HashFunction hash);

}  // namespace volley::proto::dtls
