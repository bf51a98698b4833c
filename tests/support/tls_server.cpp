#include "support/tls_server.hpp"

#include <array>
#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>

#include "support/raw_server.hpp"

namespace volley::test {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

void require(bool fine, const char* what) {
    if (!fine) throw std::runtime_error(what);
}

void add_extension(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "certificate extension");
    X509_EXTENSION_free(extension);
}

/// Writes key and certificate into one PEM file.
void make_certificate(const std::string& file) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
    require(key && certificate, "certificate");
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("volley test"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), NID_subject_alt_name, "IP:127.0.0.1");
    require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "certificate signature");
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> out(std::fopen(file.c_str(), "we"), &std::fclose);
    require(out && PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
                PEM_write_X509(out.get(), certificate.get()) == 1,
            "certificate file");
}

std::string new_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "volley-tls-XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, "temporary directory");
    return name;
}

}  // namespace

struct TlsServer::Impl {
    Impl() : directory(new_directory()), file(directory + "/server.pem") {
        make_certificate(file);
        tls.use_certificate_chain_file(file);
        tls.use_private_key_file(file, asio::ssl::context::pem);
        server = std::make_unique<RawServer>([this](RawConnection& connection, int) { serve(connection.descriptor()); });
    }
    ~Impl() {
        server.reset();
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }

    void serve(int descriptor) {
        asio::io_context io;
        tcp::socket socket(io, tcp::v4(), ::dup(descriptor));  // the other one is closed by who accepted it
        asio::ssl::stream<tcp::socket&> stream(socket, tls);
        boost::system::error_code ec;
        stream.handshake(asio::ssl::stream_base::server, ec);
        if (ec) return;
        ++sessions;
        std::array<char, 16 * 1024> bytes{};
        std::string text;
        for (;;) {
            const std::size_t n = stream.read_some(asio::buffer(bytes), ec);
            if (ec) return;
            text.append(bytes.data(), n);
            if (!text.ends_with("\r\n\r\n")) continue;
            text.clear();
            asio::write(stream, asio::buffer(std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")), ec);
        }
    }

    std::string directory;
    std::string file;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    std::atomic<int> sessions{0};
    std::unique_ptr<RawServer> server;
};

TlsServer::TlsServer() : impl_(std::make_unique<Impl>()) {}
TlsServer::~TlsServer() = default;
std::uint16_t TlsServer::port() const noexcept { return impl_->server->port(); }
const std::string& TlsServer::certificate_file() const noexcept { return impl_->file; }
int TlsServer::sessions() const noexcept { return impl_->sessions; }

}  // namespace volley::test
