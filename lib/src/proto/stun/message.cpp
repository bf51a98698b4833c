#include "proto/stun/message.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "proto/stun/integrity.hpp"

namespace volley::proto::stun {
namespace {

class StunCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.stun"; }
    std::string message(int v) const override {
        switch (static_cast<Errc>(v)) {
            case Errc::not_stun:
                return "not a STUN message";
            case Errc::bad_length:
                return "the STUN message has another length than it says";
            case Errc::bad_attribute:
                return "a STUN attribute is malformed";
            case Errc::too_many_attributes:
                return "the STUN message has too many attributes";
        }
        return "unknown error";
    }
};

constexpr std::size_t attribute_header_size = 4;
constexpr std::size_t most_text = 763;  // REALM, NONCE, SOFTWARE, reasons: sections 14.8 to 14.10, 14.14
constexpr std::size_t padded(std::size_t size) noexcept { return (size + 3) & ~std::size_t{3}; }
constexpr std::uint16_t code(Attribute attribute) noexcept { return static_cast<std::uint16_t>(attribute); }

bool is_address_size(BytesView value) noexcept {
    return (value.size() == 8 && value[1] == family_v4) || (value.size() == 20 && value[1] == family_v6);
}

// The sizes and values that a known attribute may have.
bool well_formed(std::uint16_t type, BytesView value) noexcept {
    switch (static_cast<Attribute>(type)) {
        case Attribute::mapped_address:
        case Attribute::alternate_server:
        case Attribute::xor_mapped_address:
        case Attribute::xor_peer_address:
        case Attribute::xor_relayed_address:
            return is_address_size(value);
        case Attribute::username:
            return value.size() <= 513;  // RFC 5389 section 15.3 allowed that much; 508 since RFC 8489
        case Attribute::realm:
        case Attribute::nonce:
        case Attribute::software:
            return value.size() <= most_text;
        case Attribute::message_integrity:
            return value.size() == std::tuple_size_v<Sha1Digest>;
        case Attribute::message_integrity_sha256:
            return value.size() >= 16 && value.size() <= std::tuple_size_v<Sha256Digest> && value.size() % 4 == 0;
        case Attribute::userhash:
            return value.size() == std::tuple_size_v<Sha256Digest>;
        case Attribute::error_code: {
            if (value.size() < 4 || value.size() > 4 + most_text) return false;
            const int hundreds = value[2] & 7;
            return hundreds >= 3 && hundreds <= 6 && value[3] < 100;
        }
        case Attribute::unknown_attributes:
            return value.size() % 2 == 0;
        case Attribute::channel_number:
        case Attribute::lifetime:
        case Attribute::requested_address_family:
        case Attribute::requested_transport:
        case Attribute::priority:
        case Attribute::fingerprint:
            return value.size() == 4;
        case Attribute::password_algorithm:
            return value.size() >= 4;
        case Attribute::ice_controlled:
        case Attribute::ice_controlling:
            return value.size() == 8;
        case Attribute::use_candidate:
            return value.empty();
        case Attribute::data:
        case Attribute::password_algorithms:
            return true;
    }
    return true;
}

bool is_known(std::uint16_t type) noexcept {
    switch (static_cast<Attribute>(type)) {
        case Attribute::mapped_address:
        case Attribute::username:
        case Attribute::message_integrity:
        case Attribute::error_code:
        case Attribute::unknown_attributes:
        case Attribute::channel_number:
        case Attribute::lifetime:
        case Attribute::xor_peer_address:
        case Attribute::data:
        case Attribute::realm:
        case Attribute::nonce:
        case Attribute::xor_relayed_address:
        case Attribute::requested_address_family:
        case Attribute::requested_transport:
        case Attribute::message_integrity_sha256:
        case Attribute::password_algorithm:
        case Attribute::userhash:
        case Attribute::xor_mapped_address:
        case Attribute::priority:
        case Attribute::use_candidate:
        case Attribute::password_algorithms:
        case Attribute::software:
        case Attribute::alternate_server:
        case Attribute::fingerprint:
        case Attribute::ice_controlled:
        case Attribute::ice_controlling:
            return true;
    }
    return false;
}

bool is_xored(Attribute attribute) noexcept {
    return attribute == Attribute::xor_mapped_address || attribute == Attribute::xor_peer_address ||
           attribute == Attribute::xor_relayed_address;
}

// What an address is combined with: the cookie, and for IPv6 the transaction id behind it (section 14.2).
std::array<std::uint8_t, 16> mask_of(const TransactionId& transaction_id) noexcept {
    std::array<std::uint8_t, 16> mask{};
    for (std::size_t i = 0; i < 4; ++i) mask[i] = static_cast<std::uint8_t>(magic_cookie >> (24 - 8 * i));
    std::copy(transaction_id.begin(), transaction_id.end(), mask.begin() + 4);
    return mask;
}

// The bits of the class stand among those of the method (section 5, figure 3).
std::uint16_t type_of(MessageClass message_class, Method method) noexcept {
    const unsigned m = static_cast<unsigned>(method);
    const unsigned c = static_cast<unsigned>(message_class);
    return static_cast<std::uint16_t>((m & 0x000fU) | (m & 0x0070U) << 1 | (m & 0x0f80U) << 2 | (c & 1U) << 4 | (c & 2U) << 7);
}

}  // namespace

