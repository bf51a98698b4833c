#include "proto/srtp/evp.hpp"

#include <new>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace volley::proto::srtp {
namespace {

// Fetched once for the process, since a fetch takes locks and a look through the providers; never freed, since libcrypto may be gone
// before static objects are.
const EVP_CIPHER* cipher_of(CipherContext::Mode mode) {
    const auto fetch = [](const char* name) { return EVP_CIPHER_fetch(nullptr, name, nullptr); };
    static const EVP_CIPHER* const ctr_128 = fetch("AES-128-CTR");
    static const EVP_CIPHER* const ctr_256 = fetch("AES-256-CTR");
    static const EVP_CIPHER* const gcm_128 = fetch("AES-128-GCM");
    static const EVP_CIPHER* const gcm_256 = fetch("AES-256-GCM");
    switch (mode) {
        case CipherContext::Mode::ctr_128:
            return ctr_128;
        case CipherContext::Mode::ctr_256:
            return ctr_256;
        case CipherContext::Mode::gcm_128:
            return gcm_128;
        case CipherContext::Mode::gcm_256:
            return gcm_256;
    }
    return nullptr;
}

EVP_MAC* hmac() {
    static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    return mac;
}

// Callers keep packets below 64 KiB.
int int_size(std::size_t size) noexcept { return static_cast<int>(size); }

bool feed(EVP_CIPHER_CTX* context, std::uint8_t* out, const std::uint8_t* in, std::size_t size) noexcept {
    int written = 0;
    // Of no bytes there may be no address, and OpenSSL takes that for the end.
    return size == 0 || EVP_CipherUpdate(context, out, &written, in, int_size(size)) == 1;
}

// A packet that does not authenticate leaves an error behind, which another user of this thread's queue would take for its own.
bool failed() noexcept {
    ERR_clear_error();
    return false;
}

}  // namespace

void CipherContext::Free::operator()(evp_cipher_ctx_st* context) const noexcept { EVP_CIPHER_CTX_free(context); }
void MacContext::Free::operator()(evp_mac_ctx_st* context) const noexcept { EVP_MAC_CTX_free(context); }

CipherContext::CipherContext(Mode mode, BytesView key, bool encrypts) : context_(EVP_CIPHER_CTX_new()) {
    const EVP_CIPHER* cipher = cipher_of(mode);
    if (!context_ || cipher == nullptr || static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher)) != key.size() ||
        EVP_CipherInit_ex2(context_.get(), cipher, key.data(), nullptr, encrypts ? 1 : 0, nullptr) != 1) {
        (void)failed();
        throw std::bad_alloc();
    }
}

bool CipherContext::apply(const Iv& iv, std::span<std::uint8_t> bytes) noexcept {
    if (EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, iv.data(), -1, nullptr) != 1) return failed();
    return feed(context_.get(), bytes.data(), bytes.data(), bytes.size()) || failed();
}

bool CipherContext::seal(const Iv& iv, BytesView associated, BytesView more_associated, std::span<std::uint8_t> bytes,
                         std::span<std::uint8_t, tag_bytes> tag) noexcept {
    EVP_CIPHER_CTX* const context = context_.get();
    int written = 0;
    std::uint8_t none = 0;
    const bool done = EVP_CipherInit_ex2(context, nullptr, nullptr, iv.data(), -1, nullptr) == 1 &&
                      feed(context, nullptr, associated.data(), associated.size()) &&
                      feed(context, nullptr, more_associated.data(), more_associated.size()) &&
                      feed(context, bytes.data(), bytes.data(), bytes.size()) &&
                      EVP_CipherFinal_ex(context, &none, &written) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, int_size(tag_bytes), tag.data()) == 1;
    return done || failed();
}

bool CipherContext::open(const Iv& iv, BytesView associated, BytesView more_associated, std::span<std::uint8_t> bytes,
                         std::span<const std::uint8_t, tag_bytes> tag) noexcept {
    EVP_CIPHER_CTX* const context = context_.get();
    int written = 0;
    std::uint8_t none = 0;
    std::array<std::uint8_t, tag_bytes> copy{};  // libcrypto takes it as one that it might write to
    std::copy(tag.begin(), tag.end(), copy.begin());
    const bool done = EVP_CipherInit_ex2(context, nullptr, nullptr, iv.data(), -1, nullptr) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, int_size(tag_bytes), copy.data()) == 1 &&
                      feed(context, nullptr, associated.data(), associated.size()) &&
                      feed(context, nullptr, more_associated.data(), more_associated.size()) &&
                      feed(context, bytes.data(), bytes.data(), bytes.size()) &&
                      EVP_CipherFinal_ex(context, &none, &written) == 1;
    return done || failed();
}

MacContext::MacContext(BytesView key) {
    EVP_MAC* const mac = hmac();
    char digest_name[] = "SHA1";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                     OSSL_PARAM_construct_end()};
    if (mac != nullptr) context_.reset(EVP_MAC_CTX_new(mac));
    if (!context_ || EVP_MAC_init(context_.get(), key.data(), key.size(), parameters) != 1) {
        (void)failed();
        throw std::bad_alloc();
    }
}

bool MacContext::digest(BytesView bytes, BytesView more, Digest& out) noexcept {
    std::size_t size = 0;
    // Without a key: begins anew with the one that it has.
    const bool done = EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 &&
                      EVP_MAC_update(context_.get(), bytes.data(), bytes.size()) == 1 &&
                      (more.empty() || EVP_MAC_update(context_.get(), more.data(), more.size()) == 1) &&
                      EVP_MAC_final(context_.get(), out.data(), &size, out.size()) == 1 && size == out.size();
    return done || failed();
}

}  // namespace volley::proto::srtp
