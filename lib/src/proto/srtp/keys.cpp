#include "proto/srtp/keys.hpp"

#include <algorithm>
#include <new>

#include <openssl/crypto.h>

#include "proto/srtp/evp.hpp"

namespace volley::proto::srtp {

Secret::Secret(BytesView bytes) noexcept : size_(std::min(bytes.size(), most)) {
    std::copy_n(bytes.begin(), size_, bytes_.begin());
}

Secret::~Secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

// client key | server key | client salt | server salt
std::optional<ExportedKeys> split_exported(Profile profile, BytesView material) {
    if (material.size() != exported_bytes(profile)) return std::nullopt;
    const std::size_t key = key_bytes(profile);
    const std::size_t salt = salt_bytes(profile);
    return ExportedKeys{{profile, Secret(material.first(key)), Secret(material.subspan(2 * key, salt))},
                        {profile, Secret(material.subspan(key, key)), Secret(material.subspan(2 * key + salt, salt))}};
}

namespace {

// AES in counter mode over zeros; the label stands in the eighth byte of the salt, which AEAD's twelve bytes are filled up for.
Secret generate(CipherContext& cipher, BytesView salt, std::uint8_t label, std::size_t size) {
    Iv iv{};
    std::copy(salt.begin(), salt.end(), iv.begin());
    iv[7] ^= label;
    std::array<std::uint8_t, Secret::most> zeros{};
    if (!cipher.apply(iv, std::span(zeros).first(size))) throw std::bad_alloc();
    Secret out(BytesView(zeros).first(size));
    OPENSSL_cleanse(zeros.data(), zeros.size());
    return out;
}

}  // namespace

SessionKeys derive(const MasterKey& master, Kind kind) {
    CipherContext cipher(master.key.view().size() == 32 ? CipherContext::Mode::ctr_256 : CipherContext::Mode::ctr_128,
                         master.key.view(), true);
    // RFC 3711 section 4.3.2; those of RTCP come three later.
    const std::uint8_t first = kind == Kind::rtp ? 0 : 3;
    const auto label = [first](int offset) { return static_cast<std::uint8_t>(first + offset); };
    const BytesView salt = master.salt.view();
    constexpr std::size_t sha1_key = 20;
    SessionKeys out;
    out.cipher = generate(cipher, salt, label(0), key_bytes(master.profile));
    if (!is_aead(master.profile)) out.authentication = generate(cipher, salt, label(1), sha1_key);
    out.salt = generate(cipher, salt, label(2), salt_bytes(master.profile));
    return out;
}

}  // namespace volley::proto::srtp