const boost::system::error_category& stun_category() noexcept {
    static const StunCategory c;
    return c;
}

bool looks_like_stun(BytesView datagram) noexcept {
    if (datagram.size() < header_size || (datagram[0] & 0xc0) != 0) return false;
    return ByteReader(datagram.subspan(4)).u32() == magic_cookie;
}

Result<MessageView> MessageView::parse(BytesView datagram) noexcept {
    if (!looks_like_stun(datagram)) return Errc::not_stun;
    MessageView out;
    out.bytes_ = datagram;
    ByteReader reader(datagram);
    out.type_ = reader.u16();
    const std::size_t length = reader.u16();
    if (length % 4 != 0 || length != datagram.size() - header_size) return Errc::bad_length;
    (void)reader.u32();
    const BytesView id = reader.bytes(out.transaction_id_.size());
    std::copy(id.begin(), id.end(), out.transaction_id_.begin());
    if (const error_code error = out.read_attributes()) return error;
    return out;
}

error_code MessageView::read_attributes() noexcept {
    bool sealed = false;  // behind MESSAGE-INTEGRITY
    bool sealed_256 = false;
    std::size_t seen = 0;
    std::size_t at = header_size;
    while (at < bytes_.size()) {
        ByteReader reader(bytes_.subspan(at));
        const std::uint16_t type = reader.u16();
        const std::uint16_t size = reader.u16();
        const BytesView value = reader.bytes(size);
        if (!reader.ok() || padded(size) > bytes_.size() - at - attribute_header_size) return Errc::bad_attribute;
        if (++seen > most_attributes) return Errc::too_many_attributes;
        const Entry entry{type, size, static_cast<std::uint32_t>(at + attribute_header_size)};
        at += attribute_header_size + padded(size);
        if (type == code(Attribute::fingerprint) && at != bytes_.size()) return Errc::bad_attribute;

        const bool is_sha256 = type == code(Attribute::message_integrity_sha256);
        const bool counts = type == code(Attribute::fingerprint) || (is_sha256 && !sealed_256) || (!sealed && !sealed_256);
        if (!counts) continue;
        if (!well_formed(type, value)) return Errc::bad_attribute;
        sealed = sealed || type == code(Attribute::message_integrity);
        sealed_256 = sealed_256 || is_sha256;
        if (!is_known(type)) {
            if (type < 0x8000) unknown_[unknown_count_++] = type;
            continue;
        }
        if (!has(static_cast<Attribute>(type))) entries_[count_++] = entry;
    }
    return {};
}

MessageClass MessageView::message_class() const noexcept {
    return static_cast<MessageClass>((type_ >> 4 & 1U) | (type_ >> 7 & 2U));
}

Method MessageView::method() const noexcept {
    return static_cast<Method>((type_ & 0x000fU) | (type_ >> 1 & 0x0070U) | (type_ >> 2 & 0x0f80U));
}

const MessageView::Entry* MessageView::entry(Attribute attribute) const noexcept {
    const auto end = entries_.begin() + count_;
    const auto found = std::find_if(entries_.begin(), end, [&](const Entry& e) { return e.type == code(attribute); });
    return found == end ? nullptr : &*found;
}

std::optional<std::size_t> MessageView::offset_of(Attribute attribute) const noexcept {
    const Entry* const found = entry(attribute);
    if (found == nullptr) return std::nullopt;
    return found->at - attribute_header_size;
}

std::optional<BytesView> MessageView::find(Attribute attribute) const noexcept {
    const Entry* const found = entry(attribute);
    if (found == nullptr) return std::nullopt;
    return bytes_.subspan(found->at, found->size);
}

std::optional<std::string_view> MessageView::text(Attribute attribute) const noexcept {
    const auto value = find(attribute);
    if (!value) return std::nullopt;
    return text_of(*value);
}

std::optional<std::uint32_t> MessageView::u32(Attribute attribute) const noexcept {
    const auto value = find(attribute);
    if (!value || value->size() != 4) return std::nullopt;
    return ByteReader(*value).u32();
}

std::optional<std::uint64_t> MessageView::u64(Attribute attribute) const noexcept {
    const auto value = find(attribute);
    if (!value || value->size() != 8) return std::nullopt;
    return ByteReader(*value).u64();
}

