// OpenSSL's ciphers and HMAC, keyed once: a packet only sets the IV. That is what makes them fast.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"

struct evp_cipher_ctx_st;
struct evp_mac_ctx_st;

namespace volley::proto::srtp {

using Iv = std::array<std::uint8_t, 16>;  ///< of which GCM takes the first twelve

/// One cipher with one key, for one direction. Not to be copied; moved it may be. Thread safety: as a plain value.
class CipherContext {
public:
    enum class Mode : std::uint8_t { ctr_128, ctr_256, gcm_128, gcm_256 };
    static constexpr std::size_t tag_bytes = 16;  ///< of GCM

    /// Throws std::bad_alloc where libcrypto cannot make it.
    CipherContext(Mode mode, BytesView key, bool encrypts);

    /// Counter mode, in place; the same for both directions. @return false where libcrypto fails.
    [[nodiscard]] bool apply(const Iv& iv, std::span<std::uint8_t> bytes) noexcept;
    /// GCM, in place.
    [[nodiscard]] bool seal(const Iv& iv, BytesView associated, BytesView more_associated, std::span<std::uint8_t> bytes,
                            std::span<std::uint8_t, tag_bytes> tag) noexcept;
    /// GCM, in place. @return false where the tag is not theirs; `bytes` then hold nothing of use.
    [[nodiscard]] bool open(const Iv& iv, BytesView associated, BytesView more_associated, std::span<std::uint8_t> bytes,
                            std::span<const std::uint8_t, tag_bytes> tag) noexcept;

private:
    struct Free {
        void operator()(evp_cipher_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

/// HMAC-SHA1 with one key. Thread safety: as a plain value.
class MacContext {
public:
    using Digest = std::array<std::uint8_t, 20>;

    /// Throws std::bad_alloc where libcrypto cannot make it.
    explicit MacContext(BytesView key);

    /// @return false where libcrypto fails.
    [[nodiscard]] bool digest(BytesView bytes, BytesView more, Digest& out) noexcept;

private:
    struct Free {
        void operator()(evp_mac_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

}  // namespace volley::proto::srtp
