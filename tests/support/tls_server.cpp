#include "support/tls_server.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
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
void make_certificate(const std::string& file, const std::string& names) {
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
    add_extension(certificate.get(), NID_subject_alt_name, names.c_str());
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
    explicit Impl(Options with) : options(std::move(with)), directory(new_directory()), file(directory + "/server.pem") {
        make_certificate(file, options.names);
        tls.use_certificate_chain_file(file);
        tls.use_private_key_file(file, asio::ssl::context::pem);
        SSL_CTX* const context = tls.native_handle();
        // Without one, sessions of clients with certificates are not resumed.
        constexpr unsigned char id[] = "volley test";
        SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
        SSL_CTX_set_alpn_select_cb(context, &Impl::select_alpn, nullptr);
        // Before 1.3 the server's is the last word of a handshake.
        if (options.early) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
        if (options.wants_certificate) {
            tls.load_verify_file(file);
            tls.set_verify_mode(asio::ssl::verify_peer);
        }
        server = std::make_unique<RawServer>([this](RawConnection& connection, int) { serve(connection.descriptor()); });
    }
    ~Impl() {
        server.reset();
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }

    /// Takes HTTP/1.1 where it is offered. A handshake stays on its thread.
    static int select_alpn(SSL* /*ssl*/, const unsigned char** out, unsigned char* size, const unsigned char* list,
                           unsigned list_size, void* /*unused*/) {
        offered.assign(reinterpret_cast<const char*>(list), list_size);
        static constexpr unsigned char ours[] = "\x08http/1.1";
        unsigned char* chosen = nullptr;
        const int result = SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, list, list_size);
        *out = chosen;
        return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
    }

    void note(SSL* ssl) {
        Seen one;
        if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) one.name = name;
        one.alpn = offered;
        one.resumed = SSL_session_reused(ssl) == 1;
        one.certificate = SSL_get0_peer_certificate(ssl) != nullptr;
        const std::scoped_lock lock(mutex);
        seen.push_back(std::move(one));
    }

    void serve(int descriptor) {
        asio::io_context io;
        tcp::socket socket(io, tcp::v4(), ::dup(descriptor));  // the other one is closed by who accepted it
        asio::ssl::stream<tcp::socket&> stream(socket, tls);
        offered.clear();
        if (options.early) cork(descriptor, true);
        boost::system::error_code ec;
        stream.handshake(asio::ssl::stream_base::server, ec);
        if (ec) return;
        note(stream.native_handle());
        ++sessions;
        if (options.early) {
            asio::write(stream, asio::buffer(options.answer), ec);
            cork(descriptor, false);
        }
        std::array<char, 16 * 1024> bytes{};
        std::string text;
        for (int request = 1;; ++request) {
            const std::size_t n = stream.read_some(asio::buffer(bytes), ec);
            if (ec) return;
            text.append(bytes.data(), n);
            if (!text.ends_with("\r\n\r\n")) {
                --request;
                continue;
            }
            text.clear();
            if (request == 2 && !options.second.empty())
                send_second(stream, descriptor);
            else if (!options.early)
                asio::write(stream, asio::buffer(options.answer), ec);
            if (options.cut) return;
        }
    }

    void send_second(asio::ssl::stream<tcp::socket&>& stream, int descriptor) {
        cork(descriptor, true);
        boost::system::error_code ec;
        for (const auto& record : options.second) asio::write(stream, asio::buffer(record), ec);
        cork(descriptor, false);
        int on_the_way = 1;
        while (::ioctl(descriptor, SIOCOUTQ, &on_the_way) == 0 && on_the_way > 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        second_arrived = true;
    }

    static void cork(int descriptor, int on) { ::setsockopt(descriptor, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }

    static thread_local std::string offered;
    const Options options;
    std::string directory;
    std::string file;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    std::atomic<int> sessions{0};
    std::atomic<bool> second_arrived{false};
    mutable std::mutex mutex;
    std::vector<Seen> seen;
    std::unique_ptr<RawServer> server;
};

thread_local std::string TlsServer::Impl::offered;

TlsServer::TlsServer() : TlsServer(Options()) {}
TlsServer::TlsServer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
TlsServer::~TlsServer() = default;
std::uint16_t TlsServer::port() const noexcept { return impl_->server->port(); }
const std::string& TlsServer::certificate_file() const noexcept { return impl_->file; }
int TlsServer::sessions() const noexcept { return impl_->sessions; }
bool TlsServer::second_arrived() const noexcept { return impl_->second_arrived; }
std::vector<TlsServer::Seen> TlsServer::seen() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->seen;
}

}  // namespace volley::test
