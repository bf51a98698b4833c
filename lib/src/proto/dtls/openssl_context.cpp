#include "proto/dtls/openssl_context.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "proto/dtls/openssl_backend.hpp"

namespace volley::proto::dtls {
namespace {

[[noreturn]] void broken(const char* what) {
    const char* const why = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    throw std::runtime_error(std::string("OpenSSL cannot ") + what + (why != nullptr ? std::string(": ") + why : std::string()));
}

void must(bool done, const char* what) {
    if (!done) broken(what);
}

// --- the BIO ---------------------------------------------------------------------------------------------------------

DatagramPipe& pipe_of(BIO* bio) noexcept { return *static_cast<DatagramPipe*>(BIO_get_data(bio)); }

// A memory BIO would join the records of a flight into one read, which may be larger than any path takes.
int write_datagram(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(data);
    // An exception must not pass through C; a packet that is not sent is as good as one that was lost.
    try {
        pipe_of(bio).out.emplace_back(bytes, bytes + size);
    } catch (const std::bad_alloc&) {
        return size;
    }
    return size;
}

int read_datagram(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    DatagramPipe& pipe = pipe_of(bio);
    if (pipe.in.empty() || size <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const std::size_t taken = std::min(pipe.in.size(), static_cast<std::size_t>(size));
    std::copy_n(pipe.in.begin(), taken, reinterpret_cast<std::uint8_t*>(data));
    pipe.in = {};  // as of a socket: what the reader had no room for is gone
    return static_cast<int>(taken);
}

// Nothing waits in a buffer, and OpenSSL need not ask for the MTU, which is set.
long control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BioMethodPtr make_bio_method() {
    BioMethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams in memory"));
    must(method != nullptr, "make a BIO method");
    BIO_meth_set_write(method.get(), write_datagram);
    BIO_meth_set_read(method.get(), read_datagram);
    BIO_meth_set_ctrl(method.get(), control);
    return method;
}

// --- the certificate -------------------------------------------------------------------------------------------------

struct Certified {
    PkeyPtr key;
    X509Ptr certificate;
};

Certified make_certificate() {
    Certified made;
    made.key.reset(EVP_EC_gen("P-256"));
    must(made.key != nullptr, "make a P-256 key");
    made.certificate.reset(X509_new());
    X509* const x509 = made.certificate.get();
    must(x509 != nullptr && X509_set_version(x509, X509_VERSION_3) == 1, "make a certificate");

    std::array<std::uint8_t, 16> random{};
    must(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1, "make random numbers");
    random[0] = static_cast<std::uint8_t>((random[0] & 0x7f) | 0x40);  // RFC 5280 section 4.1.2.2: a positive number
    const std::unique_ptr<BIGNUM, Freed<BN_free>> serial(BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr));
    must(serial != nullptr && BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x509)) != nullptr, "number a certificate");
    constexpr long day = 24 * 60 * 60;
    must(X509_gmtime_adj(X509_getm_notBefore(x509), -day) != nullptr &&
             X509_gmtime_adj(X509_getm_notAfter(x509), 365 * day) != nullptr,
         "date a certificate");
    X509_NAME* const name = X509_get_subject_name(x509);
    // Nobody reads it, and a constant would tell what software this is (RFC 8827 section 6.5 wants nothing that identifies).
    const std::string common_name =
        to_string(Fingerprint{HashFunction::sha_256, Bytes(random.begin() + 8, random.end())}).substr(8);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                                    0) == 1 &&
             X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, made.key.get()) == 1,
         "name a certificate");
    must(X509_sign(x509, made.key.get(), EVP_sha256()) != 0, "sign a certificate");
    return made;
}

// --- the peer --------------------------------------------------------------------------------------------------------

int peer_check_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

void hold_to_fingerprints(const X509& certificate, PeerCheck& check) {
    check.mismatch.clear();
    check.matched = false;
    for (const Fingerprint& expected : *check.expected) {
        const Fingerprint actual = fingerprint_of(certificate, expected.hash);
        if (actual == expected) {
            check.matched = true;
            return;
        }
        check.mismatch += check.mismatch.empty()
                              ? "the peer's certificate has the fingerprint " + to_string(actual) + ", and signalling said "
                              : " or ";
        check.mismatch += to_string(expected);
    }
    if (check.mismatch.empty()) check.mismatch = "signalling named no fingerprint of the peer that can be checked";
}

