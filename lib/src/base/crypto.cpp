#include "base/crypto.hpp"

#include <new>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

namespace volley {
namespace {

template <class Digest>
Digest digest(const EVP_MD* kind, BytesView bytes) {
    Digest out{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, kind, nullptr) != 1 || size != out.size())
        throw std::bad_alloc();
    return out;
}

template <class Digest>
Digest hmac(const EVP_MD* kind, BytesView key, BytesView bytes) {
    // A null key means "the one from before" to libcrypto, so an empty one must point somewhere.
    static constexpr std::uint8_t nothing = 0;
    const void* const key_data = key.empty() ? &nothing : key.data();
    Digest out{};
    unsigned size = 0;
    if (HMAC(kind, key_data, static_cast<int>(key.size()), bytes.data(), bytes.size(), out.data(), &size) == nullptr ||
        size != out.size())
        throw std::bad_alloc();
    return out;
}

}  // namespace

Md5Digest md5(BytesView bytes) { return digest<Md5Digest>(EVP_md5(), bytes); }
Sha256Digest sha256(BytesView bytes) { return digest<Sha256Digest>(EVP_sha256(), bytes); }
Sha1Digest hmac_sha1(BytesView key, BytesView bytes) { return hmac<Sha1Digest>(EVP_sha1(), key, bytes); }
Sha256Digest hmac_sha256(BytesView key, BytesView bytes) { return hmac<Sha256Digest>(EVP_sha256(), key, bytes); }

bool equal_in_constant_time(BytesView a, BytesView b) noexcept {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

std::uint32_t crc32_of(BytesView bytes) noexcept { return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size())); }

}  // namespace volley