std::optional<Endpoint> MessageView::address(Attribute attribute) const noexcept {
    const auto value = find(attribute);
    if (!value || !is_address_size(*value)) return std::nullopt;
    ByteReader reader(value->subspan(2));
    std::uint16_t port = reader.u16();
    std::array<std::uint8_t, 16> bytes{};
    const std::size_t size = reader.left();
    std::copy_n(reader.rest().begin(), size, bytes.begin());
    if (is_xored(attribute)) {
        port ^= static_cast<std::uint16_t>(magic_cookie >> 16);
        const auto mask = mask_of(transaction_id_);
        for (std::size_t i = 0; i < size; ++i) bytes[i] ^= mask[i];
    }
    const auto address = IpAddress::from_bytes(BytesView(bytes).first(size));
    if (!address) return std::nullopt;
    return Endpoint{*address, port};
}

std::optional<std::uint16_t> MessageView::channel_number() const noexcept {
    const auto value = u32(Attribute::channel_number);
    if (!value) return std::nullopt;
    return static_cast<std::uint16_t>(*value >> 16);
}

std::optional<ErrorCode> MessageView::error() const noexcept {
    const auto value = find(Attribute::error_code);
    if (!value) return std::nullopt;
    return ErrorCode{((*value)[2] & 7) * 100 + (*value)[3], text_of(value->subspan(4))};
}

bool MessageView::offers_password_algorithm(std::uint16_t algorithm) const noexcept {
    const auto value = find(Attribute::password_algorithms);
    if (!value) return false;
    ByteReader reader(*value);
    while (reader.left() >= 4) {
        const std::uint16_t listed = reader.u16();
        const std::size_t parameters = padded(reader.u16());
        (void)reader.bytes(parameters);
        if (listed == algorithm && reader.ok()) return true;
    }
    return false;
}

MessageBuilder::MessageBuilder(MessageClass message_class, Method method, const TransactionId& transaction_id)
    : transaction_id_(transaction_id) {
    out_.u16(type_of(message_class, method));
    out_.u16(0);
    out_.u32(magic_cookie);
    out_.bytes(transaction_id);
}

void MessageBuilder::header(Attribute attribute, std::size_t size) {
    out_.u16(code(attribute));
    out_.u16(static_cast<std::uint16_t>(size));
}

void MessageBuilder::set_length(std::size_t more) noexcept {
    out_.u16_at(2, static_cast<std::uint16_t>(out_.size() + more - header_size));
}

MessageBuilder& MessageBuilder::bytes(Attribute attribute, BytesView value) {
    value = value.first(std::min<std::size_t>(value.size(), 0xffff));
    header(attribute, value.size());
    out_.bytes(value);
    out_.zeros(padded(value.size()) - value.size());
    return *this;
}

MessageBuilder& MessageBuilder::u32(Attribute attribute, std::uint32_t value) {
    header(attribute, 4);
    out_.u32(value);
    return *this;
}

MessageBuilder& MessageBuilder::u64(Attribute attribute, std::uint64_t value) {
    header(attribute, 8);
    out_.u64(value);
    return *this;
}

MessageBuilder& MessageBuilder::address(Attribute attribute, const Endpoint& value) {
    const BytesView bytes = value.address.bytes();
    const bool xored = is_xored(attribute);
    const auto mask = mask_of(transaction_id_);
    header(attribute, 4 + bytes.size());
    out_.u8(0);
    out_.u8(value.address.is_v4() ? family_v4 : family_v6);
    out_.u16(xored ? static_cast<std::uint16_t>(value.port ^ (magic_cookie >> 16)) : value.port);
    for (std::size_t i = 0; i < bytes.size(); ++i) out_.u8(xored ? static_cast<std::uint8_t>(bytes[i] ^ mask[i]) : bytes[i]);
    return *this;
}

MessageBuilder& MessageBuilder::error(int code, std::string_view reason) {
    ByteWriter value;
    value.u16(0);
    value.u8(static_cast<std::uint8_t>(code / 100));
    value.u8(static_cast<std::uint8_t>(code % 100));
    value.bytes(bytes_of(reason));
    return bytes(Attribute::error_code, value.view());
}

MessageBuilder& MessageBuilder::unknown_attributes(std::span<const std::uint16_t> types) {
    ByteWriter value;
    for (const std::uint16_t type : types) value.u16(type);
    return bytes(Attribute::unknown_attributes, value.view());
}

MessageBuilder& MessageBuilder::integrity(BytesView key) {
    set_length(attribute_header_size + std::tuple_size_v<Sha1Digest>);
    return bytes(Attribute::message_integrity, hmac_sha1(key, out_.view()));
}

MessageBuilder& MessageBuilder::integrity_sha256(BytesView key) {
    set_length(attribute_header_size + std::tuple_size_v<Sha256Digest>);
    return bytes(Attribute::message_integrity_sha256, hmac_sha256(key, out_.view()));
}

MessageBuilder& MessageBuilder::fingerprint() {
    set_length(attribute_header_size + 4);
    return u32(Attribute::fingerprint, fingerprint_of(out_.view()));
}

Bytes MessageBuilder::finish() noexcept {
    set_length(0);
    return out_.take();
}

}  // namespace volley::proto::stun