// In place of the check of a chain: who signed it does not matter (RFC 8827 section 6.5), only whose it is.
int verify_peer(X509_STORE_CTX* store, void*) {
    auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* const check = static_cast<PeerCheck*>(SSL_get_ex_data(ssl, peer_check_index()));
    const X509* const certificate = X509_STORE_CTX_get0_cert(store);
    bool matched = false;
    if (check != nullptr && certificate != nullptr) {
        try {
            hold_to_fingerprints(*certificate, *check);
            matched = check->matched;
        } catch (const std::bad_alloc&) {
            check->mismatch.clear();
            check->matched = false;
        }
    }
    X509_STORE_CTX_set_error(store, matched ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return matched ? 1 : 0;
}

SslCtxPtr make_ssl_ctx(const Certified& certified) {
    SslCtxPtr made(SSL_CTX_new(DTLS_method()));
    SSL_CTX* const ctx = made.get();
    must(ctx != nullptr, "make a DTLS context");
    must(SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1 && SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) == 1,
         "choose DTLS 1.2");
    // The last group for peers without AEAD; RFC 8827 section 6.5 wants the first cipher of all.
    must(SSL_CTX_set_cipher_list(ctx,
                                 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
                                 "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA") == 1,
         "choose ciphers");
    must(SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1, "choose groups");
    must(SSL_CTX_set_tlsext_use_srtp(ctx, "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80") == 0,
         "offer SRTP");
    must(SSL_CTX_use_certificate(ctx, certified.certificate.get()) == 1 && SSL_CTX_use_PrivateKey(ctx, certified.key.get()) == 1,
         "use a certificate");
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx, 1);  // a datagram is read whole or lost
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(ctx, verify_peer, nullptr);
    // A single certificate each; 100 KiB, the default, could be made to wait ten times over for the fragments in between.
    SSL_CTX_set_max_cert_list(ctx, 16 * 1024);
    return made;
}

const EVP_MD* digest_of(HashFunction hash) noexcept {
    switch (hash) {
        case HashFunction::sha_256:
            return EVP_sha256();
        case HashFunction::sha_384:
            return EVP_sha384();
        case HashFunction::sha_512:
            return EVP_sha512();
    }
    return EVP_sha256();
}

}  // namespace

Fingerprint fingerprint_of(const X509& certificate, HashFunction hash) {
    Fingerprint fingerprint{hash, Bytes(EVP_MAX_MD_SIZE)};
    unsigned size = 0;
    if (X509_digest(&certificate, digest_of(hash), fingerprint.digest.data(), &size) != 1) throw std::bad_alloc();
    fingerprint.digest.resize(size);
    return fingerprint;
}

OpensslContext::OpensslContext() : bio_method_(make_bio_method()) {
    const Certified certified = make_certificate();
    ssl_ctx_ = make_ssl_ctx(certified);
    for (const HashFunction hash : {HashFunction::sha_256, HashFunction::sha_384, HashFunction::sha_512}) {
        fingerprints_[static_cast<std::size_t>(hash)] = fingerprint_of(*certified.certificate, hash);
    }
}

SslPtr OpensslContext::make_ssl(DatagramPipe& pipe, PeerCheck& check) const {
    SslPtr ssl(SSL_new(ssl_ctx_.get()));
    BIO* const bio = BIO_new(bio_method_.get());
    if (ssl == nullptr || bio == nullptr || SSL_set_ex_data(ssl.get(), peer_check_index(), &check) != 1) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, &pipe);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl.get(), bio, bio);
    return ssl;
}

Identity::Identity() : context_(std::make_shared<OpensslContext>()) {}

const Fingerprint& Identity::fingerprint(HashFunction hash) const noexcept { return context_->fingerprint(hash); }

}  // namespace volley::proto::dtls
