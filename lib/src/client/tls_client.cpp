#include "client/tls_client.hpp"

#include <cerrno>
#include <cstdint>

#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ip/address.hpp>

namespace volley::client {
namespace {

std::string last_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* text = ERR_reason_error_string(code);
    if (text != nullptr) return text;
    if (ERR_GET_LIB(code) == ERR_LIB_SYS)
        return boost::system::error_code(ERR_GET_REASON(code), boost::system::system_category()).message();
    return "unknown TLS error";
}

// OpenSSL's own BIO for sockets writes with write(2), which ends a program by SIGPIPE where the peer has gone.

int descriptor_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int after(BIO* bio, ssize_t result, int retry) {
    BIO_clear_retry_flags(bio);
    if (result < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
    return static_cast<int>(result);
}

int write_socket(BIO* bio, const char* data, int size) {
    return after(bio, ::send(descriptor_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL), BIO_FLAGS_WRITE);
}

/// A flag of ours among OpenSSL's, which leave this bit alone.
constexpr int read_full = 0x10000;

int read_socket(BIO* bio, char* data, int size) {
    const auto n = ::recv(descriptor_of(bio), data, static_cast<std::size_t>(size), 0);
    BIO_clear_flags(bio, read_full);
    if (n == size) BIO_set_flags(bio, read_full);
    if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return after(bio, n, BIO_FLAGS_READ);
}

long control_socket(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
        if (made == nullptr) return made;
        BIO_meth_set_write(made, &write_socket);
        BIO_meth_set_read(made, &read_socket);
        BIO_meth_set_ctrl(made, &control_socket);
        return made;
    }();
    return method;
}

/// Null when memory ends.
BIO* new_socket_bio(int descriptor) {
    BIO* bio = socket_method() != nullptr ? BIO_new(socket_method()) : nullptr;
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace

TlsClient::TlsClient(const Target& target) : host_(target.host), verify_(target.tls.verify) {
    boost::system::error_code not_address;
    boost::asio::ip::make_address(host_, not_address);
    is_address_ = !not_address;

    ERR_clear_error();
    context_ = SSL_CTX_new(TLS_client_method());
    if (context_ == nullptr) {
        trouble_ = "TLS cannot be set up: " + last_reason();
        return;
    }
    // One read(2) takes what is there, not first each record's head; idle connections hold no buffers.
    SSL_CTX_set_read_ahead(context_, 1);
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    constexpr unsigned char alpn[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context_, alpn, sizeof alpn - 1);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context_, this);
    SSL_CTX_sess_set_new_cb(context_, &TlsClient::keep_session);

    SSL_CTX_set_verify(context_, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (verify_) {
        const bool found = target.tls.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context_) == 1
                                                      : SSL_CTX_load_verify_file(context_, target.tls.ca_file.c_str()) == 1;
        if (!found) trouble_ = "cannot read the certificate authorities " + target.tls.ca_file + ": " + last_reason();
    }
    if (target.tls.cert_file.empty()) return;
    const auto& key = target.tls.key_file.empty() ? target.tls.cert_file : target.tls.key_file;
    if (SSL_CTX_use_certificate_chain_file(context_, target.tls.cert_file.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) != 1)
        trouble_ = "cannot use the client certificate " + target.tls.cert_file + ": " + last_reason();
}

TlsClient::~TlsClient() {
    SSL_SESSION_free(session_);
    SSL_CTX_free(context_);
}

int TlsClient::keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* self = static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    SSL_SESSION_free(self->session_);
    self->session_ = session;
    return 1;  // ours now
}

SslPtr TlsClient::begin(int descriptor) {
    ERR_clear_error();
    SslPtr ssl(SSL_new(context_));
    BIO* const socket = ssl ? new_socket_bio(descriptor) : nullptr;
    if (socket == nullptr) return nullptr;
    SSL_set_bio(ssl.get(), socket, socket);  // its owner now
    if (is_address_) {
        if (verify_) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host_.c_str());
    } else {
        SSL_set_tlsext_host_name(ssl.get(), host_.c_str());
        if (verify_) SSL_set1_host(ssl.get(), host_.c_str());
    }
    if (session_ != nullptr && SSL_SESSION_is_resumable(session_) == 1) SSL_set_session(ssl.get(), session_);
    SSL_set_connect_state(ssl.get());
    return ssl;
}

bool TlsClient::read_was_full(SSL* ssl) noexcept { return BIO_test_flags(SSL_get_rbio(ssl), read_full) != 0; }

std::string TlsClient::explain(SSL* ssl) {
    const long verify = SSL_get_verify_result(ssl);
    return verify != X509_V_OK ? X509_verify_cert_error_string(verify) : last_reason();
}

}  // namespace volley::client
