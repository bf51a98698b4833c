// STUN messages: reading and writing. Source: RFC 8489 sections 5 and 14, RFC 8445 section 16.1, RFC 8656 section 18.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <volley/error.hpp>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"

namespace volley::proto::stun {

enum class Errc {
    not_stun = 1,   ///< the first bits, the cookie or the size say that this is something else (RFC 7983)
    bad_length,     ///< the length in the header is not what came, or no multiple of four
    bad_attribute,  ///< an attribute reaches over the end, has a size or value that its kind cannot have, or follows FINGERPRINT
    too_many_attributes,  ///< more than MessageView::most_attributes
};
[[nodiscard]] const boost::system::error_category& stun_category() noexcept;
inline error_code make_error_code(Errc e) noexcept { return {static_cast<int>(e), stun_category()}; }

enum class MessageClass : std::uint8_t { request = 0, indication = 1, success = 2, error = 3 };

/// Any other number may come from a peer as well.
enum class Method : std::uint16_t {
    binding = 0x001,
    allocate = 0x003,
    refresh = 0x004,
    send = 0x006,
    data = 0x007,
    create_permission = 0x008,
    channel_bind = 0x009,
};

/// From 0x8000 on a receiver may pass over those that it does not know.
enum class Attribute : std::uint16_t {
    mapped_address = 0x0001,
    username = 0x0006,
    message_integrity = 0x0008,
    error_code = 0x0009,
    unknown_attributes = 0x000a,
    channel_number = 0x000c,
    lifetime = 0x000d,
    xor_peer_address = 0x0012,
    data = 0x0013,
    realm = 0x0014,
    nonce = 0x0015,
    xor_relayed_address = 0x0016,
    requested_address_family = 0x0017,
    requested_transport = 0x0019,
    message_integrity_sha256 = 0x001c,
    password_algorithm = 0x001d,
    userhash = 0x001e,
    xor_mapped_address = 0x0020,
    priority = 0x0024,
    use_candidate = 0x0025,
    password_algorithms = 0x8002,
    software = 0x8022,
    alternate_server = 0x8023,
    fingerprint = 0x8028,
    ice_controlled = 0x8029,
    ice_controlling = 0x802a,
};

/// Values of REQUESTED-TRANSPORT (RFC 8656 section 18.7) and REQUESTED-ADDRESS-FAMILY (18.6).
inline constexpr std::uint8_t transport_udp = 17;
inline constexpr std::uint8_t family_v4 = 1;
inline constexpr std::uint8_t family_v6 = 2;

inline constexpr std::uint32_t magic_cookie = 0x2112a442;
inline constexpr std::size_t header_size = 20;

using TransactionId = std::array<std::uint8_t, 12>;

/// ERROR-CODE. The reason is a peer's: escape before it is shown.
struct ErrorCode {
    int code = 0;  ///< 300 to 699
    std::string_view reason;
};

/// The first two bits and the cookie say STUN: enough to tell it from DTLS, RTP and TURN channels on one port (RFC 7983 section 7).
[[nodiscard]] bool looks_like_stun(BytesView datagram) noexcept;

/// One message, read in place: it borrows the bytes that were parsed, and so does all that it hands out. Of an attribute that comes twice
/// the first counts. What stands behind MESSAGE-INTEGRITY is not looked at, but for MESSAGE-INTEGRITY-SHA256 and FINGERPRINT (RFC 8489
/// section 14.5). An attribute of a known kind with a size or value that it cannot have makes the whole message unreadable.
/// Nothing here says that the message is genuine: see integrity.hpp.
class MessageView {
public:
    static constexpr std::size_t most_attributes = 32;

    /// @param datagram  the message and nothing behind it. Throws: nothing, for any input.
    [[nodiscard]] static Result<MessageView> parse(BytesView datagram) noexcept;

    [[nodiscard]] MessageClass message_class() const noexcept;
    [[nodiscard]] Method method() const noexcept;
    [[nodiscard]] const TransactionId& transaction_id() const noexcept { return transaction_id_; }
    [[nodiscard]] BytesView bytes() const noexcept { return bytes_; }

