// Addresses of packets, for code that knows no socket.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace volley {

/// An IPv4 or IPv6 address, without a zone. An IPv4-mapped IPv6 address is one of IPv6; see unmapped().
class IpAddress {
public:
    /// 0.0.0.0
    constexpr IpAddress() noexcept = default;
    [[nodiscard]] static IpAddress v4(std::uint32_t host_order) noexcept;
    /// @param bytes  4 or 16 of them in network order; nothing for any other number.
    [[nodiscard]] static std::optional<IpAddress> from_bytes(BytesView bytes) noexcept;
    /// Reads `192.0.2.1` and `2001:db8::1` (RFC 4291 section 2.2; no zone, no brackets, no octal numbers). Nothing for any other text.
    [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text) noexcept;

    [[nodiscard]] bool is_v4() const noexcept { return size_ == 4; }
    [[nodiscard]] bool is_v6() const noexcept { return size_ == 16; }
    /// 4 or 16 bytes in network order; borrowed from this object.
    [[nodiscard]] BytesView bytes() const noexcept { return {bytes_.data(), size_}; }
    [[nodiscard]] bool is_unspecified() const noexcept;
    [[nodiscard]] bool is_loopback() const noexcept;    ///< 127.0.0.0/8, ::1
    [[nodiscard]] bool is_link_local() const noexcept;  ///< 169.254.0.0/16, fe80::/10
    [[nodiscard]] bool is_multicast() const noexcept;   ///< 224.0.0.0/4, 255.255.255.255, ff00::/8
    /// The IPv4 address within ::ffff:0:0/96, else the address itself.
    [[nodiscard]] IpAddress unmapped() const noexcept;
    /// As RFC 5952 writes it.
    [[nodiscard]] std::string to_string() const;

    auto operator<=>(const IpAddress&) const = default;

private:
    std::uint8_t size_ = 4;
    std::array<std::uint8_t, 16> bytes_{};
};

/// An address and a port.
struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;

    /// `192.0.2.1:80`, `[2001:db8::1]:80`
    [[nodiscard]] std::string to_string() const;
    /// Reads what to_string() writes.
    [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text) noexcept;
    auto operator<=>(const Endpoint&) const = default;
};

}  // namespace volley
