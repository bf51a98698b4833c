// What opens a data channel. Source: RFC 8832 sections 5 and 8.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include <volley/error.hpp>

#include "base/bytes.hpp"

namespace volley::proto::dcep {

/// SCTP's payload protocol identifiers of data channels (RFC 8831 section 8).
enum class PayloadId : std::uint32_t {
    dcep = 50,
    string = 51,
    binary_partial = 52,  ///< no longer sent
    binary = 53,
    string_partial = 54,  ///< no longer sent
    empty_string = 56,    ///< carries one byte that does not count
    empty_binary = 57     ///< the same
};

/// How hard the channel tries.
enum class Reliability : std::uint8_t {
    reliable,     ///<
    retransmits,  ///< gives up after `parameter` retransmissions
    lifetime      ///< gives up `parameter` milliseconds after the sending
};

struct Open {
    bool ordered = true;
    Reliability reliability = Reliability::reliable;
    std::uint32_t parameter = 0;
    std::uint16_t priority = 256;  ///< normal (RFC 8831 section 6.4)
    std::string label;             ///< UTF-8, of the peer; at most 65,535 bytes
    std::string protocol;          ///< the same
    bool operator==(const Open&) const = default;
};
struct Acknowledge {
    bool operator==(const Acknowledge&) const = default;
};
using Message = std::variant<Open, Acknowledge>;

enum class Errc {
    truncated = 1,    ///< shorter than its own fields say
    trailing_bytes,   ///< longer
    unknown_message,  ///< neither OPEN nor ACK
    unknown_channel,  ///< a channel type that does not exist
    bad_text,         ///< a label or protocol that is no UTF-8
    too_long,         ///< to be written: a label or protocol of more than 65,535 bytes
};
[[nodiscard]] const boost::system::error_category& category() noexcept;
inline error_code make_error_code(Errc e) noexcept { return {static_cast<int>(e), category()}; }

/// Reads one user message with PayloadId::dcep. A parameter of a reliable channel is not looked at, as section 5.1 wants it.
[[nodiscard]] Result<Message> parse(BytesView bytes);

/// Errors: Errc::too_long.
[[nodiscard]] Result<Bytes> write(const Message& message);

}  // namespace volley::proto::dcep

template <>
struct boost::system::is_error_code_enum<volley::proto::dcep::Errc> : std::true_type {};