    [[nodiscard]] bool has(Attribute attribute) const noexcept { return entry(attribute) != nullptr; }
    [[nodiscard]] std::optional<BytesView> find(Attribute attribute) const noexcept;
    [[nodiscard]] std::optional<std::string_view> text(Attribute attribute) const noexcept;
    /// PRIORITY, LIFETIME, FINGERPRINT.
    [[nodiscard]] std::optional<std::uint32_t> u32(Attribute attribute) const noexcept;
    /// ICE-CONTROLLING, ICE-CONTROLLED.
    [[nodiscard]] std::optional<std::uint64_t> u64(Attribute attribute) const noexcept;
    /// MAPPED-ADDRESS, ALTERNATE-SERVER and the XOR addresses, decoded as their kind asks.
    [[nodiscard]] std::optional<Endpoint> address(Attribute attribute) const noexcept;
    [[nodiscard]] std::optional<std::uint16_t> channel_number() const noexcept;
    [[nodiscard]] std::optional<ErrorCode> error() const noexcept;
    /// Whether PASSWORD-ALGORITHMS lists the algorithm: 1 is MD5, 2 SHA-256 (RFC 8489 section 18.5).
    [[nodiscard]] bool offers_password_algorithm(std::uint16_t algorithm) const noexcept;

    /// The types that this reader does not know and may not pass over; a request with some is answered by error 420.
    [[nodiscard]] std::span<const std::uint16_t> unknown_required() const noexcept { return {unknown_.data(), unknown_count_}; }

    /// Where the attribute's header begins in bytes().
    [[nodiscard]] std::optional<std::size_t> offset_of(Attribute attribute) const noexcept;

private:
    struct Entry {
        std::uint16_t type;
        std::uint16_t size;
        std::uint32_t at;  // of the value
    };

    MessageView() = default;
    [[nodiscard]] const Entry* entry(Attribute attribute) const noexcept;
    [[nodiscard]] error_code read_attributes() noexcept;

    BytesView bytes_;
    TransactionId transaction_id_{};
    std::uint16_t type_ = 0;
    std::uint8_t count_ = 0;
    std::uint8_t unknown_count_ = 0;
    std::array<Entry, most_attributes> entries_{};
    std::array<std::uint16_t, most_attributes> unknown_{};
};

/// Writes one message, attribute by attribute, in the order of the calls. Values longer than an attribute can be (65,535 bytes) are cut.
class MessageBuilder {
public:
    MessageBuilder(MessageClass message_class, Method method, const TransactionId& transaction_id);

    MessageBuilder& bytes(Attribute attribute, BytesView value);
    MessageBuilder& text(Attribute attribute, std::string_view value) { return bytes(attribute, bytes_of(value)); }
    MessageBuilder& flag(Attribute attribute) { return bytes(attribute, {}); }
    MessageBuilder& u32(Attribute attribute, std::uint32_t value);
    MessageBuilder& u64(Attribute attribute, std::uint64_t value);
    MessageBuilder& address(Attribute attribute, const Endpoint& value);
    MessageBuilder& channel_number(std::uint16_t value) { return u32(Attribute::channel_number, std::uint32_t{value} << 16); }
    MessageBuilder& requested_transport(std::uint8_t protocol) {
        return u32(Attribute::requested_transport, std::uint32_t{protocol} << 24);
    }
    MessageBuilder& requested_address_family(std::uint8_t family) {
        return u32(Attribute::requested_address_family, std::uint32_t{family} << 24);
    }
    MessageBuilder& password_algorithm(std::uint16_t algorithm) {
        return u32(Attribute::password_algorithm, std::uint32_t{algorithm} << 16);
    }
    MessageBuilder& error(int code, std::string_view reason);
    MessageBuilder& unknown_attributes(std::span<const std::uint16_t> types);
    /// MESSAGE-INTEGRITY over what was written so far; only the next two may follow.
    MessageBuilder& integrity(BytesView key);
    MessageBuilder& integrity_sha256(BytesView key);
    /// FINGERPRINT; nothing may follow.
    MessageBuilder& fingerprint();

    [[nodiscard]] Bytes finish() noexcept;

private:
    void header(Attribute attribute, std::size_t size);
    // The length in the message's header, as if `more` bytes followed what was written.
    void set_length(std::size_t more) noexcept;

    ByteWriter out_;
    TransactionId transaction_id_;
};

}  // namespace volley::proto::stun

template <>
struct boost::system::is_error_code_enum<volley::proto::stun::Errc> : std::true_type {};
